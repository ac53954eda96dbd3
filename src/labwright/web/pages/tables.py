"""All tables, by schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from labwright.web.pages.render import render
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def tables(request: Request) -> Response:
    """List the tables that the person may read."""
    return render(request, "tables.html", sheets=desk_of(request).sheets())


ROUTES: Final = (Route("/tables", tables),)
