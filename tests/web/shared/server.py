"""A server that several share, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from tests.web.accounts.bench import OFFICE, PASSWORD, SetClock, accounts_in

import labwright as lw
from labwright.web.accounts.oidc import Oidc
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.http.entrance import Entrance
from labwright.web.roles.role import Role
from labwright.web.site import Site

ORIGIN = "https://lab"
PEOPLE = (
    Person("root", "Rosa Root", role=Role.ADMIN, lab="north"),
    Person("dan", "Dan Data", role=Role.DATA_MANAGER, lab="north"),
    Person("res", "Res Searcher", role=Role.RESEARCHER, lab="north"),
    Person("tec", "Tec Nician", role=Role.TECHNICIAN, lab="north"),
    Person("rea", "Rea Der", role=Role.READER, lab="south"),
)


def said(answer: Response) -> str:
    """Where an answer leads to."""
    return answer.headers.get("location", "")


@dataclass(frozen=True)
class Server:
    """A server and its accounts."""

    app: ASGIApp
    site: Site
    entrance: Entrance
    clock: SetClock
    schema: lw.Schema

    def client(self, name: str | None = None, password: str = PASSWORD) -> TestClient:
        """A browser, of somebody who has logged in, or of a stranger."""
        client = TestClient(
            self.app, base_url=ORIGIN, headers={"origin": ORIGIN}, follow_redirects=False, raise_server_exceptions=False
        )
        if name is not None:
            answer = client.post("/login", data={"name": name, "password": password})
            assert answer.status_code == 303, answer.text
        return client

    def let_in(self, name: str) -> TestClient:
        """A browser of somebody who has logged in; nothing is counted or noted."""
        client = self.client()
        secret = self.entrance.accounts.sessions.open(self.person(name), OFFICE)
        client.cookies.set(self.entrance.session.full_name, secret, domain="lab.local", path="/")
        return client

    def person(self, name: str) -> Person:
        """Somebody by name."""
        found = self.entrance.accounts.people.find(name)
        assert found is not None
        return found

    def events(self) -> list[tuple[str, str, bool]]:
        """What was noted, newest first: what, of whom, whether it was done."""
        return [(e.event, e.person, e.is_ok) for e in self.entrance.accounts.audit.events()]


@contextmanager
def server_of(
    schema: lw.Schema,
    name: str,
    oidc: Oidc | None = None,
    others: Mapping[str, lw.Schema] | None = None,
    is_secure: bool = True,
) -> Iterator[Server]:
    """Serve a schema to people of all roles, and others as projects of their own; `name` is the one of accounts."""
    clock = SetClock()
    accounts = accounts_in(schema.project, name, clock)
    for person in PEOPLE:
        accounts.people.create(person, OFFICE, by="test")
        accounts.passwords.set(person, PASSWORD)
    entrance = Entrance(accounts, oidc=oidc, is_secure=is_secure)
    projects = {"lab": schema, **(others or {})}
    site = Site(
        {n: Workspace(s.project, [s], closed=[name], schemas=[s.database_name]) for n, s in projects.items()}, entrance
    )
    yield Server(create_app(site, hosts=["lab", "127.0.0.1"]), site, entrance, clock, schema)
