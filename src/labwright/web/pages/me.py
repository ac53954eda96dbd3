"""One's own account: how one comes in, from where one has, and what one has lent to programs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import segno
from starlette.routing import Route

from labwright.web.accounts.errors import AccountError
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.http.visitor import caller_of, login_of
from labwright.web.pages.forms import Given
from labwright.web.pages.login import entrance_of
from labwright.web.pages.prove import proven
from labwright.web.pages.render import render, see
from labwright.web.roles.rights import READING, WRITING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.accounts.accounts import Accounts
    from labwright.web.accounts.caller import Caller
    from labwright.web.accounts.login import Login

ME: Final = "/me"
LENT: Final = {"read": READING, "write": WRITING}
LIVES: Final = {30: "a month", 90: "three months", 366: "a year"}
"""Days that a token may hold."""


def me(request: Request) -> Response:
    """Show it."""
    return _page(request)


@proven(ME)
def change_password(request: Request, given: Given) -> Response:
    """Take another password; all other sessions end."""
    accounts, login, caller = _own(request)
    assert login.session is not None
    try:
        accounts.change_password(login.person, given.get("password", ""), caller, keep=login.session.id)
    except AccountError as error:
        return _page(request, problem=str(error))
    return _page(request, done="The password is changed. You are logged out everywhere else.")


@proven(ME)
def end_session(request: Request, _: Given) -> Response:
    """Log out somewhere else."""
    accounts, login, caller = _own(request)
    if not accounts.end_session(login.person, request.path_params["session"], caller):
        raise NotThereError("You have no such session.")
    return see(ME)


@proven(ME)
def end_sessions(request: Request, _: Given) -> Response:
    """Log out everywhere else."""
    accounts, login, caller = _own(request)
    assert login.session is not None
    accounts.end_sessions(login.person, caller, keep=login.session.id)
    return see(ME)


@proven(ME)
def make_token(request: Request, given: Given) -> Response:
    """Make a token, and show it once."""
    accounts, login, caller = _own(request)
    verbs = LENT.get(given.get("may", ""), READING)
    schemas = [name for part in given.get("schemas", "").split(",") if (name := part.strip())] or ["*"]
    days = next((days for days in LIVES if given.get("days") == str(days)), min(LIVES))
    try:
        token = accounts.tokens.create(
            login.person, given.get("label", ""), verbs, caller, schemas=schemas, life=timedelta(days=days)
        )
    except AccountError as error:
        return _page(request, problem=str(error))
    return _page(request, token=token)


@proven(ME)
def revoke_token(request: Request, _: Given) -> Response:
    """Let a token hold no more."""
    accounts, login, caller = _own(request)
    if not accounts.tokens.revoke(login.person, request.path_params["token"], caller):
        raise NotThereError("You have no such token.")
    return see(ME)


@proven(ME)
def begin_totp(request: Request, _: Given) -> Response:
    """Show what an authenticator app reads."""
    accounts, login, _caller = _own(request)
    try:
        accounts.totp.begin(login.person)
    except AccountError as error:
        return _page(request, problem=str(error))
    return see("/me/second-factor")


def second_factor(request: Request) -> Response:
    """Ask for the first code."""
    return _second_factor(request)


def _second_factor(request: Request, problem: str = "") -> Response:
    accounts, login, _ = _own(request)
    address = accounts.totp.pending(login.person)
    if address is None:
        return see(ME)
    return render(
        request, "second_factor.html", 422 if problem else 200, address=address, problem=problem,
        picture=segno.make(address).png_data_uri(scale=5, border=4),
    )  # fmt: skip


@proven(ME)
def confirm_totp(request: Request, given: Given) -> Response:
    """Turn the second factor on, and show the recovery codes once."""
    accounts, login, caller = _own(request)
    try:
        codes = accounts.turn_on_totp(login.person, given.get("code", ""), caller)
    except AccountError as error:
        return _second_factor(request, str(error))
    return _page(request, codes=codes)


@proven(ME)
def renew_codes(request: Request, _: Given) -> Response:
    """Show other recovery codes once."""
    accounts, login, caller = _own(request)
    if not accounts.totp.is_on(login.person.name):
        return see(ME)
    return _page(request, codes=accounts.renew_recovery_codes(login.person, caller))


@proven(ME)
def turn_off_totp(request: Request, _: Given) -> Response:
    """Do without a second factor."""
    accounts, login, caller = _own(request)
    accounts.turn_off_totp(login.person, caller)
    return see(ME)


@proven(ME)
def set_pin(request: Request, given: Given) -> Response:
    """Take a PIN for rigs, or have none."""
    accounts, login, caller = _own(request)
    try:
        if given.get("pin"):
            accounts.pins.set(login.person, given["pin"], caller)
        else:
            accounts.pins.remove(login.person, caller)
    except AccountError as error:
        return _page(request, problem=str(error))
    return see(ME)


def _own(request: Request) -> tuple[Accounts, Login, Caller]:
    """What is about one's own account is for nobody who looks at the server as another."""
    entrance, login = entrance_of(request), login_of(request)
    if login is None or login.session is None or login.viewer is not None:
        raise NotAllowedError("This is for those who have logged in themselves.")
    return entrance.accounts, login, caller_of(request.scope)


def _page(request: Request, **shown: Any) -> Response:
    accounts, login, _ = _own(request)
    person, values = login.person, {"problem": "", "done": "", "token": "", "codes": (), **shown}
    return render(
        request, "me.html", 422 if values["problem"] else 200, **values, sessions=accounts.sessions.of(person),
        tokens=accounts.tokens.of(person), now=accounts.clock(), lives=LIVES, has_pin=accounts.pins.has(person),
        has_totp=accounts.totp.is_on(person.name), codes_left=accounts.totp.recovery_codes_left(person.name),
        has_password=accounts.passwords.has(person.name), oidc=entrance_of(request).oidc,
    )  # fmt: skip


ROUTES: Final = (
    Route(ME, me),
    Route("/me/password", change_password, methods=["POST"]),
    Route("/me/sessions/end", end_sessions, methods=["POST"]),
    Route("/me/sessions/{session}/end", end_session, methods=["POST"]),
    Route("/me/tokens", make_token, methods=["POST"]),
    Route("/me/tokens/{token}/revoke", revoke_token, methods=["POST"]),
    Route("/me/second-factor", second_factor),
    Route("/me/second-factor", confirm_totp, methods=["POST"]),
    Route("/me/second-factor/begin", begin_totp, methods=["POST"]),
    Route("/me/second-factor/codes", renew_codes, methods=["POST"]),
    Route("/me/second-factor/off", turn_off_totp, methods=["POST"]),
    Route("/me/pin", set_pin, methods=["POST"]),
)
