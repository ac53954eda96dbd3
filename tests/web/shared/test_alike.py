"""Two labs that differ in nothing but what somebody may not see are one and the same to them, at every address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import part, table
from tests.web.pages.form import ORIGIN
from tests.web.screens.test_rights import Granting
from tests.web.shared.routes import USES, Need, there

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

ANA = Person("ana", role=Role.RESEARCHER)
EVERY = frozenset(Verb) - {Verb.ADMINISTER}
HIDDEN = frozenset({"cost", "tag", "held", "person"})
RIGHTS = {
    "columns": [
        Grant(Role.RESEARCHER, None, "lab", "Mouse", EVERY, hidden=HIDDEN),
        *(Grant(Role.RESEARCHER, None, "lab", name, EVERY) for name in ("Kind", "Mouse.Weighing", "Score")),
    ],
    "rows": [Grant(Role.RESEARCHER, None, "*", "*", EVERY, Scope.OWN)],
}
KEYS = (("Mouse", "2"), ("Mouse.Weighing", "2,1"), ("Score", "4"), ("Kind", "dark"))
ASKED = {
    "Mouse": (
        "q=4712", "q=alpha", "cost.ge=1000", "sort=-cost", "sort=tag", "columns=cost,name", "tag.has=alpha",
        "person=ben", "sort=Kind:note",
    ),
    "Mouse.Weighing": ("columns=Mouse:cost", "Mouse:cost.ge=1000", "sort=Mouse:tag"),
}  # fmt: skip
UNALIKE = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?", r"[0-9a-f]{8}-[0-9a-f-]{27}", r"since=[0-9a-f]{8}-\d+",
    r"\b[0-9a-f]{32,}\b", r"[\d.e-]+ s(econds)?\b", r"\"(median|most)\":[\d.e-]+",
)  # fmt: skip
"""What no two labs have in common: moments, numbers of changes and of looks, durations."""
NOT_OF_ROWS = frozenset({Need.NOTHING, Need.SERVER, Need.OTHER})


@dataclass(frozen=True)
class Secret:
    """What is to stay hidden: in columns of all rows, or in those of ben."""

    number: int
    text: str
    kind: str


def make(self: Any, key: dict[str, Any]) -> None:
    if key["mouse"] == 4:
        raise ValueError("this mouse has no score")
    self.insert1({**key, "score": 1})


def fill(schema: lw.Schema, secret: Secret, what: str) -> None:
    """Two mice of ana, and two of ben; one of each was changed, and one cannot be scored."""
    with lw.acting_as("system"):
        table(schema, "Person", "person : varchar(20)").insert([("ana",), ("ben",), ("cy",)])
        table(schema, "Kind", "kind : varchar(20)\n---\nnote : varchar(20)").insert([("dark", "1"), ("light", "2")])
    mouse = table(
        schema, "Mouse",
        "mouse : int32\n---\n-> Person\n-> Kind\nname : varchar(50)\ncost : int32\ntag : varchar(50)\nheld : <blob>",
        owner="Person",
        Weighing=part("Weighing", "-> master\nday : int16\n---\nsaid : varchar(50)"),
    )  # fmt: skip
    score = table(schema, "Score", "-> Mouse\n---\nscore : int32", lw.Computed, make=make)
    for number, person in ((1, "ana"), (2, "ben"), (4, "ben"), (5, "ana")):
        open_, in_columns = Secret(3, "open", "dark"), what == "columns"
        row = secret if person == "ben" and not in_columns else open_
        column = secret if in_columns else row
        with lw.acting_as(person), lw.change(f"for {row.text}"):
            owner = "cy" if in_columns and column.number > 1000 else person
            held = [column.text]
            mouse.insert1(
                (number, owner, row.kind, f"{row.text} {number}", column.number, f"{column.text} {number}", held)
            )
            mouse.Weighing.insert1((number, 1, row.text))
        with lw.acting_as(person):
            mouse.update1({"mouse": number, "cost": column.number + number})
    score.populate(reserve_jobs=True, suppress_errors=True)


@pytest.fixture(params=RIGHTS)
def twins(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[TestClient]]:
    clients = []
    with lw.Project(f"sqlite:///{tmp_path}/1.db") as one, lw.Project(f"sqlite:///{tmp_path}/2.db") as two:
        for project, secret in ((one, Secret(4711, "alpha", "dark")), (two, Secret(8, "zeta zeta", "light"))):
            schema = lw.Schema("lab", connection=project)
            fill(schema, secret, request.param)
            workspace = Workspace(project, [schema], schemas=["lab"], kept="app")
            app = create_app(Granting({"lab": workspace}, rights=Rights.of(ANA, RIGHTS[request.param])), ANA)
            clients.append(TestClient(app, ORIGIN, headers={"Origin": ORIGIN}, raise_server_exceptions=False))
        yield clients


def paths() -> Iterator[str]:
    """Every address at which rows might be, of rows that are not seen or that hold what is hidden."""
    for route in there():
        method, path = route.split(" ", 1)
        if method != "GET" or path == "/events" or USES[route].need in NOT_OF_ROWS:
            continue
        for name, key in KEYS if "{table}" in path else KEYS[:1]:
            values = {
                "table": f"lab.{name}",
                "key": key,
                "attribute": "held",
                "name": "tag",
                "entry": "1",
                "number": "1",
            }
            where = path.format_map({**values, "change": "x", "kind": "pdf", "text": "x", "id": "x", "schema": "lab"})
            asked = ("", *ASKED.get(name, ())) if "{table}" in path and "{key}" not in path else ("",)
            yield from (f"{where}?{query}" for query in asked)


def told(client: TestClient, path: str) -> tuple[int, str]:
    answer = client.get(path)
    text = answer.content.decode("latin-1")
    for pattern in UNALIKE:
        text = re.sub(pattern, "", text)
    return answer.status_code, text


def test_what_is_not_seen_changes_no_answer(twins: list[TestClient]) -> None:
    number = 0
    for path in paths():
        here, there_ = (told(client, path) for client in twins)
        assert here == there_, path
        number += here[0] == 200
    assert number > 100
