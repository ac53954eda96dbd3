"""Changing and deleting many rows at once, by people who may not do it to all of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.web.desk.restricted import READ, WRITE, build, grant, sheet

import labwright as lw
from labwright.core.errors import ConflictError
from labwright.web.desk.changing.many import Chosen, change_all, changeable, chosen, delete_all, losses_with, need_own
from labwright.web.desk.grid.listing import read_listing
from labwright.web.desk.refusals import BadRequestError, ClashError, NotAllowedError, NotThereError
from labwright.web.desk.sheet import Sheet
from labwright.web.roles.role import Scope, Verb

FIVE = ["1", "3", "5", "7", "2"]
OWN = grant(WRITE - READ, scope=Scope.OWN)


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def rows(found: Sheet, query: str = "", ticked: list[str] | None = None, name: str | None = None) -> Chosen:
    return chosen(read_listing(found, parse_qsl(query)), ticked or [], name)


def weights(lab: lw.Schema) -> list[float | None]:
    found: list[float | None] = lab["Mouse"].to_arrays("weight", order_by="KEY").tolist()
    return found


def test_rows_are_those_that_were_ticked_or_all_that_are_seen(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(WRITE, scope=Scope.OWN))
    assert [k["mouse"] for k in rows(mouse).keys] == [1, 3, 5, 7]
    assert rows(mouse, "weight.ge=1", ["3"]).keys == [{"mouse": 3}]
    assert rows(mouse, "weight.ge=1.5&is_alive=yes").keys == [{"mouse": 7}]
    for ticked in (["2"], ["99"]):
        with pytest.raises(BadRequestError):
            rows(mouse, "", ticked)
    with pytest.raises(NotThereError):
        rows(mouse, "", ["a,b"])


def test_all_rows_are_changed_in_one_change(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(WRITE))
    number = change_all(rows(mouse, "sex=F", name="weight"), "weight", 9.0, "scales")
    assert weights(lab) == [9.0, 0.5, 9.0, 1.0, 9.0, 1.5, 9.0, 2.0]
    (change,) = lw.changes(lab, limit=1)
    assert (change.id, change.why, change.who) == (number, "scales", "ana")
    lw.undo(change)
    assert weights(lab) == [n / 4 for n in range(1, 9)]


def test_none_is_changed_when_one_is_not_ones_own(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(), OWN)
    found = rows(mouse, "", FIVE, "weight")
    with pytest.raises(NotAllowedError, match="only your own rows of Mouse"):
        need_own(found, Verb.UPDATE)
    with pytest.raises(NotAllowedError):
        change_all(found, "weight", 9.0)
    assert weights(lab) == [n / 4 for n in range(1, 9)]
    change_all(rows(mouse, "", FIVE[:4], "weight"), "weight", 9.0)
    assert weights(lab).count(9.0) == 4
    with pytest.raises(NotAllowedError):
        change_all(rows(mouse, "", ["1"], "person"), "person", "ben")


def test_none_is_changed_when_one_was_changed_meanwhile(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(WRITE))
    found = rows(mouse, name="weight")
    lab["Mouse"].update1({"mouse": 8, "weight": 3})
    assert rows(mouse, name="weight").mark != found.mark
    with pytest.raises(ConflictError):
        change_all(found, "weight", 9.0)
    assert 9.0 not in weights(lab)


def test_a_mark_tells_rows_and_values_apart(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(WRITE))
    marks = {rows(mouse, query, name="weight").mark for query in ("", "sex=F", "mouse.le=7")}
    lab["Mouse"].update1({"mouse": 1, "weight": None})
    marks.add(rows(mouse, name="weight").mark)
    lab["Mouse"].update1({"mouse": 1, "weight": 0.25})
    assert len(marks) == 4
    assert rows(mouse, name="weight").mark in marks


@pytest.mark.parametrize("name", ["mouse", "salary", "nothing", "Person:salary"])
def test_columns_that_cannot_be_changed(lab: lw.Schema, name: str) -> None:
    person = sheet(lab, "Person", grant(WRITE, hidden=frozenset({"salary"})))
    assert changeable(person) == []
    mouse = sheet(lab, "Mouse", grant(WRITE))
    assert name not in changeable(mouse)
    with pytest.raises(BadRequestError, match="no column"):
        change_all(rows(mouse), name, 1)


def test_who_may_only_read_changes_nothing(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant())
    assert changeable(mouse) == []
    with pytest.raises(NotAllowedError):
        change_all(rows(mouse, name="weight"), "weight", 9.0)
    with pytest.raises(NotAllowedError):
        losses_with(rows(mouse))
    with pytest.raises(NotAllowedError):
        delete_all(rows(mouse), 8)


def test_rows_go_with_all_that_depends_on_them(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(WRITE))
    found = rows(mouse, "", ["1", "3"])
    total = sum(loss.rows for loss in losses_with(found))
    assert {loss.name.rpartition(".")[2]: loss.rows for loss in losses_with(found)} == {
        "Mouse": 2, "Session": 4, "Trial": 3, "Litter": 3,
    }  # fmt: skip
    with pytest.raises(ClashError):
        delete_all(found, total + 1)
    assert len(lab["Mouse"]()) == 8
    delete_all(found, total, "a slip")
    assert (len(lab["Mouse"]()), len(lab["Litter"]()), len(lab["Session"]())) == (6, 0, 2)
    (change,) = lw.changes(lab, limit=1)
    lw.undo(change)
    assert (len(lab["Mouse"]()), len(lab["Litter"]()), len(lab["Session"]())) == (8, 3, 6)


def test_none_goes_when_one_is_not_ones_own(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(), OWN)
    found = rows(mouse, "", ["5", "6"])
    assert not all(loss.allowed for loss in losses_with(found))
    with pytest.raises(NotAllowedError):
        delete_all(found, 2)
    assert len(lab["Mouse"]()) == 8
    delete_all(rows(mouse, "", ["5", "7"]), 2)
    assert len(lab["Mouse"]()) == 6


def test_too_many_rows_are_refused(lab: lw.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labwright.web.desk.changing.many.MOST", 7)
    mouse: Any = sheet(lab, "Mouse", grant(WRITE))
    with pytest.raises(BadRequestError, match="more than 7 rows"):
        rows(mouse)
