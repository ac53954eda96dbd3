"""Rows of others are at no address: not in lists, in the lab book, among files, nor for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from tests.backends.classes import part, table
from tests.backends.stores import opened
from tests.web.pages.form import ORIGIN
from tests.web.screens.test_rights import Granting
from tests.web.shared.routes import USES, there

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres", "mysql"])
HERS, HIS = "hers-4711", "his-0815"
"""What is in the rows of ana, who asks, and in those of ben."""
ANA = Person("ana", role=Role.RESEARCHER)
EVERY = frozenset(Verb) - {Verb.ADMINISTER}
ENDLESS = frozenset({"/events"})


@pytest.fixture
def schema(database_url: str, prefix: str, tmp_path: Path) -> Iterator[lw.Schema]:
    with opened(database_url, tmp_path) as project:
        project.config["notebook.schema_name"] = f"{prefix}book"
        yield lw.Schema(f"{prefix}lab", connection=project)


@pytest.fixture
def client(schema: lw.Schema, prefix: str, tmp_path: Path) -> Iterator[TestClient]:
    """The browser of somebody who sees and changes their own rows."""
    book = Notebook(f"{prefix}book", project=schema.project)
    fill(schema, book, tmp_path)
    names = [schema.database_name, f"{prefix}book"]
    workspace = Workspace(schema.project, [schema], schemas=names, kept=f"{prefix}app")
    grant = Grant(Role.RESEARCHER, None, "*", "*", EVERY, Scope.OWN)
    app = create_app(Granting({"lab": workspace}, rights=Rights.of(ANA, [grant])), ANA)
    with TestClient(app, ORIGIN, headers={"Origin": ORIGIN}, raise_server_exceptions=False) as client:
        yield client


def make(self: Any, key: dict[str, Any]) -> None:
    if key["mouse"] == 4:
        raise ValueError(HIS)
    self.insert1({**key, "score": (HERS if key["mouse"] == 1 else HIS)})


def fill(schema: lw.Schema, book: Notebook, folder: Path) -> None:
    """One row of everything for each of both."""
    table(schema, "Person", "person : varchar(20)").insert([("ana",), ("ben",)])
    mouse = table(
        schema,
        "Mouse",
        "mouse : int32\n---\n-> Person\nname : varchar(50)\nheld = null : <blob>\nfile = null : <attach>",
        owner="Person",
        Weighing=part("Weighing", "-> master\nday : int16\n---\nsaid : varchar(50)"),
    )
    score = table(schema, "Score", "-> Mouse\n---\nscore : varchar(50)", lw.Computed, make=make)
    for number, person, text in ((1, "ana", HERS), (2, "ben", HIS), (4, "ben", f"{HIS} too")):
        file = folder / f"{text}.txt"
        file.write_text(text)
        with lw.acting_as(person), lw.change(text):
            mouse.insert1((number, person, text, [text], str(file)))
            mouse.Weighing.insert1((number, 1, text))
        if number < 4:
            with lw.acting_as(person):
                book.attach(book.write(text, text=text, author=person), text.encode(), f"{text}.txt")
    score.populate(reserve_jobs=True, suppress_errors=True)


KEYS = (("Mouse", "2"), ("Mouse.Weighing", "2,1"), ("Score", "2"), ("Score", "4"))
"""Rows of his; the last one is a job that has failed."""
OTHER = dict.fromkeys(("session", "token", "id", "change", "text"), "x") | {"entry": "2", "kind": "eln", "number": "1"}


def asked(client: TestClient, home: str) -> Iterator[tuple[str, Response]]:
    """Every address, with rows of his in it, or such that they would be found."""
    for route in there():
        method, path = route.split(" ", 1)
        if path in ENDLESS or (method != "GET" and "/query" not in path and "/losses" not in path):
            continue
        of_attribute = "{attribute}" in path or "{name}" in path
        for name, key in KEYS if "{table}" in path else KEYS[:1]:
            for attribute in ("held", "file", "mouse") if of_attribute else ("name",):
                given = OTHER | {"schema": home, "table": f"{home}.{name}", "key": key, "attribute": attribute}
                where = path.format_map(given | {"name": attribute})
                yield f"{method} {where}", send(client, method, where, f"{home}.{name}")
                if "{key}" not in path:
                    where += f"?q=his-0&name.has=his-0&format=csv&{USES[route].query}"
                    yield f"{method} {where}", send(client, method, where, f"{home}.{name}")


def send(client: TestClient, method: str, where: str, table: str) -> Response:
    if method == "GET":
        return client.get(where)
    conditions: list[Any] = [{"equal": {"mouse": 2}}]
    query = {"op": "restrict", "of": {"op": "table", "table": table}, "where": conditions}
    sent = {"where": conditions} if "losses" in where else {"query": query}
    return client.request(method, where, content=json.dumps(sent), headers={"content-type": "application/json"})


def test_rows_of_others_are_at_no_address(client: TestClient, schema: lw.Schema) -> None:
    home = schema.database_name
    for path in (f"/t/{home}.Mouse", "/notebook", "/notebook/1", "/search?q=hers", f"/api/v1/tables/{home}.Mouse/rows"):
        assert HERS in client.get(path).text, path
    number = 0
    for where, answer in asked(client, home):
        number += 1
        assert answer.status_code < 500, where
        assert HIS.encode() not in answer.content, where
    assert number > 150
