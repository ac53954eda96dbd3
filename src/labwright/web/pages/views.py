"""Keeping views of tables: naming, sharing, pinning and forgetting them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.routing import Route

from labwright.web.desk.grid.saved_views import drop_view, pin_view, query_of, save_view
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import address, see
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Sheet


@takes_form
def save(request: Request, given: Given) -> Response:
    """Keep the view of an address under a name."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    view = save_view(sheet, given.get("name", ""), query_of(parse_qsl(given.get("query", ""))), "share" in given)
    if "pin" in given:
        pin_view(sheet, view.owner, view.name, pinned=True)
    return see(f"{address(sheet)}?{view.query}")


@takes_form
def pin(request: Request, given: Given) -> Response:
    """Pin a view, or no longer."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    pin_view(sheet, given.get("owner", ""), given.get("name", ""), pinned=given.get("pinned") == "1")
    return _back(sheet, given)


@takes_form
def drop(request: Request, given: Given) -> Response:
    """Forget a view."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    drop_view(sheet, given.get("name", ""))
    return _back(sheet, given)


def _back(sheet: Sheet, given: Given) -> Response:
    return see(f"{address(sheet)}?{query_of(parse_qsl(given.get('query', '')))}")


ROUTES: Final = (
    Route("/views/{table}", save, methods=["POST"]),
    Route("/views/{table}/pin", pin, methods=["POST"]),
    Route("/views/{table}/drop", drop, methods=["POST"]),
)
