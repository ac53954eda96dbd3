"""The lab book where the rights of people are those of roles in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.backends.stores import opened
from tests.web.accounts.bench import OFFICE, PASSWORD, SetClock, accounts_in
from tests.web.shared.server import ORIGIN, PEOPLE, said
from tests.web.shared.test_database_roles import gone, log_in

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.sql.url import parse_url
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.http.entrance import Entrance
from labwright.web.roles.grant import Grant
from labwright.web.roles.in_database import role_of, roles_for
from labwright.web.roles.role import Role, Scope, Verb
from labwright.web.site import Site

pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"])
WRITING = frozenset({Verb.READ, Verb.INSERT, Verb.SIGN})
OWN = frozenset({Verb.UPDATE, Verb.DELETE})


@pytest.fixture
def app(database_url: str, backend: str, prefix: str, tmp_path: Path) -> Iterator[TestClient]:
    """A browser that is not logged in, on a lab book."""
    name, roles, login = f"{prefix}notebook", f"{prefix}r_", f"{prefix}svc"
    with opened(database_url, tmp_path / "admin") as admin:
        Notebook(name, project=admin)
        admin.connection.script(log_in(backend, login, prefix, database_url))
        address = replace(parse_url(database_url), user=login, password="only-a-test")
        with opened(address, tmp_path / "service") as service:
            service.config["notebook.schema_name"] = name
            own = service.in_own_name()
            entrance = Entrance(accounts_in(own, f"{prefix}accounts", SetClock()))
            for person in PEOPLE:
                entrance.accounts.people.create(person, OFFICE, by="test")
                entrance.accounts.passwords.set(person, PASSWORD)
            for role in (Role.TECHNICIAN, Role.RESEARCHER):
                grants = [Grant(role, None, name, "*", WRITING), Grant(role, None, name, "*", OWN, Scope.OWN)]
                entrance.accounts.grants.put(grants, OFFICE, by="root")
            space = Workspace(service, [], [f"{prefix}accounts"], [name], f"{prefix}app", own=own, roles=roles)
            tables = Workspace(admin, schemas=[name]).tables()
            wanted = roles_for(entrance.accounts.people.all(), entrance.accounts.grants.all(), tables, roles)
            lw.plan_roles(admin, wanted, prefix=roles, service=login).apply()
            space.tables(max_age=0)
            yield TestClient(
                create_app(Site({"lab": space}, entrance), hosts=["lab"]), base_url=ORIGIN, headers={"origin": ORIGIN},
                follow_redirects=False,
            )  # fmt: skip
            own.close()
        lw.plan_roles(admin, {}, prefix=roles).apply()
        admin.connection.script(gone(backend, login, [role_of(p.name, roles) for p in PEOPLE]))


def test_people_write_and_sign_by_their_roles(app: TestClient) -> None:
    def as_(name: str) -> None:
        app.cookies.clear()
        assert app.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303

    as_("tec")
    begun = app.post("/notebook/new", data={"title": "A gel", "day": "2026-11-23"})
    assert said(begun) == "/notebook/1/edit", begun.text
    given = {"title": "A gel", "day": "2026-11-23", "text": "Bands.", "base.title": "A gel", "base.day": "2026-11-23"}
    saved = app.post("/notebook/1/edit", data={**given, "base.text": ""})
    assert said(saved) == "/notebook/1", saved.text
    files = app.post("/notebook/1/files", files={"file": ("a.txt", b"1")})
    assert said(files) == "/notebook/1/edit#files", files.text
    as_("res")
    assert app.post("/notebook/1/edit", data=given).status_code == 403
    commented = app.post("/notebook/1/comment", data={"text": "well, @tec"})
    assert said(commented) == "/notebook/1", commented.text
    as_("tec")
    signed = app.post("/notebook/1/sign")
    assert said(signed) == "/notebook/1", signed.text
    as_("res")
    signed = app.post("/notebook/1/sign")
    assert said(signed) == "/notebook/1", signed.text
    assert "The entry is what was signed" in app.get("/notebook/1/verify").text
