"""Changing and deleting many rows of a grid at once, after a look at what would happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.changing.checking import CheckError
from labwright.web.desk.changing.many import (
    Chosen,
    change_all,
    changeable,
    chosen,
    delete_all,
    losses_with,
    need_changeable,
    need_own,
    replaced,
)
from labwright.web.desk.grid.listing import exact_listing
from labwright.web.desk.grid.saved_views import query_of
from labwright.web.desk.refusals import ClashError, RefusalError
from labwright.web.desk.sentences import sentence
from labwright.web.fields import FieldError, field_of
from labwright.web.pages.entry.waiting import WHY
from labwright.web.pages.forms import takes_parts
from labwright.web.pages.render import address, render, see
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Sheet

MEANWHILE: Final = "Somebody has changed these rows since you looked. This is what would happen now."


def _chosen(request: Request, given: Any, name: str | None = None) -> Chosen:
    """The rows that were ticked, or all that the query of the grid describes."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    listing = exact_listing(sheet, parse_qsl(str(given.get("query", ""))))
    return chosen(listing, [text for text in given.getlist("row") if isinstance(text, str)], name)


def change(request: Request) -> Response:
    """Ask which column is to be changed to what."""
    rows = _chosen(request, request.query_params)
    need_own(rows, Verb.UPDATE)
    return _change_page(request, rows, request.query_params)


@takes_parts
def look(request: Request, given: Any) -> Response:
    """Show what would change; with the mark of what was shown, change it."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    name, text = str(given.get("on", "")), str(given.get("to", ""))
    need_changeable(sheet, name)
    rows = _chosen(request, given, name)
    need_own(rows, Verb.UPDATE)
    try:
        value = field_of(sheet.heading[name]).parse(text)
    except FieldError as error:
        return _change_page(request, rows, given, str(error), 422)
    if given.get("mark") != rows.mark:
        problem = MEANWHILE if given.get("mark") else ""
        return _change_page(request, rows, given, problem, 409 if problem else 200, _before(rows, name, value))
    try:
        number = change_all(rows, name, value, str(given.get("why", "")), str(given.get(WHY, "")))
    except CheckError as error:
        before = _before(rows, name, value) if error.may_be_overridden else None
        return _change_page(request, rows, given, str(error), 422, before, str(given.get(WHY, "")))
    except lw.LabwrightError as error:
        return _change_page(request, rows, given, sentence(error, sheet, {name: value}), 422)
    return _back(sheet, given, number)


def _before(rows: Chosen, name: str, value: Any) -> list[tuple[str, int]]:
    """What the rows have now that would have another value then, and how many of them."""
    field = field_of(rows.sheet.heading[name])
    return [("none" if now is None else field.format(now), count) for now, count in replaced(rows, name, value)]


def _change_page(
    request: Request,
    rows: Chosen,
    given: Any,
    problem: str = "",
    status: int = 200,
    before: list[tuple[str, int]] | None = None,
    reason: str | None = None,
) -> Response:
    sheet = rows.sheet
    return render(
        request, "change.html", status, sheet=sheet, count=len(rows.rows), columns=changeable(sheet), given=given,
        ticked=given.getlist("row"), problem=problem, before=before, mark=rows.mark if before is not None else "",
        reason=reason,
    )  # fmt: skip


def remove(request: Request) -> Response:
    """Show what would go with the rows."""
    return _remove_page(request, _chosen(request, request.query_params), request.query_params)


@takes_parts
def removed(request: Request, given: Any) -> Response:
    """Delete them."""
    rows = _chosen(request, given)
    count = str(given.get("count", ""))
    try:
        number = delete_all(rows, int(count) if count.isdecimal() else -1, str(given.get("why", "")))
    except ClashError:
        return _remove_page(request, rows, given, MEANWHILE, 409)
    except RefusalError as error:
        return _remove_page(request, rows, given, error.text, error.status)
    except lw.LabwrightError as error:
        return _remove_page(request, rows, given, sentence(error, rows.sheet), 422)
    return _back(rows.sheet, given, number)


def _remove_page(request: Request, rows: Chosen, given: Any, problem: str = "", status: int = 200) -> Response:
    return render(
        request, "remove.html", status, sheet=rows.sheet, count=len(rows.rows), losses=losses_with(rows), given=given,
        ticked=given.getlist("row"), problem=problem,
    )  # fmt: skip


def _back(sheet: Sheet, given: Any, number: str) -> Response:
    """To the grid, which offers to take the change back."""
    query = query_of(parse_qsl(str(given.get("query", ""))))
    return see(f"{address(sheet)}?{query}{'&' if query else ''}{urlencode({'done': number})}")


ROUTES: Final = (
    Route("/change/{table}", change),
    Route("/change/{table}", look, methods=["POST"]),
    Route("/remove/{table}", remove),
    Route("/remove/{table}", removed, methods=["POST"]),
)
