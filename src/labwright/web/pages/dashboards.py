"""Pages and dashboards that a lab has declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from starlette.routing import Route

from labwright.web.desk.screens.blocks import dashboard_blocks, page_blocks, selectors
from labwright.web.desk.screens.offers import SET, BrokenError, Offers, read_options
from labwright.web.http.headers import allow_frames, allow_plots
from labwright.web.pages.plots import canvas_of
from labwright.web.pages.render import render
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.desk import Desk
    from labwright.web.desk.screens.blocks import Block


def page(request: Request) -> Response:
    """Show a page."""
    desk = desk_of(request)
    found = Offers(desk).page(request.path_params["name"])
    options = read_options(found, request.query_params.multi_items())
    allow_plots(request)
    problem, details, blocks = "", "", []
    try:
        blocks = [] if options.problems else page_blocks(desk, found, options.values)
    except BrokenError as error:
        problem, details = error.text, error.details
    frames = _frames(request, desk, blocks)
    return render(
        request, "page.html", 500 if problem else 422 if options.problems else 200, page=found, options=options,
        blocks=blocks, canvas_of=canvas_of, prefix=SET, problem=problem, details=details, frames=frames,
    )  # fmt: skip


def dashboard(request: Request) -> Response:
    """Show a dashboard, restricted by what is chosen."""
    desk = desk_of(request)
    found = Offers(desk).dashboard(request.path_params["name"])
    pairs = request.query_params.multi_items()
    allow_plots(request)
    return render(
        request, "dashboard.html", dashboard=found, selectors=selectors(desk, found), chosen=dict(pairs),
        blocks=dashboard_blocks(desk, found, pairs), canvas_of=canvas_of, frames=frozenset(),
    )  # fmt: skip


def _frames(request: Request, desk: Desk, blocks: list[Block]) -> frozenset[str]:
    """The origins of frames on a page that the settings allow; never the app's own, whose pages are not closed off."""
    own = urlsplit(str(request.base_url)).netloc
    allowed: Any = desk.workspace.project.config["web.frames"]
    wanted = {block.declared.origin for block in blocks if block.kind == "frame"}
    found = frozenset(origin for origin in wanted & set(allowed) if urlsplit(origin).netloc != own)
    if found:
        allow_frames(request, sorted(found))
    return found


ROUTES: Final = (Route("/page/{name}", page), Route("/dashboard/{name}", dashboard))
