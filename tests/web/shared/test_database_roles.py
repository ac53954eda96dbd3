"""People do in the app what their roles in the database let them, whatever the app thinks of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.web.accounts.bench import OFFICE, PASSWORD, SetClock, accounts_in
from tests.web.lab import build
from tests.web.shared.server import ORIGIN, PEOPLE, Server

import labwright as lw
from labwright.sql.url import parse_url
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.http.entrance import Entrance
from labwright.web.roles.grant import Grant
from labwright.web.roles.in_database import role_of, roles_for
from labwright.web.roles.role import Role, Verb
from labwright.web.site import Site

pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"])


@dataclass(frozen=True)
class Shared:
    """A server whose own login may look at no row of the lab."""

    app: Any
    entrance: Entrance
    workspace: Workspace
    schema: lw.Schema
    admin: lw.Project
    prefix: str
    login: str

    def client(self, name: str) -> TestClient:
        client = TestClient(
            self.app, base_url=ORIGIN, headers={"origin": ORIGIN}, follow_redirects=False, raise_server_exceptions=True
        )
        assert client.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303
        return client

    def plan(self) -> lw.RolePlan:
        accounts = self.entrance.accounts
        tables = Workspace(self.admin, schemas=[self.schema.database_name]).tables()
        roles = roles_for(accounts.people.all(), accounts.grants.all(), tables, self.prefix)
        return lw.plan_roles(self.admin, roles, prefix=self.prefix, service=self.login)

    def run(self, statement: str, person: str) -> None:
        where = self.admin.database.dialect.table(self.schema.database_name, "mouse")
        role = role_of(person, self.prefix)
        self.admin.connection.script([statement.format(where=where, role=role)])


@pytest.fixture
def shared(project: lw.Project, database_url: str, backend: str, prefix: str) -> Iterator[Shared]:
    schema = lw.Schema(f"{prefix}lab", connection=project)
    build(schema)
    admin, roles, login = project, f"{prefix}r_", f"{prefix}svc"
    admin.connection.script(log_in(backend, login, prefix, database_url))
    with lw.Project(replace(parse_url(database_url), user=login, password="only-a-test")) as service:
        own = service.in_own_name()
        entrance = Entrance(accounts_in(own, f"{prefix}accounts", SetClock()))
        for person in PEOPLE:
            entrance.accounts.people.create(person, OFFICE, by="test")
            entrance.accounts.passwords.set(person, PASSWORD)
        technicians = frozenset({Verb.READ, Verb.INSERT, Verb.UPDATE})
        grant = Grant(Role.TECHNICIAN, None, "*", "*", technicians, hidden=frozenset({"weight"}))
        entrance.accounts.grants.put([grant], OFFICE, by="root")
        names, kept = [schema.database_name], f"{prefix}app"
        space = Workspace(service, [], [f"{prefix}accounts"], names, kept, own=own, roles=roles)
        app = create_app(Site({"lab": space}, entrance), hosts=["lab"])
        made = Shared(app, entrance, space, schema, admin, roles, login)
        made.plan().apply()
        space.tables(max_age=0)
        yield made
        own.close()
    lw.plan_roles(admin, {}, prefix=roles).apply()
    admin.connection.script(gone(backend, login, [role_of(p.name, roles) for p in PEOPLE]))


def log_in(backend: str, login: str, prefix: str, url: str) -> list[str]:
    if backend == "postgres":
        database = parse_url(url).database
        return [
            f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD 'only-a-test'",
            f"GRANT CREATE ON DATABASE {database} TO {login}",
        ]
    made = [f"CREATE USER {login} IDENTIFIED BY 'only-a-test'"]
    return made + [f"GRANT ALL ON `{prefix}{name}`.* TO {login}" for name in ("accounts", "app")]


def gone(backend: str, login: str, roles: list[str]) -> list[str]:
    if backend == "postgres":
        return [f"DROP OWNED BY {login} CASCADE", f"DROP ROLE {login}", *(f"DROP ROLE {role}" for role in roles)]
    return [f"DROP USER {login}", *(f"DROP ROLE {role}" for role in roles)]


def test_people_have_the_rights_of_their_roles(shared: Shared) -> None:
    name = shared.schema.database_name
    technician, reader = shared.client("tec"), shared.client("rea")
    page = technician.get(f"/t/{name}.Mouse")
    assert page.status_code == 200, page.text
    assert "m1" in page.text
    assert "weight" not in page.text
    assert "weight" in reader.get(f"/t/{name}.Mouse").text
    row = {"mouse": "900", "name": "new", "sex": "F", "arrival": "2026-02-03"}
    assert technician.post(f"/new/{name}.Mouse", data=row).status_code == 303
    Mouse = shared.schema["Mouse"]
    assert (Mouse & "mouse = 900").fetch1("name") == "new"
    assert Mouse.history({"mouse": 900})[0].who == "tec"
    assert reader.post(f"/new/{name}.Mouse", data={**row, "mouse": "901"}).status_code == 403
    assert technician.get(f"/history/{name}.Mouse/1").status_code == 403  # with all columns in it
    assert reader.get(f"/history/{name}.Mouse/1").status_code == 200
    for path in ("/", "/tables", "/diagram", "/jobs", f"/t/{name}.Mouse/1", "/me"):
        for client in (technician, reader):
            assert client.get(path).status_code == 200, path


def test_the_page_of_the_server_says_that_the_database_checks(shared: Shared) -> None:
    assert "checked by this app alone" not in shared.client("root").get("/admin").text


def test_where_nobody_takes_a_role_the_app_says_that_it_is_alone(server: Server) -> None:
    assert "<code>labwright roles apply</code>" in server.client("root").get("/admin").text


def test_what_the_database_does_not_permit_is_not_done(shared: Shared) -> None:
    """Also where the app would."""
    name = shared.schema.database_name
    technician, manager = shared.client("tec"), shared.client("dan")
    shared.run("REVOKE INSERT ON {where} FROM {role}", "dan")
    row = {"mouse": "900", "name": "new", "sex": "F", "arrival": "2026-02-03"}
    answer = manager.post(f"/new/{name}.Mouse", data=row)
    assert answer.status_code == 422
    assert "The database does not permit this" in answer.text
    assert not shared.schema["Mouse"] & "mouse = 900"
    assert technician.post(f"/new/{name}.Mouse", data=row).status_code == 303


def test_roles_follow_the_grants(shared: Shared) -> None:
    assert shared.plan().statements == ()
    shared.entrance.accounts.people.deactivate("rea", OFFICE, by="root")
    assert "is left without rights" in str(shared.plan())
    shared.plan().apply()
    assert not [s for s in shared.plan().statements if "rea" in s]
    assert shared.client("tec").get("/tables").status_code == 200
