"""Whether a change was asked for by a page of this server: other sites can send forms here, in our cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from labwright.web.http.hosts import host_of
from labwright.web.http.refusal import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SECURE: Final = {"ws": "http", "wss": "https"}


class OriginCheck:
    """Middleware that lets through only changes that pages of this server ask for, and programs.

    A browser says where a page is from: in `Origin`, else in `Sec-Fetch-Site`. What says neither is no browser of
    these days, and must bring no cookie. What brings a token in its `Authorization` was not sent by a form of another
    site, which cannot add one; cookies do not count for it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_ours(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            text = "This was sent by another page than those of this server. Open the page here, and try again."
            await refusal(scope, 403, text)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _is_ours(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if scope["type"] == "http" and (scope["method"] in SAFE or bearer(headers) is not None):
            return True
        origins = headers.getlist("origin")
        if origins:
            return len(origins) == 1 and _is_same(origins[0], scope)
        site = headers.get("sec-fetch-site")
        return site == "same-origin" if site is not None else "cookie" not in headers


def bearer(headers: Headers) -> str | None:
    """The token that a program shows; None where it shows none. Browsers add it by themselves to nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_same(origin: str, scope: Scope) -> bool:
    host = host_of(scope)
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    if host is None or parts.path or parts.query or "@" in origin or not parts.hostname:
        return False
    scheme = _SECURE.get(scope["scheme"], scope["scheme"])
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    there = (parts.scheme, name, port or _PORTS.get(str(parts.scheme)))
    return there == (scheme, host[0], int(host[1]) if host[1] else _PORTS.get(str(scheme)))
