"""Taking back any change, however long ago, by those who may see and do all that it takes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table
from tests.web.desk.restricted import READ, WRITE, build, desk, grant, sheet

import labwright as lw
from labwright.web.desk.desk import Desk
from labwright.web.desk.past import change_of, may_undo, recent, steps, undo
from labwright.web.desk.refusals import ClashError, NotAllowedError, NotThereError
from labwright.web.roles.role import Scope, Verb


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def a_change(lab: lw.Schema) -> str:
    with lw.acting_as("ana"), lw.change("the first") as number:
        lab["Session"].insert1((4, 1, "mine"))
    with lw.acting_as("ben"):
        for turn in range(250):
            lab["Session"].update1({"mouse": 1, "session": 1, "note": f"turn {turn}"})
    return number


def test_a_change_of_long_ago(lab: lw.Schema) -> None:
    number, place = a_change(lab), desk(lab, grant(WRITE))
    found = change_of(place, number)
    assert (found.who, found.why) == ("ana", "the first")
    undo(place, found)
    assert not lab["Session"] & "mouse = 4"


@pytest.mark.parametrize("rights", ["own", "another table", "none"])
def test_who_may_not_read_all_of_it_knows_of_none(lab: lw.Schema, rights: str) -> None:
    with lw.acting_as("ben"), lw.change() as number:
        lab["Session"].insert1((4, 1, "mine"))
    given = {
        "own": grant(WRITE, scope=Scope.OWN),
        "another table": grant(READ, table="Mouse"),
        "none": grant(READ, "X"),
    }
    with pytest.raises(NotThereError):
        change_of(desk(lab, given[rights]), number)
    with pytest.raises(NotThereError):
        change_of(desk(lab, grant(WRITE)), "0" * 32)


OWN = grant(WRITE, scope=Scope.OWN)
"""Mice with odd numbers are ana's, and the sessions that she has entered."""


@pytest.fixture
def ana(lab: lw.Schema) -> Desk:
    found = desk(lab, OWN)
    with found.acting():
        lab["Session"].insert([(5, 1, "one"), (5, 2, "two")])
    return found


def test_who_changes_their_own_rows_takes_that_back(lab: lw.Schema, ana: Desk) -> None:
    with ana.acting() as number:
        lab["Mouse"].insert1((9, "ana", "new", "F", None, 1))
        lab["Session"].update1({"mouse": 5, "session": 1, "note": "wrong"})
        (lab["Session"] & {"mouse": 5, "session": 2}).delete(prompt=False)
        lab["Session"].Trial.insert1((5, 1, 1, 2.5))
    found = recent(ana, by="ana")[0]
    assert (found.id, may_undo(ana, found)) == (number, True)
    undo(ana, change_of(ana, number))
    assert not lab["Mouse"] & "mouse = 9"
    assert (lab["Session"] & "mouse = 5").to_arrays("note", order_by="KEY").tolist() == ["one", "two"]
    assert not lab["Session"].Trial & "mouse = 5"
    assert not may_undo(ana, change_of(ana, number))


def test_what_has_become_somebody_elses_is_not_taken_back(lab: lw.Schema, ana: Desk) -> None:
    with ana.acting() as changed:
        lab["Mouse"].update1({"mouse": 7, "name": "wrong"})
    with ana.acting() as gone:
        (lab["Mouse"] & {"mouse": 5}).delete(prompt=False)
    lab["Mouse"].update1({"mouse": 7, "person": "ben"})
    with pytest.raises(NotAllowedError, match="only your own rows"):
        undo(ana, change_of(ana, changed))
    assert (lab["Mouse"] & "mouse = 7").fetch1("name") == "wrong"
    undo(ana, change_of(ana, gone))
    assert len(lab["Session"] & "mouse = 5") == 2


def test_what_comes_back_is_not_somebody_elses(lab: lw.Schema) -> None:
    ben, ana = desk(lab, grant(WRITE), person="ben"), desk(lab, grant(READ), OWN)
    with ben.acting() as number:
        (lab["Mouse"] & "mouse = 8").delete(prompt=False)
    with pytest.raises(NotAllowedError, match="only your own rows"):
        undo(ana, change_of(ana, number))
    assert not lab["Mouse"] & "mouse = 8"


def test_who_sees_all_and_changes_their_own_rows_takes_back_what_was_done_to_them(lab: lw.Schema) -> None:
    ana = desk(lab, grant(READ), OWN)
    with lw.acting_as("ben"):
        with lw.change() as hers:
            lab["Mouse"].update1({"mouse": 1, "name": "wrong"})
        with lw.change() as his:
            lab["Mouse"].update1({"mouse": 2, "name": "right"})
    undo(ana, change_of(ana, hers))
    with pytest.raises(NotAllowedError):
        undo(ana, change_of(ana, his))
    assert lab["Mouse"].to_arrays("name", order_by="KEY").tolist()[:2] == ["m1", "right"]


def test_the_rights_that_it_takes(lab: lw.Schema) -> None:
    technician = desk(lab, grant(READ | {Verb.INSERT}))
    with technician.acting() as number:
        lab["Session"].insert1((4, 1, "mine"))
    assert not may_undo(technician, change_of(technician, number))
    with pytest.raises(NotAllowedError):
        undo(technician, change_of(technician, number))
    assert lab["Session"] & "mouse = 4"


def test_what_is_not_seen_is_not_told_by_what_stands_in_the_way(lab: lw.Schema, ana: Desk) -> None:
    with ana.acting() as number:
        lab["Mouse"].insert1((9, "ana", "new", "F", None, 1))
    with lw.acting_as("ben"):
        lab["Mouse"].update1({"mouse": 9, "name": "secret"})
    with pytest.raises(ClashError) as refused:
        undo(ana, change_of(ana, number))
    assert "secret" not in str(refused.value)


def test_a_reason_that_answers_a_doubt_is_told_to_those_who_see_what_was_doubted(lab: lw.Schema) -> None:
    @lw.check(lab["Mouse"])
    def weights(mouse: dict[str, Any]) -> Any:
        """Weights are those of mice."""
        if (mouse["weight"] or 0) > 100:
            yield lw.Doubt("weight", f"{mouse['weight']} g is much.")

    name = f"{lab.database_name}.Mouse"
    ben = desk(lab, grant(WRITE), person="ben", screens=lw.Screens([weights]))
    ben.sheet(name).update({"mouse": 1}, {"weight": 777.0}, overridden="weighed twice, 777 it is")
    ben.sheet(name).update({"mouse": 1}, {"name": "x"}, why="spelling", overridden="777 again")
    told = "weighed twice, 777 it is (although: 777.0 g is much.)"
    seeing, hiding = desk(lab, grant()), desk(lab, grant(hidden=frozenset({"weight"})))
    for found, first in ((ben, told), (seeing, told), (hiding, None)):
        whys = [step.why for step in steps(found.sheet(name), {"mouse": 1})][:2]
        assert whys[-1] == first
        assert [change.why for change in recent(found, by="ben")] == whys
        assert "777" in str(whys) or found is hiding
    ben.sheet(name).update({"mouse": 2}, {"name": "y"}, why="spelling")
    assert steps(hiding.sheet(name), {"mouse": 2})[0].why == "spelling"


def test_what_is_too_large_to_be_read_hides_no_history(schema: lw.Schema) -> None:
    table(schema, "Scan", "scan : int32\n---\nnote : varchar(9)\nheld : <blob>").insert1((1, "a", b"0" * 5000))
    schema["Scan"].update1({"scan": 1, "note": "b"})
    with lw.limits(unpacked=1000):
        found = steps(sheet(schema, "Scan", grant(READ)), {"scan": 1})
    assert [step.values for step in found] == [{"note": ("a", "b")}, {"note": (None, "a")}]
