"""What one person sees and may do, whatever page or program asks for them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import ConflictError, UnknownAttributeError
from labwright.web.accounts.person import Person
from labwright.web.desk.desk import Desk
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.desk.sheet import Sheet
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

READ = frozenset({Verb.READ})
WRITE = frozenset({Verb.READ, Verb.INSERT, Verb.UPDATE, Verb.DELETE})


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    person = table(schema, "Person", "person : varchar(20)\n---\nsalary = 0 : int32")
    session = table(
        schema, "Session", "session : int32\n---\n-> Person\nnote = '' : varchar(50)", owner="Person",
        Trial=part("Trial", "-> master\ntrial : int32"),
    )  # fmt: skip
    person.insert([("ana", 10), ("ben", 20)])
    session.insert([(1, "ana", "a"), (2, "ben", "b"), (3, "ana", "c")])
    session.Trial.insert([(1, 1), (2, 1)])
    return schema


def desk(lab: lw.Schema, *grants: Grant, person: str = "ana", colleagues: tuple[str, ...] = ()) -> Desk:
    who = Person(person, role=Role.RESEARCHER)
    return Desk(Workspace(lab.project, schemas=[lab.database_name]), who, Rights.of(who, grants), colleagues)


def grant(verbs: frozenset[Verb] = READ, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


def sheet(lab: lw.Schema, name: str, *grants: Grant, **more: Any) -> Sheet:
    return desk(lab, *grants, **more).sheet(f"{lab.database_name}.{name}")


def test_what_may_not_be_read_is_not_there(lab: lw.Schema) -> None:
    found = desk(lab, grant(table="Person"))
    assert [s.title for s in found.sheets()] == ["Person"]
    for name in ("Session", "Session.Trial", "Nothing"):
        with pytest.raises(NotThereError, match=f"There is no table '{lab.database_name}.{name}' here"):
            found.sheet(f"{lab.database_name}.{name}")
    assert found.sheet(f"{lab.database_name}.Person").referenced_by == ()


@pytest.mark.parametrize("condition", [{"salary": 10}, "salary = 10", lw.Where("salary", "=", 10)], ids=str)
def test_a_hidden_attribute_is_not_there(lab: lw.Schema, condition: Any) -> None:
    person = sheet(lab, "Person", grant(hidden=frozenset({"salary"})))
    assert list(person.heading) == ["person"]
    assert person.rows().to_dicts(order_by="KEY") == [{"person": "ana"}, {"person": "ben"}]
    if isinstance(condition, dict):  # names of others are passed over, here as everywhere
        assert len(person.rows(condition)) == 2
    else:
        with pytest.raises(UnknownAttributeError):
            person.rows(condition).to_dicts()
    with pytest.raises(UnknownAttributeError):
        person.rows().to_dicts(order_by="salary")
    with pytest.raises(UnknownAttributeError):
        person.rows().proj(pay="salary").to_dicts()


def test_a_hidden_attribute_of_a_parent_is_not_had_by_a_join(lab: lw.Schema) -> None:
    found = desk(lab, grant(hidden=frozenset({"salary"})))
    name = lab.database_name
    joined = found.sheet(f"{name}.Session").rows() * found.sheet(f"{name}.Person").rows()
    assert "salary" not in joined.heading


def test_nobody_reads_a_table_whose_key_is_hidden(lab: lw.Schema) -> None:
    assert desk(lab, grant(hidden=frozenset({"person"}), table="Person")).sheets() == []


def test_a_reference_of_hidden_attributes_leads_nowhere(lab: lw.Schema) -> None:
    found = desk(lab, grant(hidden=frozenset({"person"}), table="Session"), grant(table="Person"))
    name = lab.database_name
    assert found.sheet(f"{name}.Session").references == ()
    assert found.sheet(f"{name}.Person").referenced_by == ()
    assert list(found.sheet(f"{name}.Session").heading) == ["session", "note"]


def test_a_hidden_attribute_is_not_changed(lab: lw.Schema) -> None:
    person = sheet(lab, "Person", grant(WRITE, hidden=frozenset({"salary"})))
    for changes, base in (({"salary": 99}, {}), ({}, {"salary": 10})):
        with pytest.raises(UnknownAttributeError):
            person.update({"person": "ana"}, changes, base)
    with pytest.raises(UnknownAttributeError):
        person.insert([{"person": "dora", "salary": 5}])


def test_ones_own_rows(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant(WRITE, scope=Scope.OWN))
    assert session.rows().to_arrays("session", order_by="KEY").tolist() == [1, 3]
    with pytest.raises(NotThereError):
        session.row({"session": 2})
    with pytest.raises(NotAllowedError, match="only your own rows of Session"):
        session.update({"session": 2}, {"note": "mine"})
    with pytest.raises(NotAllowedError):
        session.insert([{"session": 4, "person": "ana"}, {"session": 5, "person": "ben"}])
    with pytest.raises(NotAllowedError):
        session.update({"session": 1}, {"person": "ben"})
    assert len(lab["Session"]()) == 3
    session.insert([{"session": 4, "person": "ana"}])
    assert (lab["Session"] & "session = 4").fetch1("person") == "ana"


def test_the_rows_of_ones_lab(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant(WRITE, scope=Scope.LAB), person="carl", colleagues=("carl", "ben"))
    assert session.rows().keys() == [{"session": 2}]
    session.update({"session": 2}, {"note": "ours"})
    assert lab["Session"].history({"session": 2})[0].who == "carl"


def test_to_see_is_not_to_change(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant())
    with pytest.raises(NotAllowedError, match="You may not insert rows of Session"):
        session.insert([{"session": 9, "person": "ana"}])
    with pytest.raises(NotAllowedError, match="You may not update rows of Session"):
        session.update({"session": 1}, {"note": "x"})
    assert len(lab["Session"]()) == 3


def test_parts_are_entered_with_their_master_or_not_at_all(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant(WRITE))
    session.insert([{"session": 4, "person": "ana"}], {"Trial": [{"session": 4, "trial": 1}]})
    assert len(lab["Session"].Trial & "session = 4") == 1
    with pytest.raises(lw.LabwrightError):
        session.insert([{"session": 5, "person": "ana"}], {"Trial": [{"session": 6, "trial": 1}]})
    assert not lab["Session"] & "session = 5"


def test_what_another_has_changed_meanwhile_is_not_overwritten(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant(WRITE))
    lab["Session"].update1({"session": 1, "note": "theirs"})
    with pytest.raises(ConflictError) as refused:
        session.update({"session": 1}, {"note": "mine"}, {"note": "a"})
    assert refused.value.differences == {"note": ("a", "theirs")}
    session.update({"session": 1}, {"note": "mine"}, {"note": "theirs"})
    assert (lab["Session"] & "session = 1").fetch1("note") == "mine"


def test_who_changed_it_is_kept(lab: lw.Schema) -> None:
    number = sheet(lab, "Session", grant(WRITE)).update({"session": 1}, {"note": "new"}, why="a slip")
    change = lab["Session"].history({"session": 1})[0]
    assert (change.who, change.why, change.id) == ("ana", "a slip", number)


def test_parts_are_entered_into_ones_own_rows_alone(lab: lw.Schema) -> None:
    trial = sheet(lab, "Session.Trial", grant(WRITE, scope=Scope.OWN), grant(frozenset({Verb.READ})))
    with pytest.raises(NotAllowedError):
        trial.insert([{"session": 2, "trial": 7}])
    with pytest.raises(NotAllowedError):
        trial.insert([{"session": 1, "trial": 7}, {"session": 2, "trial": 7}])
    trial.insert([{"session": 1, "trial": 7}])
    assert (lab["Session"].Trial & "trial = 7").to_arrays("session").tolist() == [1]


def test_tables_that_others_make_appear(lab: lw.Schema) -> None:
    found = desk(lab, grant())
    assert found.find(f"{lab.database_name}.Later") is None
    made = table(lab, "Later", "-> Person")
    made.insert1(("ana",))
    found.workspace.tables(max_age=0)
    assert found.sheet(f"{lab.database_name}.Later").rows().keys() == [{"person": "ana"}]
    assert {r.sheet.title for r in found.sheet(f"{lab.database_name}.Person").referenced_by} == {"Session", "Later"}
