"""Dropping tables takes the tables that depend on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.backends.classes import table
from tests.backends.tables import resolve, storage_of
from tests.backends.test_delete import Lab

import labwright as lw
from labwright.core.errors import IntegrityError, TransactionError
from labwright.sql.database import Database
from labwright.tables.cascade import confirm, drop_quick, plan_drop, plan_drop_schema

TABLES = {
    "mouse": "mouse_id : int32",
    "session": "-> mouse\nsession : int32",
    "session__trial": "-> session\ntrial : int32",
    "#color": "color : varchar(8)",
}


@pytest.fixture
def lab(database_url: str, prefix: str) -> Iterator[Lab]:
    database = Database.open(database_url, storage_of)
    lab = Lab(database, f"{prefix}lab", {})
    lab.build(TABLES)
    lab.insert("mouse", (1,), (2,))
    lab.insert("session", (1, 1))
    lab.insert("session__trial", (1, 1, 1))
    yield lab
    database.connection.close()


def there(lab: Lab, schema: str = "") -> set[str]:
    lab.database.forget()
    return set(lab.database.tables(schema or lab.schema))


def other_schema(lab: Lab, prefix: str) -> str:
    made = resolve(f"{prefix}other", {"paper": "paper : int32\n---\n-> mouse"}, lab.tables.values())
    lab.database.declare(made)
    return f"{prefix}other"


def test_dependents_are_dropped_in_all_schemas(lab: Lab, prefix: str) -> None:
    other = other_schema(lab, prefix)
    plan = plan_drop(lab.database, [lab.tables["mouse"].id])
    shown = {str(i): n for i, n in plan.preview()}
    assert shown == {
        f"{lab.schema}.mouse": 2, f"{lab.schema}.session": 1, f"{lab.schema}.session__trial": 1, f"{other}.paper": 0,
    }  # fmt: skip
    assert plan.preview()[0][0].name == "mouse"
    assert there(lab) == set(TABLES)
    assert plan.execute() == 4
    assert there(lab) == {"#color"}
    assert there(lab, other) == set()


def test_a_part_is_not_dropped_alone(lab: Lab) -> None:
    with pytest.raises(IntegrityError, match=r"session__trial is a part of .*session.*part_integrity='ignore'"):
        plan_drop(lab.database, [lab.tables["session__trial"].id])
    drop_quick(lab.database, lab.tables["session__trial"].id)
    assert there(lab) == set(TABLES) - {"session__trial"}


def test_drop_quick_names_what_depends(lab: Lab) -> None:
    with pytest.raises(IntegrityError, match=rf"{lab.schema}\.session depend on {lab.schema}\.mouse"):
        drop_quick(lab.database, lab.tables["mouse"].id)
    assert there(lab) == set(TABLES)


def test_a_schema_is_dropped(lab: Lab) -> None:
    plan = plan_drop_schema(lab.database, lab.schema)
    assert {i.name for i, _ in plan.preview()} == set(TABLES)
    plan.execute()
    assert there(lab) == set()


def test_a_schema_that_others_depend_on_stays(lab: Lab, prefix: str) -> None:
    other = other_schema(lab, prefix)
    with pytest.raises(IntegrityError, match=rf"depend on '{lab.schema}': {other}\.paper"):
        plan_drop_schema(lab.database, lab.schema)
    assert there(lab) == set(TABLES)


def test_nothing_is_dropped_within_a_transaction(lab: Lab) -> None:
    plan = plan_drop(lab.database, [lab.tables["#color"].id])
    with lab.database.connection.transaction, pytest.raises(TransactionError):
        plan.execute()
    assert there(lab) == set(TABLES)


def test_dropping_asks_first(lab: Lab) -> None:
    plan = plan_drop(lab.database, [lab.tables["mouse"].id])
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "no"

    assert not confirm(plan, True, ask=ask)
    assert f"{lab.schema}.session__trial" in asked[0]
    assert "Drop this?" in asked[0]


@pytest.mark.parametrize("whole", [False, True])
def test_rows_that_refer_to_each_other_do_not_keep_their_table(schema: lw.Schema, whole: bool) -> None:
    rules = [lw.Refuse(lambda old: old, "a mother stays what she is", on="update")]
    Mouse = table(schema, "Mouse", "mouse : int32\n---\n-> [nullable] Mouse.proj(mother='mouse')", rules=rules)
    table(schema, "Weight", "-> Mouse\n---\ngrams : float64").insert(())
    Mouse.insert([(1, None), (2, 1), (3, 2)])
    (schema if whole else Mouse).drop(prompt=False)
    assert not schema.project.database.tables(schema.database_name)
