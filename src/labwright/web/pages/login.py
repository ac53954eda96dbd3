"""Coming in, taking turns at a rig, and leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.routing import Route

from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.oidc import Oidc
from labwright.web.accounts.secret import new_secret
from labwright.web.desk.refusals import NotThereError
from labwright.web.http.visitor import LOGIN, TURNS, caller_of, login_of, next_page
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import render, see
from labwright.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.http.entrance import Entrance

BACK: Final = "/login/back"
"""Where a provider of identities sends browsers back to."""
MAX_DEVICE: Final = 64


def ask(request: Request) -> Response:
    """Ask for name and password."""
    if site_of(request).entrance is None or login_of(request) is not None:
        return see(next_page(request.query_params.get("next", "")))
    return _form(request, {"next": request.query_params.get("next", "")})


@takes_form
def log_in(request: Request, given: Given) -> Response:
    """Begin a session."""
    entrance, caller = entrance_of(request), caller_of(request.scope)
    device = given.get("device", "").strip()[:MAX_DEVICE]
    name, password, code = (given.get(part, "") for part in ("name", "password", "code"))
    try:
        secret = entrance.accounts.log_in(name, password, code, caller=caller, device=device)
    except LoginError as error:
        return _form(request, given, str(error))
    return let_in(request, entrance, secret, given.get("next", ""), is_device=bool(device))


def let_in(request: Request, entrance: Entrance, secret: str, back: str, *, is_device: bool = False) -> Response:
    """What the browser had before opens nothing any more; a rig is for those who take turns at it."""
    entrance.accounts.sessions.close(entrance.session.read(request.headers))
    answer = see(TURNS if is_device else next_page(back))
    (entrance.device if is_device else entrance.session).write(answer, secret)
    if is_device:
        entrance.session.clear(answer)
    return answer


def _form(request: Request, given: Given, problem: str = "") -> Response:
    entrance, shown = entrance_of(request), {n: given.get(n, "") for n in ("name", "next", "device")}
    return render(request, "login.html", 422 if problem else 200, problem=problem, oidc=entrance.oidc, **shown)


@takes_form
def go_to_provider(request: Request, given: Given) -> Response:
    """Send the browser to the provider of identities."""
    entrance, oidc = _provider(request)
    browser = entrance.browser.read(request.headers) or new_secret()
    login = login_of(request)
    link = login.person if login is not None and login.viewer is None and given.get("link") else None
    redirect = str(request.base_url).rstrip("/") + BACK
    url = oidc.begin(
        redirect, browser, link=link, back=request.state.root + next_page(given.get("next", "")), anew="anew" in given
    )
    answer = see(url)
    entrance.browser.write(answer, browser)
    return answer


def come_back(request: Request) -> Response:
    """Begin a session for whom the provider has let come back; what they had before goes on in it."""
    entrance, oidc = _provider(request)
    browser, caller = entrance.browser.read(request.headers), caller_of(request.scope)
    try:
        arrival = oidc.finish(dict(request.query_params), browser, caller)
    except (LoginError, AccountError) as error:
        text = str(error) if isinstance(error, AccountError) else "The provider did not let you in here. Try again."
        return _form(request, {}, text)
    secret = oidc.begin_session(arrival, caller)
    return let_in(request, entrance, secret, arrival.back)


def _provider(request: Request) -> tuple[Entrance, Oidc]:
    entrance = entrance_of(request)
    if entrance.oidc is None:
        raise NotThereError("This server has no provider of identities.")
    return entrance, entrance.oidc


def turns(request: Request) -> Response:
    """Ask who goes on at a rig."""
    return _turns(request, request.query_params.get("next", ""))


@takes_form
def take_turn(request: Request, given: Given) -> Response:
    """Go on as somebody else, by a PIN."""
    entrance, caller = entrance_of(request), caller_of(request.scope)
    device = entrance.device.read(request.headers)
    try:
        secret = entrance.accounts.pins.switch(device, given.get("name", ""), given.get("pin", ""), caller)
    except LoginError:
        return _turns(request, given.get("next", ""), "The name or the PIN is wrong, or too many were tried.")
    return let_in(request, entrance, secret, given.get("next", ""))


def _turns(request: Request, back: str, problem: str = "") -> Response:
    entrance = entrance_of(request)
    session = entrance.accounts.sessions.find(entrance.device.read(request.headers))
    if session is None or not session.device:
        return see(f"{LOGIN}?next={quote(next_page(back), safe='')}")
    status = 422 if problem else 200
    return render(request, "pin.html", status, device=session.device, next=back, problem=problem)


def log_out(request: Request) -> Response:
    """End the session."""
    entrance, caller = entrance_of(request), caller_of(request.scope)
    is_rig = bool(entrance.device.read(request.headers))
    entrance.accounts.log_out(entrance.session.read(request.headers), caller)
    answer = see(TURNS if is_rig else LOGIN)
    entrance.session.clear(answer)
    return answer


def end_rig(request: Request) -> Response:
    """Let nobody take turns at this rig any more."""
    entrance, caller = entrance_of(request), caller_of(request.scope)
    entrance.accounts.log_out(entrance.device.read(request.headers), caller)
    answer = see(LOGIN)
    entrance.device.clear(answer)
    entrance.session.clear(answer)
    return answer


def entrance_of(request: Request) -> Entrance:
    """The accounts of the server.

    Raises
    ------
    NotThereError
        Where nobody logs in.
    """
    found = site_of(request).entrance
    if found is None:
        raise NotThereError("Nobody logs in to this server.")
    return found


ROUTES: Final = (
    Route(LOGIN, ask),
    Route(LOGIN, log_in, methods=["POST"]),
    Route("/login/provider", go_to_provider, methods=["POST"]),
    Route(BACK, come_back),
    Route(TURNS, turns),
    Route(TURNS, take_turn, methods=["POST"]),
    Route("/login/rig/end", end_rig, methods=["POST"]),
    Route("/logout", log_out, methods=["POST"]),
)
