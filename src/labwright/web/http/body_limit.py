"""How much may be sent at once: it is counted while it comes, and a header is believed only when it says too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from labwright.web.http.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT: Final = 2 * 2**20


class TooLargeError(HTTPException):
    """More was sent than is taken here."""

    def __init__(self) -> None:
        super().__init__(413)


class BodyLimit:
    """Middleware that stops reading what is too long.

    Parameters
    ----------
    app : ASGIApp
    limit : int
        So many bytes are taken.
    larger : mapping of str to int
        Other limits for addresses that begin so; the longest beginning decides.
    """

    def __init__(self, app: ASGIApp, *, limit: int = LIMIT, larger: Mapping[str, int] | None = None) -> None:
        self._app, self._limit = app, limit
        self._larger = sorted((larger or {}).items(), key=lambda item: -len(item[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = next((limit for start, limit in self._larger if scope["path"].startswith(start)), self._limit)
        said = [value for name, value in scope["headers"] if name == b"content-length"]
        if said and not (len(said) == 1 and said[0].isdigit()):
            await refusal(scope, 400, "How long this is cannot be told.")(scope, receive, send)
        elif said and (len(said[0]) > 18 or int(said[0]) > limit):
            await _too_large(scope, limit)(scope, receive, send)
        else:
            await _Counted(self._app, scope, receive, send, limit).run()


class _Counted:
    """One request, whose body is counted."""

    def __init__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._app, self._scope, self._receive, self._send = app, scope, receive, send
        self._limit, self._seen = limit, 0
        self._has_begun = False

    async def run(self) -> None:
        try:
            await self._app(self._scope, self.receive, self.send)
        except TooLargeError:
            if self._has_begun:
                raise
        if self._seen > self._limit and not self._has_begun:
            await _too_large(self._scope, self._limit)(self._scope, self._receive, self._send)

    async def receive(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit:
            raise TooLargeError
        return message

    async def send(self, message: Message) -> None:
        """Whatever the app makes of what it could not read is not what people are told."""
        if self._seen > self._limit and not self._has_begun:
            return
        self._has_begun = True
        await self._send(message)


def _too_large(scope: Scope, limit: int) -> ASGIApp:
    answer = refusal(scope, 413, f"This is more than the {limit / 2**20:g} MB that are taken at once here.")
    answer.headers["Connection"] = "close"
    return answer
