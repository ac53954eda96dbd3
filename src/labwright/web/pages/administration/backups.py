"""Which backups there are, and taking one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from labwright.web.http.projects import project_of
from labwright.web.http.visitor import caller_of, login_of
from labwright.web.pages.administration.guard import check, shown
from labwright.web.pages.forms import Given
from labwright.web.pages.prove import proven
from labwright.web.pages.render import see
from labwright.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.care.backups import Backups

BACKUPS: Final = "/admin/backups"


def backups(request: Request) -> Response:
    """List them."""
    check(request)
    return shown(request, "backups.html", backups=_backups(request))


@proven(BACKUPS)
def take(request: Request, _: Given) -> Response:
    """Take one; people go on working meanwhile."""
    check(request)
    site, login, found = site_of(request), login_of(request), _backups(request)
    if found is not None and found.begin() and site.entrance is not None and login is not None:
        caller, project = caller_of(request.scope), project_of(request)
        site.entrance.accounts.audit.note("back up", login.person.name, caller, project=project)
    return see(BACKUPS)


def _backups(request: Request) -> Backups | None:
    return site_of(request).backups.get(project_of(request))


ROUTES: Final = (Route(BACKUPS, backups), Route(BACKUPS, take, methods=["POST"]))
