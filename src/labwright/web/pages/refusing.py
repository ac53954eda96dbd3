"""What is shown instead of a page: that something is not there, not allowed, or has gone wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.exceptions import HTTPException

import labwright as lw
from labwright.web.desk.refusals import RefusalError
from labwright.web.desk.sentences import TOO_SLOW, is_too_slow
from labwright.web.http.refusal import API, refusal
from labwright.web.pages.render import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def _refused(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RefusalError)
    return render(request, "refusal.html", exc.status, heading=exc.heading, text=exc.text)


def _nothing(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    if request.url.path.startswith(API):
        return refusal(request.scope, exc.status_code, "There is no such address.")
    return render(request, "refusal.html", exc.status_code, heading="Not found", text="There is no such page here.")


def _too_slow(request: Request, exc: Exception) -> Response:
    if not is_too_slow(exc):
        raise exc
    return render(request, "refusal.html", 503, heading="This takes too long", text=TOO_SLOW)


def _broken(request: Request, _: Exception) -> Response:
    text = (
        "Something went wrong on the server. Look whether what you did is there before you do it again; whoever runs "
        "the server finds the reason in its log."
    )
    return render(request, "refusal.html", 500, heading="This did not work", text=text)


HANDLERS: Final[dict[Any, Any]] = {
    RefusalError: _refused,
    lw.errors.ServerError: _too_slow,
    404: _nothing,
    405: _nothing,
    Exception: _broken,
}
"""By what has happened, as Starlette has them."""
