"""Which tables there are, as others make, change and drop them."""

from __future__ import annotations

import time

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.web.desk.workspace import LOOK_AGAIN, Workspace


@pytest.fixture
def workspace(schema: lw.Schema) -> Workspace:
    table(schema, "Mouse", "mouse : int32").insert1((1,))
    return Workspace(schema.project, schemas=[schema.database_name])


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr("labwright.web.desk.workspace.time.monotonic", lambda: now + 2 * LOOK_AGAIN)


def titles(workspace: Workspace, max_age: float = LOOK_AGAIN) -> list[str]:
    return [name.partition(".")[2] for name in workspace.tables(max_age)]


def test_nobody_waits_while_tables_are_looked_at_again(
    workspace: Workspace, schema: lw.Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert titles(workspace) == ["Mouse"]
    table(schema, "Cage", "cage : int32").insert1((1,))
    assert titles(workspace) == ["Mouse"]
    later(monkeypatch)
    assert titles(workspace) in (["Mouse"], ["Cage", "Mouse"], ["Mouse", "Cage"])
    workspace.close()
    assert sorted(titles(workspace)) == ["Cage", "Mouse"]


def test_what_is_as_it_was_is_not_made_again(workspace: Workspace, schema: lw.Schema) -> None:
    before = dict(workspace.tables())
    assert dict(workspace.tables(max_age=0)) == before
    table(schema, "Cage", "-> Mouse").insert1((1,))
    assert sorted(titles(workspace, 0)) == ["Cage", "Mouse"]


def test_a_table_that_is_gone(workspace: Workspace, schema: lw.Schema) -> None:
    table(schema, "Cage", "cage : int32").insert1((1,))
    assert len(titles(workspace, 0)) == 2
    schema["Cage"].drop(prompt=False)
    assert titles(workspace, 0) == ["Mouse"]
