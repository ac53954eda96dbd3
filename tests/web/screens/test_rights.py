"""What somebody may not see is not had by what a lab has declared, at any of its addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

import labwright as lw
from labwright.web.accounts.login import Login
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.desk import Desk
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Verb
from labwright.web.site import Site

SECRET = 98765.25
"""The weight of a mouse, which nobody who may not see it must find in any answer."""
ANA = Person("ana", role=Role.RESEARCHER)
NONE = Rights.of(ANA, ())
ALL = frozenset(Verb) - {Verb.ADMINISTER}
HOME = "http://127.0.0.1:8421"
ADDRESSES = (
    "/plots",
    "/plot/weights?weight.ge=1",
    "/plots/{s}.Mouse?weight.ge=1&sort=weight",
    "/draw/weights",
    "/draw/weights?weight.ge=1",
    "/draw/weight_by_number",
    "/draw/sessions_of/1",
    "/dashboard/overview",
    "/dashboard/overview?weight.ge=1",
    "/page/colony",
    "/t/{s}.Mouse?columns=weight",
    "/t/{s}.Mouse/1",
    "/act/weigh/1",
    "/preview/{s}.Mouse/1/weight",
    "/api/v1/plots",
    "/api/v1/plots/weights",
    "/api/v1/plots/weight_by_number?weight.ge=1",
    "/api/v1/actions",
)


@dataclass(frozen=True)
class Granting(Site):
    """A site where one person has given rights."""

    rights: Rights = NONE

    def desk(self, login: Login, project: str) -> Desk:
        return Desk(self.workspaces[project], login.person, self.rights)


Ask = Callable[..., TestClient]


@pytest.fixture
def ask(schema: lw.Schema, declared: lw.Screens) -> Ask:
    schema["Mouse"].update1({"mouse": 1, "weight": SECRET})

    def make(*grants: Grant) -> TestClient:
        workspace = Workspace(schema.project, [schema], schemas=[schema.database_name], screens=declared)
        site = Granting({"lab": workspace}, rights=Rights.of(ANA, grants))
        return TestClient(create_app(site, ANA), HOME, raise_server_exceptions=False, headers={"Origin": HOME})

    return make


def grant(verbs: frozenset[Verb] = ALL, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


@pytest.mark.parametrize("backend", ["sqlite", "postgres", "mysql"])
def test_a_hidden_column_is_at_no_address(ask: Ask, schema: lw.Schema) -> None:
    seeing, hiding = ask(grant()), ask(grant(hidden=frozenset({"weight"})))
    paths = [path.format(s=schema.database_name) for path in ADDRESSES]
    assert sum(str(SECRET) in seeing.get(path).text for path in paths) >= 6, "who may see it finds it"
    for path in paths:
        answer = hiding.get(path)
        assert str(SECRET) not in answer.text, path
        assert "weight" not in answer.headers.get("location", "")
    for path in ("/act/weigh/1", "/api/v1/actions/weigh/1"):
        given: dict[str, Any] = {"json": {"fields": {"weight": 5}}} if "api" in path else {"data": {"weight": "5"}}
        assert hiding.request("POST", path, **given).status_code == 422
    assert (schema["Mouse"] & "mouse = 1").fetch1("weight") == SECRET


@pytest.mark.parametrize("backend", ["sqlite"])
def test_who_may_only_read_does_nothing(ask: Ask, schema: lw.Schema) -> None:
    reading = ask(grant(frozenset({Verb.READ})))
    assert reading.get("/act/weigh/1").status_code == 403
    assert reading.post("/act/weigh/1", data={"weight": "5"}).status_code == 403
    assert reading.post("/api/v1/actions/weigh/1", json={"fields": {"weight": 5}}).status_code == 403
    assert "/act/" not in reading.get(f"/t/{schema.database_name}.Mouse/1").text
    assert reading.get("/api/v1/actions").json() == []
    assert "no such electrode" not in reading.get("/draw/wrong").text


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_reads_a_table_that_may_not_be_read_is_not_there(ask: Ask, schema: lw.Schema) -> None:
    some = ask(grant(table="Mouse"))
    for path in ("/draw/sessions_of/1", "/plot/wrong", "/draw/wrong", "/api/v1/plots/ones"):
        assert some.get(path).status_code == 404
    assert "One that fails" not in some.get("/plots").text
    none = ask()
    for path in ("/dashboard/overview", "/page/colony", "/act/receive"):
        assert none.get(path).status_code == 404
