"""The app as an ASGI application."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import labwright as lw
from labwright.web.accounts.login import Login
from labwright.web.api.app import LARGER, create_api
from labwright.web.care.alerts import tell_troubles, troubles_of
from labwright.web.care.postman import Postman
from labwright.web.http.hosts import LOOPBACK
from labwright.web.http.projects import Projects
from labwright.web.http.protect import protect
from labwright.web.http.visitor import OnePerson, Visitors
from labwright.web.pages import (
    actions,
    administration,
    bulk,
    cells,
    dashboards,
    deleting,
    diagram,
    entry,
    events,
    grid,
    history,
    importing,
    invitation,
    jobs,
    login,
    me,
    notebook,
    notices,
    plots,
    previews,
    prove,
    refusing,
    row,
    row_signing,
    search,
    tables,
    today,
    views,
)
from labwright.web.roles.in_database import role_of
from labwright.web.site import local_person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labwright.web.accounts.person import Person
    from labwright.web.site import Site

SCREENS: Final = (
    actions,
    administration,
    bulk,
    cells,
    dashboards,
    deleting,
    diagram,
    entry,
    events,
    grid,
    history,
    importing,
    invitation,
    jobs,
    login,
    me,
    notebook,
    notices,
    plots,
    previews,
    prove,
    row,
    row_signing,
    search,
    tables,
    today,
    views,
)
STATIC: Final = Path(__file__).with_name("static")


def create_app(site: Site, person: Person | None = None, hosts: Iterable[str] = LOOPBACK) -> ASGIApp:
    """The app of a site.

    Parameters
    ----------
    site : Site
    person : Person, optional
        The one who reaches it, where it has no accounts; by default whoever runs it.
    hosts : iterable of str
        The names that the server goes by.

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.desk.workspace import Workspace
    >>> from labwright.web.site import Site
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     app = create_app(Site({"lab": Workspace(project)}))
    """
    made = Starlette(
        routes=[*page_routes(), Mount("/api/v1", create_api(site))],
        exception_handlers=refusing.HANDLERS,
        middleware=[_visitors(site, person), Middleware(Within, site=site)],
        lifespan=_lifespan,
    )
    made.state.site, made.state.person = site, person or local_person()
    larger = {**LARGER, **entry.LARGER, **importing.LARGER, **notebook.LARGER}
    is_secure = site.entrance is not None and site.entrance.is_secure
    return Projects(protect(made, hosts=hosts, is_secure=is_secure, larger=larger), list(site.workspaces))


def _visitors(site: Site, person: Person | None) -> Middleware:
    if site.entrance is None:
        return Middleware(OnePerson, person=person or local_person())
    return Middleware(Visitors, entrance=site.entrance)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    """Keep all projects open while the app runs."""
    with ExitStack() as stack:
        for name, workspace in app.state.site.workspaces.items():
            stack.enter_context(workspace.project)
            stack.enter_context(_postman(app, name).at_work())
            stack.callback(workspace.close)
        yield


def _postman(app: Starlette, project: str) -> Postman:
    """Who tells people what they do not see, as they are not here."""
    site: Site = app.state.site
    alone: Person = app.state.person
    return Postman(
        site.workspaces[project],
        lambda name: next((p.email for p in site.people(alone) if p.name == name), None),
        lambda: (site.desk(Login(person), project) for person in site.people(alone)),
        watch=partial(_watch, site, project, alone),
    )


def _watch(site: Site, project: str, alone: Person) -> None:
    """Tell those who look after the server what is not well."""
    people = [person.name for person in site.people(alone) if site.administers(Login(person))]
    found = troubles_of(project, site.care, site.backups.get(project))
    tell_troubles(site.workspaces[project].keeping, people, found)


class Within:
    """Lets all be done in the project that the request is about, with the rights of who asks where these are roles."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["state"]["project"] if scope["type"] != "lifespan" else self._site.first
        workspace, person = self._site.workspaces[name], scope.get("state", {}).get("person")
        role = role_of(person.name, workspace.roles) if person is not None and workspace.roles else None
        with workspace.bounded(), nullcontext() if role is None else lw.acting_as(person.name, role=role):
            await self._app(scope, receive, send)


def page_routes() -> list[Route | Mount]:
    """The addresses of all pages."""
    return [
        *chain.from_iterable(screen.ROUTES for screen in SCREENS),
        Route("/static/diagram.css", _diagram_style),
        # Pages are not compressed: how short one gets tells of what is secret in it.
        Mount("/static", GZipMiddleware(StaticFiles(directory=STATIC))),
    ]


def _diagram_style(_: Request) -> Response:
    return Response(lw.Diagram.stylesheet(), media_type="text/css")
