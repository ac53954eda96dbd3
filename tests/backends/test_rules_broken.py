"""Rules and rows that are there before them: what breaks a rule is named."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.sql.rule_check import breaking_rows

RULES = [
    lw.Check("ml > 0", "a dose is positive", name="positive"),
    lw.NoOverlap("subject", "begun", "ended", "one at a time", name="apart"),
    lw.SumAtMost("ml", "most", "subject", "not too much", name="limited"),
    lw.SumAtMost("1", 3, "subject", "three at most", name="few"),
    lw.Refuse(lambda new: new & "begun > 90", "too late", name="late"),
    lw.Refuse(lambda new: Subjects & new & "most < new.ml", "beyond the limit", name="beyond"),
    lw.Refuse(lambda old: old, "doses stay", on="delete", name="kept"),
]
Subjects: Any = None


@pytest.fixture
def dose(schema: lw.Schema) -> Any:
    global Subjects  # noqa: PLW0603 - a lambda among the parameters has to find it
    Subjects = table(schema, "Subject", "subject : varchar(9)\n---\nmost : int32")
    Subjects.insert([("Ann", 9), ("Bo", 9)])
    definition = "-> Subject\nbegun : int32\n---\nended = null : int32\nml : int32"
    return table(schema, "Dose", definition, context={"Subject": Subjects})


BREAKING: dict[str, list[tuple[Any, ...]]] = {
    "positive": [("Ann", 1, 2, 0)],
    "apart": [("Ann", 1, 5, 1), ("Ann", 3, 6, 1)],
    "limited": [("Ann", 1, 2, 5), ("Ann", 2, 3, 5)],
    "few": [("Ann", n, n + 1, 1) for n in range(4)],
    "late": [("Ann", 91, None, 1)],
    "beyond": [("Ann", 1, 2, 10)],
    "kept": [("Ann", 1, 2, 1)],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_rows_that_break_a_rule_are_named(schema: lw.Schema, dose: Any, rule: Any) -> None:
    database = schema.project.database
    dose.insert([("Bo", 1, 2, 1), ("Bo", 2, None, 1)])
    ruled_class: Any = type("Dose", (lw.Manual,), {"definition": dose.definition, "rules": [rule]})
    ruled: Any = lw.Schema(schema.database_name)(ruled_class, context={"Subject": Subjects})
    (made,) = ruled._schema._resolved(ruled).rules
    plain = dose().table_def
    assert breaking_rows(database.connection, database.dialect, plain, made) == []
    dose.insert(BREAKING[rule.name])
    found = breaking_rows(database.connection, database.dialect, plain, made)
    assert {row["subject"] for row in found} == ({"Ann"} if rule.name != "kept" else set())
    assert all(row["begun"] in [b[1] for b in BREAKING[rule.name]] for row in found)
