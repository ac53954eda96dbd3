"""Who is logged in, and what was lent to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from labwright.web.pages.administration.guard import administrator, shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def sessions(request: Request) -> Response:
    """List the living sessions and the tokens of everybody."""
    accounts = administrator(request).accounts
    return shown(
        request, "sessions.html", sessions=accounts.sessions.all(), tokens=accounts.tokens.all(), now=accounts.clock()
    )


ROUTES: Final = (Route("/admin/sessions", sessions),)
