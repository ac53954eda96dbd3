"""Who asks: by a session's cookie, or by a token, never by both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse

from labwright.web.accounts.caller import Caller
from labwright.web.accounts.errors import LoginError
from labwright.web.accounts.login import Login
from labwright.web.http.origin import SAFE, bearer
from labwright.web.http.refusal import API, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labwright.web.accounts.person import Person
    from labwright.web.http.entrance import Entrance

LOGIN: Final = "/login"
TURNS: Final = "/pin"
"""Where people take turns at a rig."""
NEWS: Final = "/events"
"""What a page asks for again and again; a page to log in at would be no answer."""
OPEN: Final = (LOGIN, "/login/", TURNS, "/invitation/", "/static/")
"""Addresses for everybody; those that end in a stroke stand for all below them."""
OF_VIEWERS: Final = ("/view-as/end", "/logout")
"""All that somebody can send who looks at the server as another."""


def login_of(request: Request) -> Login | None:
    """Who asks, and by what; None in a place that is open to everybody."""
    found: Login | None = getattr(request.state, "login", None)
    return found


def caller_of(scope: Scope) -> Caller:
    """From where it is asked: a proxy that is trusted has been seen to by the server."""
    client = scope.get("client")
    return Caller(client[0] if client else "", Headers(scope=scope).get("user-agent", "")[:200])


class Visitors:
    """Middleware that finds out who asks, and puts it into ``request.state.person`` and ``request.state.login``.

    Parameters
    ----------
    app : ASGIApp
    entrance : Entrance
    open_to_all : iterable of str
        Addresses for which nobody needs to log in.
    """

    def __init__(self, app: ASGIApp, entrance: Entrance, open_to_all: Iterable[str] = OPEN) -> None:
        self._app, self._entrance = app, entrance
        self._open = tuple(open_to_all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        login = await run_in_threadpool(self._login, scope)
        _put(scope, login)
        refused = self._refused(scope, login)
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refused(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _login(self, scope: Scope) -> Login | None:
        """A token counts for the API alone, and what brings one has no cookies."""
        headers = Headers(scope=scope)
        token = bearer(headers)
        if token is None:
            secret = self._entrance.session.read(headers)
            return self._entrance.login(secret) if secret else None
        try:
            is_api = scope["path"].startswith(API)
            return self._entrance.accounts.by_token(token, caller_of(scope)) if is_api else None
        except LoginError:
            return None

    def _refused(self, scope: Scope, login: Login | None) -> Response | None:
        if login is None and not self._is_open(scope["path"]):
            return _stranger(scope, TURNS if self._entrance.device.read(Headers(scope=scope)) else LOGIN)
        is_change = scope["type"] != "http" or scope["method"] not in SAFE
        if login is not None and login.viewer is not None and is_change and scope["path"] not in OF_VIEWERS:
            return refusal(scope, 403, f"You look at this as {login.person.name} does, and change nothing.")
        return None

    def _is_open(self, path: str) -> bool:
        return any(path.startswith(p) if p.endswith("/") else path == p for p in self._open)


class OnePerson:
    """Middleware for the app of one person, whom nobody else reaches.

    Parameters
    ----------
    app : ASGIApp
    person : Person
    """

    def __init__(self, app: ASGIApp, person: Person) -> None:
        self._app, self._login = app, Login(person)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _put(scope, self._login)
        await self._app(scope, receive, send)


def _put(scope: Scope, login: Login | None) -> None:
    state = scope.setdefault("state", {})
    state["login"], state["person"] = login, None if login is None else login.person


def _stranger(scope: Scope, door: str) -> Response:
    if scope["path"].startswith(API):
        answer = refusal(scope, 401, "Show a token that holds: Authorization: Bearer lw_...")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    if scope["path"] == NEWS:
        return refusal(scope, 401, "Your session has ended.")
    if scope["method"] not in {"GET", "HEAD"}:
        return refusal(scope, 401, "Your session has ended. Log in in another window, and send this once more.")
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = quote(scope["path"] + (f"?{query}" if query else ""), safe="")
    return RedirectResponse(f"{door}?next={wanted}", 303)


def next_page(wanted: str, otherwise: str = "/") -> str:
    """Where to go after the login: an address of this server, whatever somebody has put into a link.

    Examples
    --------
    >>> next_page("/t/lab.Mouse?sex=F"), next_page("//evil.example"), next_page("https://evil.example")
    ('/t/lab.Mouse?sex=F', '/', '/')
    """
    is_ours = wanted.startswith("/") and wanted[1:2] not in {"/", "\\"} and wanted.isprintable() and "\\" not in wanted
    return wanted if is_ours else otherwise
