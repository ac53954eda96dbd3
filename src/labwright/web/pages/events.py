"""The stream that tells a page what to fetch again. It carries no data: that is asked for with one's rights."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from labwright.web.desk.jobs.watch import event_of
from labwright.web.site import desk_of, is_still_in

if TYPE_CHECKING:
    from starlette.requests import Request

    from labwright.web.desk.jobs.watch import Listener, News

HEARTBEAT: Final = 15.0
"""Seconds of silence after which a page is told that it is not forgotten; as often is looked who may still come in."""
LONGEST: Final = 600.0
"""Seconds after which a page has to ask anew, with the rights that its person has by then."""


async def events(request: Request) -> Response:
    """Tell a page what changes; nothing to a page too many, which shows what was so when it was loaded."""
    desk = await run_in_threadpool(desk_of, request)
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    listener = desk.workspace.watch.listen(desk, since)
    if listener is None:
        return Response(status_code=503 if "last-event-id" in request.headers else 204)
    pieces = _stream(request, listener)
    return StreamingResponse(pieces, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(request: Request, listener: Listener) -> AsyncIterator[str]:
    watch, looked = listener.desk.workspace.watch, time.monotonic()
    end = looked + LONGEST
    try:
        yield ": here\n\n"
        while not listener.is_closed and time.monotonic() < end:
            news = await listener.news(HEARTBEAT)
            if time.monotonic() - looked >= HEARTBEAT:
                if not await run_in_threadpool(is_still_in, request):
                    break
                looked = time.monotonic()
            yield "".join(_messages(news)) if news else ": still here\n\n"
    finally:
        watch.leave(listener)


def _messages(news: News) -> Iterator[str]:
    for name in sorted(news.tables):
        yield _message(event_of(name), name, news.place)
    for name in sorted(news.others):
        yield _message(name, "", news.place)


def _message(event: str, data: str, place: str) -> str:
    return f"id: {place}\nevent: {event}\ndata: {data}\n\n"


ROUTES: Final = (Route("/events", events),)
