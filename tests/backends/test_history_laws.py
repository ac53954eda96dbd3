"""Whatever is done, undoing it step by step gives back what there was, and the past can be read."""

from __future__ import annotations

import contextlib
import datetime
import time
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import DuplicateError, LabwrightError

KEYS = st.integers(0, 4)
VALUES = st.one_of(st.none(), st.integers(-3, 3))
ROWS = st.lists(st.tuples(KEYS, VALUES), min_size=1, max_size=4, unique_by=lambda row: row[0])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), ROWS),
        st.tuples(st.just("replace"), ROWS),
        st.tuples(st.just("parts"), ROWS),
        st.tuples(st.just("update"), ROWS),
        st.tuples(st.just("delete"), ROWS),
        st.tuples(st.just("undo"), ROWS),
        st.tuples(st.just("compute"), ROWS),
    ),
    max_size=7,
)


@pytest.fixture
def tables(schema: lw.Schema) -> list[Any]:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "y": key["a"]})

    master = table(
        schema,
        "Master",
        "a : int32\n---\nx = null : int32\nname = 'n' : varchar(5)",
        Part=part("Part", "-> master\nb : int32\n---\nz = null : int32"),
    )
    child = table(schema, "Child", "-> Master\n---\ny : int32", lw.Computed, make=make)
    return [master, master.Part, child]


def state(tables: list[Any]) -> list[list[dict[str, Any]]]:
    return [t.to_dicts(order_by="KEY") for t in tables]


def act(tables: list[Any], name: str, rows: list[tuple[int, int | None]]) -> None:
    """Do one step; one that the database refuses is none."""
    master, parts, child = tables
    keys = [{"a": a} for a, _ in rows]
    with contextlib.suppress(DuplicateError, LabwrightError):
        if name == "insert":
            master.insert([{"a": a, "x": x} for a, x in rows], skip_duplicates=True)
        elif name == "replace":
            master.insert([{"a": a, "x": x} for a, x in rows], replace=True)
        elif name == "parts":
            parts.insert([{"a": a, "b": 1, "z": x} for a, x in rows if master & {"a": a}], replace=True)
        elif name == "update":
            for a, x in rows:
                master.update1({"a": a, "x": x, "name": str(x)})
        elif name == "delete":
            (master & keys).delete(prompt=False)
        elif name == "compute":
            child.insert([{"a": a, "y": x or 0} for a, x in rows if master & {"a": a}], replace=True,
                         allow_direct_insert=True)  # fmt: skip
        else:
            lw.undo(lw.changes(master.schema, limit=1))


@given(STEPS, STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undone_in_reverse_there_is_what_there_was(tables: list[Any], first: Any, second: Any) -> None:
    tables[0].delete(prompt=False)
    for name, rows in first:
        act(tables, name, rows)
    before = state(tables[:2])
    numbers = []
    for name, rows in second:
        if name not in ("undo", "compute"):
            with lw.change(name) as number:
                act(tables, name, rows)
            numbers.append(number)
    done = {c.id for c in lw.changes(tables[0].schema, limit=1000)}
    for number in reversed(numbers):
        if number in done:
            lw.undo(number)
    assert state(tables[:2]) == before


@given(STEPS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_past_is_what_it_was(tables: list[Any], steps: Any) -> None:
    tables[0].delete(prompt=False)
    seen = []
    for name, rows in [*steps, ("delete", [(0, None)])]:
        time.sleep(0.002)
        seen.append((datetime.datetime.now(datetime.UTC), state(tables[:2])))
        time.sleep(0.002)
        act(tables, name, rows)
    for moment, then in seen:
        assert [t.at(moment).to_dicts(order_by="KEY") for t in tables[:2]] == then
