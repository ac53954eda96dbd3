"""What a form has for people who do not see and do everything, and what it makes of hostile fields."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.desk.restricted import READ, WRITE, build, desk

import labwright as lw
from labwright.web.desk.refusals import NotThereError
from labwright.web.desk.sheet import Sheet
from labwright.web.pages.entry.conflicts import decided, forget_row
from labwright.web.pages.entry.form import Form, initial, placed
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Role, Verb


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def grant(verbs: frozenset[Verb] = WRITE, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


def sheet(lab: lw.Schema, name: str, *grants: Grant) -> Sheet:
    return desk(lab, *grants).sheet(f"{lab.database_name}.{name}")


def test_what_is_hidden_has_no_field_and_is_not_read(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(hidden=frozenset({"weight"})))
    given = {
        **initial(mouse),
        "mouse": "9",
        "person": "ana",
        "name": "x",
        "sex": "M",
        "weight": "3",
        "base.weight": "2",
    }
    lines, problems = Form(mouse, given).read()
    assert problems == {}
    assert lines[0].row.keys() == {"mouse", "person", "name", "sex", "is_alive"}
    assert "weight" not in placed(mouse, mouse.row({"mouse": 1}))
    changed, _ = Form(mouse, {**given, "base.name": "m1"}, {"mouse": 1}).read()
    assert changed[0].row.keys() | changed[0].base.keys() == {"name", "person", "sex", "is_alive"}


def test_parts_that_one_may_not_change_are_not_in_the_form(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant(), grant(READ, "Session.Trial"))
    assert list(Form(session, {}).part_sheets) == ["Trial"]
    reader = sheet(lab, "Session", grant(table="Session"), grant(READ, "Session.Trial"), grant(READ, "Mouse"))
    form = Form(reader, {"Trial.0.trial": "1", "Trial.0.score": "3"})
    assert form.part_sheets == {}
    assert len(form.read()[0]) == 1
    blind = sheet(lab, "Session", grant(table="Session"), grant(READ, "Mouse"))
    assert Form(blind, {}).part_sheets == {}


def test_one_is_led_only_to_forms_that_one_may_use(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant(table="Session"), grant(READ, "Mouse"))
    entry = Form(session, {}).entry("mouse")
    assert entry is not None
    assert entry.pick is not None
    assert not entry.pick.may_add
    alone = Form(sheet(lab, "Session", grant(table="Session")), {}).entry("mouse")
    assert alone is not None
    assert alone.pick is None


@pytest.mark.parametrize("key", ["1,1,1,1", "x,1,1", "", "2,1,1", "1,1", "~"])
def test_a_key_that_is_none_of_this_master(lab: lw.Schema, key: str) -> None:
    session = sheet(lab, "Session", grant())
    with pytest.raises(NotThereError):
        Form(session, {"key.Trial.0": key, "gone.Trial.0": "1"}, {"mouse": 1, "session": 1}).read()


@pytest.mark.parametrize(
    "name", ["Trial", "Trial.", "Trial.x.score", "Trial.-1.score", "Nothing.0.score", "Trial.0.a.b"]
)
def test_fields_of_no_row_are_passed_over(lab: lw.Schema, name: str) -> None:
    form = Form(sheet(lab, "Session", grant()), {"mouse": "1", "session": "8", name: "1"})
    lines, problems = form.read()
    assert [line.place for line in lines] == [""]
    assert problems == {}


def test_a_row_that_is_left_out_takes_no_other_with_it() -> None:
    rest = {"Trial.10.score": "2", "base.Trial.10.score": "2", "Trialed.1.x": "3", "score": "4"}
    found = {"Trial.1.score": "1", "base.Trial.1.score": "1", "key.Trial.1": "1,1,1", "gone.Trial.1": "1", **rest}
    forget_row(found, "Trial.1")
    assert found == rest


def test_what_nobody_has_chosen_stays_in_conflict() -> None:
    given = {"name": "mine", "base.name": "was", "theirs.name": "theirs"}
    assert decided(given) == {"name": "mine", "base.name": "was"}
    assert decided({**given, "choice.name": "mine"}) == {"name": "mine", "base.name": "theirs"}
    assert decided({**given, "choice.name": "theirs"}) == {"name": "theirs", "base.name": "theirs"}
