"""What browsers are told with every answer, so that what slips into a page does nothing there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PLOT_POLICY: Final = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""Plots place what they draw by inline styles. Scripts are as elsewhere."""
HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
PERSONAL: Final = "private, no-store"
ASK_AGAIN: Final = "private, no-cache"
"""What has an ETag is kept, and asked for again: nothing is sent when it is the same."""
YEAR: Final = 365 * 24 * 3600
_MARK: Final = "has_plots"
_FRAMES: Final = "frames"


def allow_plots(request: Request) -> None:
    """Mark the answer to a request as a page with plots, which may have inline styles."""
    setattr(request.state, _MARK, True)


def allow_frames(request: Request, origins: Iterable[str]) -> None:
    """Let the answer to a request be a page with frames from these origins, such as ``https://panel.lab.example``."""
    setattr(request.state, _FRAMES, tuple(origins))


class SecurityHeaders:
    """Middleware that adds them to every answer, whoever gives it.

    Parameters
    ----------
    app : ASGIApp
    is_secure : bool
        Whether the app is reached by TLS; then browsers are told to use nothing else.
    """

    def __init__(self, app: ASGIApp, *, is_secure: bool) -> None:
        self._app = app
        self._fixed = (*HEADERS, *((("Strict-Transport-Security", f"max-age={YEAR}"),) if is_secure else ()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), _policy(state))
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, policy: str) -> None:
        for name, value in self._fixed:
            headers[name] = value
        headers["Content-Security-Policy"] = policy
        headers.setdefault("Cache-Control", ASK_AGAIN if "etag" in headers else PERSONAL)


def _policy(state: Mapping[str, Any]) -> str:
    policy = PLOT_POLICY if state.get(_MARK) else POLICY
    frames = state.get(_FRAMES)
    return f"{policy}; frame-src {' '.join(frames)}" if frames else policy
