"""One cell of a grid, changed where it stands: parts of pages, for the script of the grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.changing.checking import CheckError
from labwright.web.desk.changing.many import need_changeable
from labwright.web.desk.keys import key_of
from labwright.web.desk.sentences import sentence
from labwright.web.fields import FieldError, field_of
from labwright.web.pages.entry.waiting import WHY
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import render
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Sheet
    from labwright.web.fields import Field


def edit(request: Request) -> Response:
    """The form of a cell, with what it has now."""
    sheet, key, field = _cell(request)
    text = field.edit(sheet.row(key)[field.name])
    return _form(request, sheet, key, field, text, text)


def _cell(request: Request) -> tuple[Sheet, Mapping[str, Any], Field]:
    sheet = desk_of(request).sheet(request.path_params["table"])
    name = request.path_params["name"]
    need_changeable(sheet, name)
    return sheet, key_of(sheet, request.path_params["key"]), field_of(sheet.heading[name])


@takes_form
def save(request: Request, given: Given) -> Response:
    """Change it, unless somebody has done so since the form was opened: then the form says what it has become."""
    sheet, key, field = _cell(request)
    sheet.row(key)  # what is not there, or not to be seen, is told apart by nothing
    text, base = given.get(field.name, ""), given.get("base", "")
    try:
        value, was = field.parse(text), None if field.is_empty(base) else field.parse(base)
    except FieldError as error:
        return _form(request, sheet, key, field, text, base, str(error), 422)
    try:
        if value != was:
            sheet.update(key, {field.name: value}, {field.name: was}, overridden=given.get(WHY, ""))
    except lw.errors.ConflictError as conflict:
        theirs = field.edit(conflict.differences[field.name][1])
        problem = f"Somebody has made it {theirs or 'empty'} meanwhile. Save again to replace that."
        return _form(request, sheet, key, field, text, theirs, problem, 409)
    except lw.LabwrightError as error:
        problem = sentence(error, sheet, {**key, field.name: value})
        is_doubt = isinstance(error, CheckError) and error.may_be_overridden
        return _form(request, sheet, key, field, text, base, problem, 422, given.get(WHY, "") if is_doubt else None)
    return render(request, "cell_value.html", field=field, now=sheet.row(key)[field.name])


def _form(
    request: Request,
    sheet: Sheet,
    key: Mapping[str, Any],
    field: Field,
    text: str,
    base: str,
    problem: str = "",
    status: int = 200,
    reason: str | None = None,
) -> Response:
    return render(
        request, "cell.html", status, sheet=sheet, row=key, field=field, text=text, base=base, problem=problem,
        reason=reason,
    )  # fmt: skip


ROUTES: Final = (
    Route("/cell/{table}/{key}/{name}", edit),
    Route("/cell/{table}/{key}/{name}", save, methods=["POST"]),
)
