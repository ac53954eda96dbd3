"""Deleting a row, after a look at all that would go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

import labwright as lw
from labwright.web.desk.changing.deleting import delete, losses
from labwright.web.desk.keys import key_of
from labwright.web.desk.sentences import sentence
from labwright.web.pages.render import address, render, see
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def look(request: Request) -> Response:
    """Show what would go."""
    return _page(request)


def remove(request: Request) -> Response:
    """Delete it."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    try:
        delete(sheet, key_of(sheet, request.path_params["key"]))
    except lw.LabwrightError as error:
        return _page(request, sentence(error, sheet))
    return see(address(sheet))


def _page(request: Request, problem: str = "") -> Response:
    sheet = desk_of(request).sheet(request.path_params["table"])
    sheet.need(Verb.DELETE)
    key = key_of(sheet, request.path_params["key"])
    found, status = losses(sheet, key), 422 if problem else 200
    return render(request, "delete.html", status, sheet=sheet, key=key, losses=found, problem=problem)


ROUTES: Final = (
    Route("/delete/{table}/{key}", look),
    Route("/delete/{table}/{key}", remove, methods=["POST"]),
)
