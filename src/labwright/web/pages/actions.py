"""Forms of actions that a lab has declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.changing.checking import CheckError
from labwright.web.desk.keys import key_of
from labwright.web.desk.refusals import BadRequestError, NotAllowedError
from labwright.web.desk.screens.acting import act
from labwright.web.desk.screens.offers import BrokenError, Offers
from labwright.web.desk.sentences import sentence
from labwright.web.fields import field_of, read_form
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.panel import Panel
from labwright.web.pages.render import address, render, see
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

OVERRIDDEN: Final = "why-nevertheless"
"""The name of the field in which somebody says why doubt is wrong."""


def form(request: Request) -> Response:
    """An empty form."""
    action, sheet, key = _asked(request)
    values = {name: field_of(attribute).default for name, attribute in action.options.items()}
    name, desk = request.query_params.get("said"), sheet.desk
    said = "" if name is None else desk.workspace.said.get(desk.person.name, name)
    return _form(request, action, sheet, key, values, said=said)


@takes_form
def submit(request: Request, given: Given) -> Response:
    """Do it."""
    action, sheet, key = _asked(request)
    fields, problems = read_form(action.options, given)
    doubtful = False
    if not problems:
        try:
            said = act(sheet.desk, action, key, fields, given.get(OVERRIDDEN, ""))
        except CheckError as error:
            problems, doubtful = {"": str(error)}, error.may_be_overridden
        except BrokenError as error:
            return _form(request, action, sheet, key, given, {"": error.text}, details=error.details)
        except lw.LabwrightError as error:
            problems = {"": sentence(error, sheet)}
        else:
            desk = sheet.desk
            return see(f"{action_address(action, sheet, key)}?said={desk.workspace.said.put(desk.person.name, said)}")
    return _form(request, action, sheet, key, given, problems, doubtful=doubtful)


def _asked(request: Request) -> tuple[Any, Sheet, dict[str, Any] | None]:
    offers = Offers(desk_of(request))
    action = offers.action(request.path_params["name"])
    sheet = (offers.sheets(action) or [])[0]
    if not sheet.may(Verb(action.verb)):
        raise NotAllowedError(f"You may not do this to {sheet.title}.")
    if action.per_row is not ("key" in request.path_params):
        raise BadRequestError(f"{action.title!r} is done to {'one row' if action.per_row else 'no row in particular'}.")
    if not action.per_row:
        return action, sheet, None
    key = key_of(sheet, request.path_params["key"])
    sheet.row(key)
    return action, sheet, key


def _form(
    request: Request,
    action: Any,
    sheet: Sheet,
    key: Mapping[str, Any] | None,
    values: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    *,
    doubtful: bool = False,
    details: str = "",
    said: str = "",
) -> Response:
    return render(
        request, "action.html", 422 if problems else 200, action=action, sheet=sheet, key=key, values=values,
        problems=problems or {}, doubtful=doubtful, overridden=OVERRIDDEN, details=details, said=said,
    )  # fmt: skip


def action_address(action: Any, sheet: Sheet, row: Any = None) -> str:
    """Where the form of an action is."""
    key = "" if row is None else f"/{address(sheet, row).rpartition('/')[2]}"
    return f"/act/{quote(action.name)}{key}"


def panel(desk: Desk, sheet: Sheet, row: Mapping[str, Any]) -> Panel | None:
    """What can be done to a row, for its page."""
    found = [action for action in Offers(desk).actions(sheet) if action.per_row]
    links = [(action.title, action_address(action, sheet, row)) for action in found]
    return Panel("Actions", "actions.html", {"links": links}) if links else None


ROUTES: Final = (
    Route("/act/{name}", form),
    Route("/act/{name}", submit, methods=["POST"]),
    Route("/act/{name}/{key}", form),
    Route("/act/{name}/{key}", submit, methods=["POST"]),
)
