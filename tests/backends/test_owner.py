"""Whose rows are."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import DefinitionError
from labwright.tables.cascade import confirm, plan_delete


@pytest.fixture
def tables(schema: lw.Schema) -> list[Any]:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "y": 1})

    person = table(schema, "Person", "person : varchar(20)")
    session = table(
        schema, "Session", "session : int32\n---\n-> Person", owner="Person",
        Trial=part("Trial", "-> master\ntrial : int32"),
    )  # fmt: skip
    result = table(schema, "Result", "-> Session\n---\ny : int32", lw.Computed, make=make)
    person.insert([("ana",), ("ben",)])
    session.insert([(1, "ana"), (2, "ben"), (3, "ana")])
    return [person, session, result]


def test_the_reference_owns_the_rows(tables: list[Any]) -> None:
    _, session, result = tables
    result.populate()
    assert session.owners() == {"ana": 2, "ben": 1}
    assert (session & "session > 1").owners() == {"ana": 1, "ben": 1}
    assert (result & "session > 1").owners() == {"ana": 1, "ben": 1}


def test_else_who_entered_them_does(tables: list[Any]) -> None:
    person = tables[0]
    with lw.acting_as("carl"):
        person.insert([("dora",)])
    assert (person & "person = 'dora'").owners() == {"carl": 1}


def test_the_owner_is_a_reference(schema: lw.Schema, tables: list[Any]) -> None:
    wrong = table(schema, "Wrong", "a : int32\n---\n-> Person", owner="Persn")
    with pytest.raises(DefinitionError, match=r"none of its references.*Person"):
        wrong.insert1((1, "ana"))


def test_a_preview_says_whose_rows_go(tables: list[Any]) -> None:
    shown: list[str] = []
    session = tables[1] & "session = 2"
    plan = plan_delete(session.db, session.id, session.query_node())

    def ask(question: str) -> str:
        shown.append(question)
        return "no"

    assert not confirm(plan, True, ask=ask)
    assert "ben" in shown[0]
    assert "ana" not in shown[0]


def test_a_preview_says_whose_results_go(tables: list[Any]) -> None:
    """They belong to whom the rows belong to that they were made from."""
    person, session, result = tables
    plot = table(session.schema, "Plot", "-> Result", lw.Imported)
    result.populate()
    plot.insert([(1,), (2,), (3,)], allow_direct_insert=True)
    for chosen, owners in ((person(), ["ana", "ben"]), (session & "session = 2", ["ben"])):
        with plan_delete(chosen.db, chosen.id, chosen.query_node()) as plan:
            plan.preview()
            for below in (session, result, plot):
                assert plan.owners[below().id] == owners


def test_the_rows_of_some(tables: list[Any]) -> None:
    person, session, result = tables
    result.populate()
    with lw.acting_as("carl"):
        person.insert([("dora",)])
    assert (result.owned_by("ana") & "session > 1").keys() == [{"session": 3}]
    assert len(session.owned_by("ana", "ben")) == 3
    assert person.owned_by("carl").keys() == [{"person": "dora"}]
    assert len(session.Trial.owned_by("ana")) == len(session.owned_by()) == len(session.owned_by("carl")) == 0
    assert (session & "session = 2").owned_by("ana").keys() == []


def test_the_owner_of_several_attributes(schema: lw.Schema) -> None:
    desk = table(schema, "Desk", "room : int32\nplace : int32")
    note = table(schema, "Note", "note : int32\n---\n-> [nullable] Desk", owner="Desk")
    desk.insert([(1, 1), (1, 2)])
    note.insert([(1, 1, 1), (2, 1, 2), (3, None, None)])
    assert note.owned_by((1, 2)).keys() == [{"note": 2}]
    assert table(schema, "Memo", "memo : int32", history=False).owned_by("ana").keys() == []
