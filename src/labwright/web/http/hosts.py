"""The names that the server goes by: a page of another site whose name leads here does not get in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from labwright.web.http.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", re.ASCII)


def host_of(scope: Scope) -> tuple[str, str] | None:
    """The name and the port that a request was sent to; None when that cannot be told for certain."""
    found = [value for name, value in scope["headers"] if name == b"host"]
    match = _HOST.fullmatch(found[0].decode("latin-1").lower()) if len(found) == 1 else None
    return (match[1].rstrip("."), match[2] or "") if match else None


class AllowedHosts:
    """Middleware that answers only to the names of the server.

    Parameters
    ----------
    app : ASGIApp
    names : iterable of str
        Without ports; addresses of IPv6 in brackets.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = LOOPBACK) -> None:
        self._app, self._names = app, frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = host_of(scope) if scope["type"] in {"http", "websocket"} else None
        if scope["type"] == "lifespan" or (host is not None and host[0] in self._names):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, 421, "This server does not go by this name.")(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})
