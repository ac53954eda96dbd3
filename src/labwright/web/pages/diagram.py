"""The pipeline as a picture that tells how each table stands, and what can be done with one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.responses import HTMLResponse
from starlette.routing import Route

from labwright.web.desk.jobs.board import TIERS
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.jobs.status import statuses
from labwright.web.desk.picture import LARGE, Links, picture
from labwright.web.pages.render import render
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

LINKS: Final = Links("/about/{}", "/diagram?open={}")


def diagram(request: Request) -> Response:
    """Draw the tables that the person may read."""
    desk, chosen = desk_of(request), _chosen(request)
    sheets = desk.sheets()
    return render(
        request, "diagram.html", picture=_picture(desk, chosen), sheets=sheets, chosen=chosen["schema"],
        opened=chosen["open"], is_large=len(sheets) > LARGE, query=urlencode(chosen, doseq=True),
    )  # fmt: skip


def fragment(request: Request) -> Response:
    """The picture alone, when something has changed."""
    return HTMLResponse(_picture(desk_of(request), _chosen(request)))


def _chosen(request: Request) -> dict[str, list[str]]:
    return {name: request.query_params.getlist(name) for name in ("schema", "open")}


def _picture(desk: Desk, chosen: dict[str, list[str]]) -> Any:
    return picture(desk, chosen["schema"], chosen["open"], LINKS)


def about(request: Request) -> Response:
    """Tell how one table stands, and what can be done with it; beside the picture, or by itself."""
    desk = desk_of(request)
    sheet = desk.sheet(request.path_params["table"])
    return show_about(request, sheet)


def show_about(request: Request, sheet: Sheet, said: str = "", status: int = 200) -> Response:
    """The same, with what was done."""
    desk = sheet.desk
    template = "about_panel.html" if "hx-request" in request.headers else "about.html"
    return render(
        request, template, status, sheet=sheet, standing=statuses(desk).get(sheet.name), said=said,
        may_steer=sheet.tier in TIERS and Filling(sheet).may_steer, crews=desk.workspace.crews,
    )  # fmt: skip


ROUTES: Final = (
    Route("/diagram", diagram),
    Route("/diagram/picture", fragment),
    Route("/about/{table}", about),
)
