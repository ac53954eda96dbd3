"""What one server serves: projects, and who may come."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from labwright.web.accounts.login import Login
from labwright.web.accounts.person import Person
from labwright.web.care.backups import Backups
from labwright.web.care.care import Care
from labwright.web.desk.desk import Desk
from labwright.web.desk.workspace import Workspace
from labwright.web.http.entrance import Entrance
from labwright.web.http.projects import project_of
from labwright.web.http.visitor import login_of
from labwright.web.roles.role import Role

if TYPE_CHECKING:
    from starlette.requests import Request

SINGLE_USER: Final = "single-user"
"""How somebody has shown who they are where nobody logs in."""


@dataclass(frozen=True)
class Site:
    """What one server serves.

    Parameters
    ----------
    workspaces : mapping of str to Workspace
        The projects by name; the first is the one that people come to.
    entrance : Entrance, optional
        The accounts of those who may come; without, there is one person, who does not log in.
    care : Care, optional
        Tells those who look after the server how it is.
    backups : mapping of str to Backups
        By the names of projects.
    """

    workspaces: Mapping[str, Workspace]
    entrance: Entrance | None = None
    care: Care | None = None
    backups: Mapping[str, Backups] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """The name of the project that people come to."""
        return next(iter(self.workspaces))

    def desk(self, login: Login, project: str) -> Desk:
        """The desk in a project of somebody who has come in."""
        workspace, person = self.workspaces[project], login.person
        if self.entrance is None:
            return Desk(workspace, person, login.rights())
        return Desk(workspace, person, self.entrance.rights(login), self.entrance.colleagues(person))

    def administers(self, login: Login) -> bool:
        """Whether somebody may look after the server."""
        return login.person.role is Role.ADMIN if self.entrance is None else self.entrance.administers(login)

    def hush(self) -> None:
        """Tell no page anything more, so that the server can stop."""
        for workspace in self.workspaces.values():
            workspace.watch.close()

    def people(self, alone: Person) -> list[Person]:
        """Who may come: everybody with an account, or the one person of an app without accounts."""
        if self.entrance is None:
            return [alone]
        return [person for person in self.entrance.accounts.people.all() if person.is_active]


def site_of(request: Request) -> Site:
    """What the server serves that was asked."""
    found: Site = request.app.state.site
    return found


def desk_of(request: Request) -> Desk:
    """The desk of whoever asks."""
    site, login = site_of(request), login_of(request)
    assert login is not None, "pages that are open to everybody have no desk"
    return site.desk(login, project_of(request))


def workspace_of(request: Request) -> Workspace:
    """The project that somebody's page is about."""
    return site_of(request).workspaces[project_of(request)]


def is_still_in(request: Request) -> bool:
    """Whether whoever has asked could still come in; that this is looked at keeps no session alive."""
    entrance = site_of(request).entrance
    return entrance is None or entrance.accounts.sessions.is_alive(entrance.session.read(request.headers))


def computes_here(request: Request) -> bool:
    """Whether workers are started for whoever asks to have something computed: by default where one person is alone."""
    wanted: bool | None = workspace_of(request).project.config["jobs.run_by_server"]
    return site_of(request).entrance is None if wanted is None else wanted


def administers(request: Request) -> bool:
    """Whether whoever asks may look after the server."""
    login = login_of(request)
    return login is not None and site_of(request).administers(login)


def fresh_login(request: Request) -> str | None:
    """How whoever asks has shown who they are, lately enough to sign; None when they have to do it anew.

    Send them to `labwright.web.pages.prove.prove_first` then. Where nobody logs in it is always `SINGLE_USER`.
    """
    entrance, login = site_of(request).entrance, login_of(request)
    if entrance is None:
        return SINGLE_USER
    if login is None or login.session is None or not entrance.is_fresh(login):
        return None
    return "oidc" if login.session.how == "oidc" else "password"


def local_person() -> Person:
    """The one person of an app that only their own machine reaches."""
    return Person(getpass.getuser(), role=Role.ADMIN)
