"""Several projects behind one door: ``/p/ephys/t/lab.Mouse`` is the page ``/t/lab.Mouse`` of the project ``ephys``.

Pages are written as if theirs were the only project. Under ``/p/`` what they lead to on this server is put below the
project they are of, as a proxy would do it that serves them in a folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BELOW: Final = "/p/"
COMMON: Final = (BELOW, "/static/", "//")
"""What begins so is where it is in all projects."""
LEADING: Final = ("location", "hx-redirect", "hx-location", "hx-push-url", "hx-replace-url")
"""Headers that hold addresses."""
_LINK: Final = re.compile(
    rb"""(\s(?:href|src|action|formaction|poster|xlink:href|hx-[a-z:-]+|data-[a-z-]+)=["'])(/(?!p/|static/|/))"""
)
"""An address in an attribute. Quotes in texts are escaped, so that nothing else looks like it."""
_PREFIX: Final = re.compile(r"/p/([^/]+)(/.*)?", re.DOTALL)


class Projects:
    """Middleware that finds out which project is meant: ``request.state.project``, and its place in ``root``.

    Parameters
    ----------
    app : ASGIApp
    names : sequence of str
        The first one is meant where none is named.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app, self._names = app, tuple(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        name, path = self._split(scope["path"])
        root = "" if name is None else place_of(name)
        inner = {**scope, "path": path, "raw_path": quote(path).encode()}
        inner["state"] = {**scope.get("state", {}), "project": name or self._names[0], "root": root}
        await self._app(inner, receive, _Rooted(send, root) if root else send)

    def _split(self, path: str) -> tuple[str | None, str]:
        found = _PREFIX.fullmatch(path)
        name = found[1] if found else None
        return (name, found[2] or "/") if found and name in self._names else (None, path)


def place_of(name: str) -> str:
    """Where a project is."""
    return f"{BELOW}{quote(name, safe='')}"


def project_of(request: Request) -> str:
    """The name of the project that a request is about."""
    return str(request.state.project)


def home_of(request: Request) -> str:
    """Where the pages of the project are that a request is about, as it can be told to others."""
    return f"{request.url.scheme}://{request.url.netloc}{request.state.root}"


class _Rooted:
    """Sends answers on, with addresses that lead into the project."""

    def __init__(self, send: Send, root: str) -> None:
        self._send, self._root = send, root
        self._start: Message | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in LEADING:
                if (where := headers.get(name, "")).startswith("/") and not where.startswith(COMMON):
                    headers[name] = self._root + where
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        if message["type"] == "http.response.body" and self._start is not None:
            await self._page(message)
        else:
            await self._send(message)

    async def _page(self, message: Message) -> None:
        """A page is looked at as a whole."""
        self._parts.append(message.get("body", b""))
        if message.get("more_body", False) or self._start is None:
            return
        body = _LINK.sub(rb"\g<1>" + self._root.encode() + rb"\g<2>", b"".join(self._parts))
        MutableHeaders(scope=self._start)["content-length"] = str(len(body))
        start, self._start = self._start, None
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
