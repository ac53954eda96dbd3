"""Pages that forms are sent to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response

    Answer = Callable[[Request], Awaitable[Response]]

Given = Mapping[str, str]


def takes_form(page: Callable[[Request, Given], Response], **limits: int) -> Answer:
    """Let a page be given the texts of the form that was sent, and be made in a thread.

    Parameters
    ----------
    page : callable
    limits : int
        Of how much is sent, as Starlette has them: ``max_fields``, ``max_files``, ``max_part_size``.
    """

    @wraps(page)
    def made(request: Request, sent: FormData) -> Response:
        return page(request, {name: value for name, value in sent.items() if isinstance(value, str)})

    return takes_parts(made, **limits)


def takes_parts(page: Callable[[Request, FormData], Response], **limits: int) -> Answer:
    """Let a page be given all that was sent: names that come again, and files, which it can read as long as it runs."""

    @wraps(page)
    async def made(request: Request) -> Response:
        async with request.form(**limits) as sent:
            return await run_in_threadpool(page, request, sent)

    return made
