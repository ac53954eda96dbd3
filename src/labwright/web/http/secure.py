"""TLS and nothing else: what comes past the proxy that does it does not get in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labwright.web.http.refusal import refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

SECURE: Final = frozenset({"https", "wss"})


class OnlySecure:
    """Middleware that answers only to what has come by TLS, as this server or a trusted proxy says.

    Parameters
    ----------
    app : ASGIApp
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["scheme"] in SECURE:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            text = "This server is reached by https alone. Whoever runs it has named the proxies that it believes."
            await refusal(scope, 403, text)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})
