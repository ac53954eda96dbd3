"""Making an account for oneself, by an invitation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

import labwright as lw
from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.person import Person, fold
from labwright.web.desk.refusals import NotThereError
from labwright.web.http.visitor import caller_of
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.login import entrance_of, let_in
from labwright.web.pages.render import render
from labwright.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


TAKEN: Final = (
    "There are schemas whose names begin so, which would be yours. Choose another name; if they are yours, ask for an "
    "invitation in your name."
)


def ask(request: Request) -> Response:
    """Ask for a name and a password."""
    return _form(request, {})


@takes_form
def accept(request: Request, given: Given) -> Response:
    """Make the account, and begin a session."""
    entrance, caller = entrance_of(request), caller_of(request.scope)
    person = Person(given.get("name", ""), given.get("full_name", "").strip(), given.get("email", ""))
    if _is_taken(request, person):
        return _form(request, given, TAKEN)
    try:
        made = entrance.accounts.invitations.accept(
            request.path_params["text"], person, given.get("password", ""), caller
        )
    except AccountError as error:
        return _form(request, given, str(error))
    entrance.look_again()
    secret = entrance.accounts.sessions.open(made, caller)
    entrance.accounts.audit.note("login", made.name, caller, by="invitation")
    return let_in(request, entrance, secret, "/")


def _is_taken(request: Request, person: Person) -> bool:
    """Whether what somebody wants to be called would make schemas theirs that are there already."""
    found = entrance_of(request).accounts.invitations.find(request.path_params["text"])
    if found is None or found.name:
        return False
    wanted = replace(person, name=fold(person.name), role=found.role, lab=found.lab)
    schemas = {s for w in site_of(request).workspaces.values() for s in lw.list_schemas(w.project)}
    return entrance_of(request).is_taken(wanted, schemas)


def _form(request: Request, given: Given, problem: str = "") -> Response:
    found = entrance_of(request).accounts.invitations.find(request.path_params["text"])
    if found is None:
        raise NotThereError("This invitation was used already, or has expired. Ask for another one.")
    shown = {name: given.get(name, "") for name in ("name", "full_name", "email")} | (
        {"name": found.name} if found.name else {}
    )
    return render(request, "invitation.html", 422 if problem else 200, problem=problem, invitation=found, **shown)


ROUTES: Final = (Route("/invitation/{text}", ask), Route("/invitation/{text}", accept, methods=["POST"]))
