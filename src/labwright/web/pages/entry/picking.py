"""Picking what a row refers to, instead of typing its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse
from starlette.routing import Route

from labwright.web.desk.changing.picking import Choices, Step, choices, given_for, steps_of, told
from labwright.web.desk.keys import key_of, spelled
from labwright.web.desk.refusals import NotThereError
from labwright.web.fields import FieldError, field_of
from labwright.web.pages.entry.waiting import BACK, TO, fill
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import address, render, see
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Sheet

LISTED: Final = 10
PAGE: Final = 50


def pick(request: Request) -> Response:
    """The first rows that match what is typed, as JSON: what each fills, and how it is told from others."""
    sheet, name, steps = _asked(request)
    step = steps[name]
    found = choices(step, _given(request, sheet, steps, name), request.query_params.get("q", ""), limit=LISTED)
    rows = [_option(step, row) for row in found.rows]
    return JSONResponse({"rows": rows, "more": found.following is not None, "partial": found.is_partial})


def find(request: Request) -> Response:
    """The same as a page, for all rows and without scripts."""
    sheet, name, steps = _asked(request)
    step, given, asked = steps[name], _given(request, sheet, steps, name), request.query_params
    after = key_of(step.sheet, asked["after"]) if asked.get("after") else None
    found = choices(step, given, asked.get("q", ""), after, PAGE, thorough=True)
    return render(
        request, "find.html", sheet=sheet, picked=step.sheet, found=found, given=given,
        columns=[*step.sheet.key, *told(step.sheet)],
        following=_following(step, found), q=asked.get("q", ""), spelled=spelled,
        back=fill(step.sheet, asked.get(BACK, ""), "", {}) or address(sheet, verb="new"),
    )  # fmt: skip


@takes_form
def choose(request: Request, given: Given) -> Response:
    """Take a row over into the form that waits for it."""
    sheet, name, steps = _asked(request)
    picked = steps[name].sheet
    waiting = fill(picked, given.get(BACK, ""), given.get(TO, ""), key_of(picked, given.get("key", "")))
    if waiting is None:
        raise NotThereError(f"The form that this was for is not there any more. Begin a new {sheet.title}.")
    return see(waiting)


def _asked(request: Request) -> tuple[Sheet, str, Mapping[str, Step]]:
    sheet, name = desk_of(request).sheet(request.path_params["table"]), request.path_params["name"]
    steps = steps_of(sheet)
    if name not in steps:
        raise NotThereError(f"{sheet.title} refers to nothing by {name!r}.")
    return sheet, name, steps


def _given(request: Request, sheet: Sheet, steps: Mapping[str, Step], name: str) -> dict[str, Any]:
    """What is decided already, as far as it can be read: nobody is kept from picking by what is being typed."""
    row: dict[str, Any] = {}
    for other, text in request.query_params.items():
        if other in sheet.heading:
            try:
                row[other] = field_of(sheet.heading[other]).parse(text)
            except FieldError:
                continue
    return given_for(steps, name, row)


def _option(step: Step, row: Mapping[str, Any]) -> dict[str, Any]:
    heading = step.sheet.heading
    values = {here: field_of(heading[there]).edit(row[there]) for here, there in step.attributes.items()}
    shown = [field_of(heading[n]).format(row[n]) for n in told(step.sheet) if row[n] is not None]
    key = [field_of(heading[n]).format(row[n]) for n in step.sheet.key]
    return {"values": values, "key": ", ".join(key), "told": " · ".join(shown)}


def _following(step: Step, found: Choices) -> str | None:
    return None if found.following is None else spelled(step.sheet, found.following)


ROUTES: Final = (
    Route("/pick/{table}/{name}", pick),
    Route("/find/{table}/{name}", find),
    Route("/find/{table}/{name}", choose, methods=["POST"]),
)
