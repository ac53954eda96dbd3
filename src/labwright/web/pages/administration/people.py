"""Who has an account, and inviting others."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.person import fold
from labwright.web.pages.administration.guard import administrator, shown
from labwright.web.pages.forms import Given
from labwright.web.pages.prove import proven
from labwright.web.roles.role import Role

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PEOPLE: Final = "/admin/people"
LIVES: Final = (1, 7, 30)
"""Days for which an invitation may hold."""


def people(request: Request) -> Response:
    """List everybody."""
    return _page(request)


@proven(PEOPLE)
def invite(request: Request, given: Given) -> Response:
    """Make an invitation, and show its address once."""
    admin = administrator(request)
    role = next((role for role in Role if role.value == given.get("role")), Role.READER)
    days = next((days for days in LIVES if str(days) == given.get("days")), 7)
    lab, name = given.get("lab", "").strip()[:64], fold(given.get("name", ""))
    try:
        text = admin.accounts.invitations.create(
            role, admin.caller, by=admin.name, lab=lab, life=timedelta(days=days), name=name
        )
    except AccountError as error:
        return _page(request, problem=str(error))
    return _page(request, link=f"{str(request.base_url).rstrip('/')}/invitation/{text}")


def _page(request: Request, **values: Any) -> Response:
    admin = administrator(request)
    everybody = admin.accounts.people.all()
    labs = sorted({person.lab for person in everybody if person.lab})
    told = {"link": "", "problem": "", **values}
    return shown(
        request, "people.html", 422 if told["problem"] else 200, people=everybody, roles=list(Role), lives=LIVES,
        labs=labs, **told,
    )  # fmt: skip


ROUTES: Final = (Route(PEOPLE, people), Route(PEOPLE, invite, methods=["POST"]))
