"""What happened to a row, and taking changes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.keys import key_of
from labwright.web.desk.past import NEEDED, change_of, steps, undo
from labwright.web.desk.refusals import ClashError
from labwright.web.http.visitor import next_page
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import render, see
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def history(request: Request) -> Response:
    """Show what happened to a row."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    key = key_of(sheet, request.path_params["key"])
    found = steps(sheet, key)
    mine = {step.change.id for step in found if step.change.undone is None and sheet.reach(NEEDED[step.change.op])}
    return render(request, "history.html", sheet=sheet, key=key, steps=found, undoable=mine - {None})


@takes_form
def take_back(request: Request, given: Given) -> Response:
    """Undo a change."""
    desk = desk_of(request)
    found = change_of(desk, request.path_params["change"])
    try:
        undo(desk, found)
    except lw.LabwrightError as error:
        raise ClashError(str(error).partition("\n")[0]) from error
    return see(next_page(given.get("back", "")))


ROUTES: Final = (
    Route("/undo/{change}", take_back, methods=["POST"]),
    Route("/history/{table}/{key}", history),
)
