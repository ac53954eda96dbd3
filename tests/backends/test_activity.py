"""Whether somebody has written to tables, and how far many are that fill themselves: few statements for any number."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.statements import sent_by

import labwright as lw


def make(self: Any, key: dict[str, Any]) -> None:
    if key["mouse"] == 2:
        raise ValueError("not this one")
    self.insert1(key)


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    table(schema, "Mouse", "mouse : int32\n---\nname = '' : varchar(20)")
    table(schema, "Weight", "-> Mouse", lw.Computed, make=make)
    table(schema, "Height", "-> Mouse", lw.Computed, make=make)
    schema["Mouse"].insert([(n, "") for n in range(1, 5)])
    return schema


def _wait_for(lab: lw.Schema, name: str, before: lw.Activity) -> lw.Activity:
    """Servers tell of a write a moment later."""
    deadline = time.monotonic() + 20
    while (found := lw.activity([lab.database_name], lab.project)[name]).mark == before.mark:
        assert time.monotonic() < deadline, f"{name} is as it was: {found}"
        time.sleep(0.02)
    return found


def test_a_write_gives_a_table_another_mark(lab: lw.Schema) -> None:
    name = lab.database_name
    for cls in lab:
        cls().ready()
    writes: tuple[Callable[[], Any], ...] = (
        lambda: lab["Mouse"].insert1((5, "")),
        lambda: lab["Mouse"].update1({"mouse": 5, "name": "five"}),
        lambda: (lab["Mouse"] & "mouse = 5").delete(prompt=False),
    )
    began = lw.activity([name], lab.project)
    found = began[f"{name}.mouse"]
    for write in writes:
        write()
        found = _wait_for(lab, f"{name}.mouse", found)
    now = lw.activity([name], lab.project)
    assert now[f"{name}.__height"] == began[f"{name}.__height"]


def test_a_write_that_no_table_tells_of_is_told_by_the_file(schema: lw.Schema, backend: str) -> None:
    if backend != "sqlite":
        assert "" not in lw.activity([schema.database_name], schema.project)
        return
    mouse = table(schema, "Mouse", "mouse : int32\n---\nname = '' : varchar(20)", history=False)
    mouse.insert1((1, "one"))
    before = lw.activity([schema.database_name], schema.project)
    mouse.update1({"mouse": 1, "name": "first"})
    after = lw.activity([schema.database_name], schema.project)
    assert [n for n in after if after[n] != before[n]] == [""]


def test_of_no_schema_nothing_is_asked(lab: lw.Schema) -> None:
    assert lw.activity([], lab.project) == {}
    assert set(lw.activity(["nothing_of_this_name"], lab.project)) <= {""}


def test_how_far_many_tables_are(lab: lw.Schema) -> None:
    weight, height = lab["Weight"], lab["Height"]
    weight.populate(reserve_jobs=True, suppress_errors=True)
    found = lw.progress_of(weight, height, weight)
    assert found == [t.jobs.counts() for t in (weight, height, weight)]
    assert [(f.total, f.done, f.error) for f in found] == [(4, 3, 1), (4, 0, 0), (4, 3, 1)]


def test_it_takes_few_statements(lab: lw.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [lab["Weight"], lab["Height"]] * 10
    lw.progress_of(*many)
    sent = sent_by(lab.project, monkeypatch)
    lw.progress_of(*many)
    assert len(sent) == 2
    assert lw.progress_of() == []
