"""Answers to what does not get as far as a page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import Scope

API = "/api/"


def refusal(scope: Scope, status: int, text: str) -> Response:
    """A sentence for people, or a problem as programs expect it (RFC 9457).

    Parameters
    ----------
    scope : Scope
        What was asked.
    status : int
    text : str
    """
    if scope["path"].startswith(API):
        content = {"title": HTTPStatus(status).phrase, "status": status, "detail": text}
        return JSONResponse(content, status, media_type="application/problem+json")
    return PlainTextResponse(text, status)
