"""One account: what it is, how its person comes in, what they may do, and seeing what they see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.login import Login
from labwright.web.accounts.secret import new_recovery_code
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.http.projects import project_of
from labwright.web.http.visitor import caller_of, login_of
from labwright.web.pages.administration.guard import Administrator, administrator, shown
from labwright.web.pages.forms import Given
from labwright.web.pages.login import entrance_of
from labwright.web.pages.prove import proven
from labwright.web.pages.render import see
from labwright.web.roles.role import Role, Verb
from labwright.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.accounts.person import Person

ONE: Final = "/admin/people/{name}"


def person(request: Request) -> Response:
    """Show an account."""
    return _page(request)


@proven(ONE)
def change(request: Request, given: Given) -> Response:
    """Change what is known of somebody, and their role."""
    admin, found = _found(request)
    role = next((role for role in Role if role.value == given.get("role")), found.role)
    texts = {name: given.get(name, getattr(found, name)).strip() for name in ("full_name", "email", "lab")}
    return _tried(request, lambda: _changed(admin, replace(found, role=role, **texts)))


@proven(ONE)
def deactivate(request: Request, _: Given) -> Response:
    """Let somebody come in no more."""
    admin, found = _found(request)
    return _tried(request, lambda: admin.accounts.deactivate(found.name, admin.caller, by=admin.name))


@proven(ONE)
def activate(request: Request, _: Given) -> Response:
    """Let somebody come in again."""
    admin, found = _found(request)
    return _tried(request, lambda: _changed(admin, replace(found, is_active=True)))


def _changed(admin: Administrator, person: Person) -> Person:
    return admin.accounts.people.change(person, admin.caller, by=admin.name)


def _tried(request: Request, act: Any) -> Response:
    """Do something, and tell why it cannot be done."""
    try:
        act()
    except AccountError as error:
        return _page(request, problem=str(error))
    entrance_of(request).look_again()
    return see(ONE.format_map(request.path_params))


@proven(ONE)
def give_password(request: Request, _: Given) -> Response:
    """Give somebody who has forgotten it a new password, and show it once."""
    admin, found = _found(request)
    password = new_recovery_code()
    admin.accounts.change_password(found, password, admin.caller, by=admin.name)
    return _page(request, password=password)


@proven(ONE)
def turn_off_totp(request: Request, _: Given) -> Response:
    """Let somebody in without the second factor that they have lost."""
    admin, found = _found(request)
    admin.accounts.turn_off_totp(found, admin.caller, by=admin.name)
    return see(ONE.format_map(request.path_params))


@proven(ONE)
def end_session(request: Request, _: Given) -> Response:
    """Log somebody out somewhere."""
    admin, found = _found(request)
    if not admin.accounts.end_session(found, request.path_params["session"], admin.caller, by=admin.name):
        raise NotThereError("There is no such session.")
    return see(ONE.format_map(request.path_params))


@proven(ONE)
def revoke_token(request: Request, _: Given) -> Response:
    """Let a token hold no more."""
    admin, found = _found(request)
    if not admin.accounts.tokens.revoke(found, request.path_params["token"], admin.caller, by=admin.name):
        raise NotThereError("There is no such token.")
    return see(ONE.format_map(request.path_params))


@proven(ONE)
def view(request: Request, _: Given) -> Response:
    """See what somebody sees, from now on, without changing anything."""
    admin, found = _found(request)
    if admin.login.session is None:
        raise NotAllowedError("This is for those who have logged in themselves.")
    admin.accounts.view_as(admin.login.session, found.name, admin.caller)
    return see("/")


def end_view(request: Request) -> Response:
    """Be oneself again."""
    entrance, login = entrance_of(request), login_of(request)
    if login is None or login.session is None or login.viewer is None:
        return see("/")
    entrance.accounts.view_as_oneself(login.session, caller_of(request.scope))
    return see(ONE.format(name=login.person.name))


def _found(request: Request) -> tuple[Administrator, Person]:
    admin = administrator(request)
    return admin, admin.find(request.path_params["name"])


def _page(request: Request, **values: Any) -> Response:
    admin, found = _found(request)
    accounts, told = admin.accounts, {"problem": "", "password": "", **values}
    desk = site_of(request).desk(Login(found), project_of(request))
    reach = [(sheet, [(verb, sheet.reach(verb)) for verb in Verb if sheet.reach(verb)]) for sheet in desk.sheets()]
    return shown(
        request, "person.html", 422 if told["problem"] else 200, **told, found=found, roles=list(Role), reach=reach,
        sessions=accounts.sessions.of(found), tokens=accounts.tokens.of(found), now=accounts.clock(),
        has_totp=accounts.totp.is_on(found.name), events=accounts.audit.events(found.name, limit=20),
    )  # fmt: skip


ROUTES: Final = (
    Route(ONE, person),
    Route(ONE, change, methods=["POST"]),
    Route(f"{ONE}/deactivate", deactivate, methods=["POST"]),
    Route(f"{ONE}/activate", activate, methods=["POST"]),
    Route(f"{ONE}/password", give_password, methods=["POST"]),
    Route(f"{ONE}/second-factor/off", turn_off_totp, methods=["POST"]),
    Route(f"{ONE}/sessions/{{session}}/end", end_session, methods=["POST"]),
    Route(f"{ONE}/tokens/{{token}}/revoke", revoke_token, methods=["POST"]),
    Route(f"{ONE}/view", view, methods=["POST"]),
    Route("/view-as/end", end_view, methods=["POST"]),
)
