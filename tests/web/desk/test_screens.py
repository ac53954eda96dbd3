"""What a lab has declared, used by people who may not do everything."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.desk.changing.checking import CheckError
from labwright.web.desk.changing.many import Chosen, change_all
from labwright.web.desk.changing.saving import Line, NotSavedError, save
from labwright.web.desk.desk import Desk
from labwright.web.desk.preview.looking import preview, subject
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.desk.screens.acting import act
from labwright.web.desk.screens.blocks import dashboard_blocks, page_blocks, selectors
from labwright.web.desk.screens.columns import computed_cells, computed_columns
from labwright.web.desk.screens.drawing import draw
from labwright.web.desk.screens.offers import BrokenError, Offers, read_options
from labwright.web.desk.screens.studio import Studio, TooSlowError
from labwright.web.desk.sheet import Sheet
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

READ = frozenset({Verb.READ})
WRITE = frozenset({Verb.READ, Verb.INSERT, Verb.UPDATE, Verb.DELETE})


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    person = table(schema, "Person", "person : varchar(20)\n---\nsalary = 0 : int32\nage = 30 : int32  # (years)")
    session = table(
        schema, "Session", "session : int32\n---\n-> Person\nnote = '' : varchar(50)\nscore = null : float64",
        owner="Person",
    )  # fmt: skip
    person.insert([("ana", 10, 41), ("ben", 20, 52)])
    session.insert([(1, "ana", "a", 0.5), (2, "ben", "b", 0.25), (3, "ana", "c", None)])
    return schema


def desk(lab: lw.Schema, *declared: Any, grants: tuple[Grant, ...] = (), person: str = "ana") -> Desk:
    who = Person(person, role=Role.RESEARCHER)
    screens = lw.Screens(declared)
    workspace = Workspace(lab.project, schemas=[lab.database_name], screens=screens)
    return Desk(workspace, who, Rights.of(who, grants or [grant(WRITE | {Verb.POPULATE})]))


def grant(verbs: frozenset[Verb] = READ, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


def sheet(found: Desk, lab: lw.Schema, name: str) -> Sheet:
    return found.sheet(f"{lab.database_name}.{name}")


def bars(lab: lw.Schema, *names: str) -> Any:
    """A plot of attributes of people."""

    @lw.plot(lab["Person"])
    def values(people: Any, *, factor: int = 1) -> dict[str, Any]:
        return {"data": [{"y": people.to_arrays(n, order_by="KEY") * factor, "name": n} for n in names]}

    return values


# ---- plots --------------------------------------------------------------------------------------


def test_a_plot_is_of_the_rows_that_are_looked_at(lab: lw.Schema) -> None:
    made = bars(lab, "age")
    found = desk(lab, made)
    assert Offers(found).plots() == [made]
    figure = draw(found, made, ["age > 45"], {"factor": 2})
    assert json.loads(figure.content) == {"data": [{"y": [104], "name": "age"}]}
    assert [list(row) for row in figure.listings[0].rows] == [[104]]


def test_a_hidden_attribute_is_in_no_plot(lab: lw.Schema) -> None:
    """Not in what is drawn, not in what it is restricted by, and not in what is said when it fails."""
    hiding = grant(READ | {Verb.POPULATE}, hidden=frozenset({"salary"}))
    made = bars(lab, "salary")
    with pytest.raises(BrokenError) as refused:
        draw(desk(lab, made, grants=(hiding,)), made)
    assert "salary" not in refused.value.text + refused.value.details
    found = desk(lab, bars(lab, "age"), grants=(hiding,))
    with pytest.raises(lw.LabwrightError):
        draw(found, bars(lab, "age"), ["salary > 15"])

    @lw.plot(lab["Person"])
    def everything(people: Any) -> Any:
        return {"data": [{"type": "table", "cells": {"values": [list(r.values()) for r in people.to_dicts()]}}]}

    assert "20" not in draw(found, everything).content


def test_a_plot_has_ones_own_rows_alone(lab: lw.Schema) -> None:
    @lw.plot(lab["Person"], lab["Session"])
    def sessions(people: Any, sessions: Any) -> dict[str, Any]:
        return {"data": [{"y": sessions.to_arrays("session", order_by="KEY")}], "layout": {"title": len(people)}}

    found = desk(lab, sessions, grants=(grant(table="Person"), grant(table="Session", scope=Scope.OWN)))
    assert json.loads(draw(found, sessions).content) == {"data": [{"y": [1, 3]}], "layout": {"title": 2}}


def test_a_plot_of_what_may_not_be_read_is_not_there(lab: lw.Schema) -> None:
    @lw.plot(lab["Session"], lab["Person"])
    def both(sessions: Any, people: Any) -> dict[str, Any]:
        return {"data": []}

    found = desk(lab, both, grants=(grant(table="Session"),))
    assert Offers(found).plots() == []
    with pytest.raises(NotThereError, match="There is no plot 'both' here"):
        Offers(found).plot("both")


def test_why_a_plot_fails_is_told_to_those_who_look_after_it(lab: lw.Schema) -> None:
    @lw.plot(lab["Person"])
    def wrong(people: Any) -> Any:
        raise KeyError("no such electrode")

    for verbs, told in ((WRITE, False), (WRITE | {Verb.POPULATE}, True)):
        with pytest.raises(BrokenError, match="'Wrong' failed") as refused:
            draw(desk(lab, wrong, grants=(grant(verbs),)), wrong)
        assert ("no such electrode" in refused.value.details) is told


def test_options_are_read_as_fields_are(lab: lw.Schema) -> None:
    made = bars(lab, "age")
    chosen = read_options(made, [("set-factor", "3"), ("age", "41"), ("set-nothing", "1")])
    assert (chosen.values, chosen.problems, chosen.given["factor"]) == ({"factor": 3}, {}, "3")
    assert read_options(made, []).given == {"factor": "1"}
    assert list(read_options(made, [("set-factor", "three")]).problems) == ["factor"]


def test_what_takes_too_long_is_left_to_end_by_itself() -> None:
    waiting = threading.Event()
    studio = Studio(at_once=1, patience=0.05)
    with pytest.raises(TooSlowError, match=r"longer than 0\.05 s"):
        studio.run(waiting.wait)
    with pytest.raises(TooSlowError, match="busy"):
        studio.run(lambda: 1)
    waiting.set()
    assert Studio(at_once=1).run(lambda: 1) == 1


def test_what_is_raised_there_is_raised_here() -> None:
    with pytest.raises(TimeoutError, match="its own"):
        Studio().run(lambda: (_ for _ in ()).throw(TimeoutError("its own")))


def test_pages_and_dashboards_show_what_may_be_seen(lab: lw.Schema) -> None:
    person, session = lab["Person"], lab["Session"]

    @lw.page("All", session)
    def everything(sessions: Any) -> list[Any]:
        return ["text", sessions, session, session & "note <> 'c'", person, person & "age > 45"]

    overview = lw.dashboard("Overview", [bars(lab, "age"), session, person], by=["person", "salary", "score"])
    hiding = grant(table="Person", hidden=frozenset({"salary"}))
    found = desk(lab, everything, overview, grants=(hiding, grant(table="Session", scope=Scope.OWN)))
    blocks = page_blocks(found, everything, {})
    rows = [block.rows for block in blocks if block.rows is not None]
    assert [[row["session"] for row in shown.rows] for shown in rows[:3]] == [[1, 3], [1, 3], [1]]
    assert [list(row) for row in rows[3].rows] == [["person", "age"], ["person", "age"]]
    assert [row["person"] for row in rows[4].rows] == ["ben"]
    offered = {s.attribute.name: [text for text, _ in s.choices] for s in selectors(found, overview)}
    assert list(offered) == ["person", "score"]
    assert offered["score"] == ["0.5"]
    shown = dashboard_blocks(found, overview, [("person", "ben"), ("salary", "20")])
    assert [len(block.rows.rows) for block in shown if block.rows is not None] == [0, 1]


def test_a_column_has_what_may_be_seen(lab: lw.Schema) -> None:
    @lw.column(lab["Person"])
    def pay(person: Any) -> str:
        return f"{person['salary']} {person['age']}"

    seeing = sheet(desk(lab, pay), lab, "Person")
    assert computed_cells(seeing, computed_columns(seeing), [{"person": "ana"}]) == [["10 41"]]
    hiding = sheet(desk(lab, pay, grants=(grant(hidden=frozenset({"salary"})),)), lab, "Person")
    assert computed_cells(hiding, computed_columns(hiding), [{"person": "ana"}]) == [["?"]]


# ---- checks -------------------------------------------------------------------------------------


@pytest.fixture
def checked(lab: lw.Schema) -> tuple[Any, ...]:
    @lw.check(lab["Session"])
    def noted(session: Any) -> Any:
        if session["note"] == "?":
            yield lw.Fault("note", "A question mark says nothing.")

    return noted, lw.ranges(lab["Session"], usual={"score": (0, 1)})


def test_doubt_is_overridden_with_a_reason(lab: lw.Schema, checked: tuple[Any, ...]) -> None:
    session = sheet(desk(lab, *checked), lab, "Session")
    row = {"session": 4, "person": "ana", "note": "", "score": 7.5}
    with pytest.raises(CheckError) as refused:
        session.insert([row])
    assert refused.value.may_be_overridden
    assert refused.value.problems("Session") == {"score": "It is 7.5 and usually from 0 to 1."}
    assert not lab["Session"] & "session = 4"
    session.insert([row], overridden="measured twice")
    why = lab["Session"].history({"session": 4})[0].why
    assert why == "measured twice (although: It is 7.5 and usually from 0 to 1.)"


def test_a_fault_is_not(lab: lw.Schema, checked: tuple[Any, ...]) -> None:
    session = sheet(desk(lab, *checked), lab, "Session")
    with pytest.raises(CheckError) as refused:
        session.insert([{"session": 4, "person": "ana", "note": "?", "score": 7.5}], overridden="I say so")
    assert not refused.value.may_be_overridden
    assert str(refused.value).startswith("note: A question mark says nothing.")
    assert len(lab["Session"]()) == 3


def test_a_change_is_checked_as_the_row_would_become(lab: lw.Schema, checked: tuple[Any, ...]) -> None:
    session = sheet(desk(lab, *checked), lab, "Session")
    with pytest.raises(CheckError):
        session.update({"session": 1}, {"score": 2})
    lab["Session"].update1({"session": 1, "note": "?"})
    with pytest.raises(CheckError):
        session.update({"session": 1}, {"score": 0.75})
    session.update({"session": 1}, {"note": "!"})
    assert (lab["Session"] & "session = 1").fetch1("note") == "!"


def test_a_check_that_fails_is_a_doubt(lab: lw.Schema) -> None:
    @lw.check(lab["Session"])
    def broken(session: Any) -> Any:
        raise ZeroDivisionError

    session = sheet(desk(lab, broken), lab, "Session")
    with pytest.raises(CheckError, match="It could not be checked: 'Broken' failed"):
        session.insert([{"session": 4, "person": "ana"}])
    session.insert([{"session": 4, "person": "ana"}], overridden="the check is broken")


def test_a_check_does_not_tell_of_what_is_hidden(lab: lw.Schema) -> None:
    @lw.check(lab["Person"])
    def paid(person: Any) -> Any:
        yield lw.Doubt("salary", f"The salary is {person['salary']}.")

    person = sheet(desk(lab, paid, grants=(grant(WRITE, hidden=frozenset({"salary"})),)), lab, "Person")
    with pytest.raises(CheckError) as refused:
        person.update({"person": "ana"}, {"age": 42})
    assert "salary" not in str(refused.value)
    assert "10" not in str(refused.value)


def test_many_rows_and_a_master_with_parts_are_checked(lab: lw.Schema, checked: tuple[Any, ...]) -> None:
    session = sheet(desk(lab, *checked), lab, "Session")
    rows = Chosen(session, session.rows().to_dicts(order_by="KEY"))
    with pytest.raises(CheckError):
        change_all(rows, "note", "?")
    row = {"session": 5, "person": "ana", "score": 3}
    with pytest.raises(NotSavedError) as refused:
        save(session.desk, [Line("", session, row), Line("x", session, {"session": 6, "person": "ana"})])
    assert refused.value.is_doubt
    assert list(refused.value.failed) == [""]
    save(session.desk, [Line("", session, row)], overridden="seen twice")
    assert len(lab["Session"]()) == 4


# ---- actions ------------------------------------------------------------------------------------


@pytest.fixture
def repeat(lab: lw.Schema) -> Any:
    @lw.action(lab["Session"], lab["Person"], form="times : int32")
    def repeat(sessions: Any, people: Any, *, times: int) -> str:
        """Repeat it."""
        key, person = sessions.rows.fetch1("session", "person")
        sessions.insert([{"session": 10 * key + n, "person": person} for n in range(times)])
        sessions.update({"session": key}, {"note": "repeated"})
        if times > 5:
            raise lw.LabwrightError("That is too often.")
        return f"Repeated {times} times."

    return repeat


def test_an_action_is_one_change(lab: lw.Schema, repeat: Any) -> None:
    found = desk(lab, repeat)
    assert Offers(found).actions(sheet(found, lab, "Session")) == [repeat]
    assert act(found, repeat, {"session": 1}, {"times": 2}) == "Repeated 2 times."
    change = lw.changes(lab, limit=1)[0]
    assert (change.who, change.why) == ("ana", "Repeat it")
    assert {op: n for done in change.rows.values() for op, n in done.items()} == {"insert": 2, "update": 1}
    lw.undo(change)
    assert len(lab["Session"]()) == 3


def test_an_action_that_fails_has_changed_nothing(lab: lw.Schema, repeat: Any) -> None:
    found = desk(lab, repeat)
    with pytest.raises(lw.LabwrightError, match="too often"):
        act(found, repeat, {"session": 1}, {"times": 6})
    with pytest.raises(BrokenError):
        act(found, repeat, {"session": 1}, {"wrong": 6})
    assert len(lab["Session"]()) == 3
    assert (lab["Session"] & "session = 1").fetch1("note") == "a"


def test_an_action_does_what_the_person_may_do(lab: lw.Schema, repeat: Any) -> None:
    reading = desk(lab, repeat, grants=(grant(),))
    assert Offers(reading).actions(sheet(reading, lab, "Session")) == []
    with pytest.raises(NotAllowedError, match="You may not do this to Session"):
        act(reading, repeat, {"session": 1}, {"times": 1})
    updating = desk(lab, repeat, grants=(grant(READ | {Verb.UPDATE}),))
    with pytest.raises(NotAllowedError, match="You may not insert rows of Session"):
        act(updating, repeat, {"session": 1}, {"times": 1})
    own = desk(lab, repeat, grants=(grant(WRITE, scope=Scope.OWN),))
    with pytest.raises(NotThereError):
        act(own, repeat, {"session": 2}, {"times": 1})
    assert len(lab["Session"]()) == 3


def test_what_an_action_enters_is_checked(lab: lw.Schema, repeat: Any) -> None:
    found = desk(lab, repeat, lw.ranges(lab["Session"], possible={"session": (0, 9)}))
    with pytest.raises(CheckError):
        act(found, repeat, {"session": 1}, {"times": 1})
    found = desk(lab, repeat, lw.ranges(lab["Session"], usual={"session": (0, 9)}))
    assert act(found, repeat, {"session": 1}, {"times": 1}, overridden="why not") == "Repeated 1 times."


# ---- looks into values --------------------------------------------------------------------------


def test_what_may_not_be_seen_cannot_be_looked_into(lab: lw.Schema) -> None:
    held = table(lab, "Held", "-> Session\n---\ntrace : <blob>")
    held.insert([(1, [1.5]), (2, [2.5])])
    seen = sheet(desk(lab, grants=(grant(),)), lab, "Held")
    assert preview(seen, subject(seen, {"session": 2}, "trace")).text.endswith("0: 2.5")
    own = sheet(desk(lab, grants=(grant(scope=Scope.OWN),)), lab, "Held")
    with pytest.raises(NotThereError):
        subject(own, {"session": 2}, "trace")
    hiding = sheet(desk(lab, grants=(grant(hidden=frozenset({"trace"})),)), lab, "Held")
    with pytest.raises(NotThereError):
        subject(hiding, {"session": 1}, "trace")
