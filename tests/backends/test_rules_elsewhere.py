"""Rules that are asked at another table than their own."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.test_rules import day, refused, subject

import labwright as lw
from labwright.core.errors import DefinitionError

__all__ = ["subject"]


@pytest.fixture
def leaving(schema: lw.Schema, subject: Any) -> Any:
    return table(schema, "Leaving", "-> Subject\n---\nday : date\nseverity = '' : varchar(9)")


@pytest.fixture
def surgeries(subject: Any, leaving: Any, prefix: str, project: lw.Project) -> lw.Schema:
    """Another schema, whose table says what it takes from those that are there."""
    schema = lw.Schema(f"{prefix}surgeries", connection=project)
    rules = [
        lw.Refuse(lambda new: leaving & new & "day < new.done", "the animal has left", name="has_left"),
        lw.Refuse(
            lambda new: schema["Surgery"] & new & "new.severity = ''",
            "after surgery the severity is told",
            at=leaving,
            name="severity",
        ),
        lw.Refuse(
            lambda new: schema["Surgery"] & new & "done > new.day",
            "an animal leaves after its last surgery",
            at=lambda: leaving,
            name="after_last",
        ),
        lw.Refuse(lambda old: schema["Surgery"] & old, "who had surgery does not come back", at=leaving, on="delete"),
    ]
    table(schema, "Surgery", "-> Subject\ndone : date", context={"Subject": subject}, rules=rules)
    return schema


def test_a_rule_stands_at_another_table(surgeries: lw.Schema, leaving: Any) -> None:
    surgery: Any = surgeries["Surgery"]
    surgery.insert1(("Ann", day(5)))
    leaving.insert1(("Bo", day(1), ""))
    with refused("severity") as caught:
        leaving.insert1(("Ann", day(9), ""))
    assert caught.value.table == str(surgery().id)
    assert caught.value.says == "after surgery the severity is told"
    with refused("after_last"):
        leaving.insert1(("Ann", day(4), "mild"))
    leaving.insert1(("Ann", day(9), "mild"))
    with refused("severity"):
        leaving.update1({"subject": "Ann", "severity": ""})
    with refused("who_had_surgery"):
        (leaving & {"subject": "Ann"}).delete(prompt=False)
    (leaving & {"subject": "Bo"}).delete(prompt=False)
    with refused("has_left"):
        surgery.insert1(("Ann", day(10)))


@pytest.mark.parametrize("goes", ["table", "schema"])
def test_a_rule_at_another_table_goes_with_its_own(surgeries: lw.Schema, leaving: Any, goes: str) -> None:
    surgeries["Surgery"].insert1(("Ann", day(5)))
    (surgeries["Surgery"] if goes == "table" else surgeries).drop(prompt=False)
    leaving.insert1(("Ann", day(9), ""))
    leaving.delete(prompt=False)


def test_a_rule_stays_where_the_other_table_is_made_anew(surgeries: lw.Schema, leaving: Any) -> None:
    surgeries["Surgery"].insert1(("Ann", day(5)))
    leaving.definition = "-> Subject\n---\nseverity = '' : varchar(20)\nday : date"
    with lw.config.override(safemode=False):
        assert leaving.alter()
    with refused("severity"):
        leaving.insert1({"subject": "Ann", "day": day(9)})
    leaving.definition = "-> Subject\n---\nday : date"
    with pytest.raises(lw.errors.MigrationError, match=r"The rule 'severity' of .*surgery looks at severity"):
        leaving.alter(lossy=True)


def test_rows_of_the_other_table_that_break_a_new_rule(subject: Any, leaving: Any, schema: lw.Schema) -> None:
    pain = table(schema, "Pain", "-> Subject")
    pain.insert1(("Ann",))
    leaving.insert1(("Ann", day(9), ""))
    pain.rules = [lw.Refuse(lambda new: pain & new & "new.severity = ''", "pain has a severity", at=leaving)]
    with pytest.raises(lw.errors.MigrationError, match=r"pain_has_a_severity.*subject='Ann'"):
        pain.alter(prompt=False)
    leaving.update1({"subject": "Ann", "severity": "mild"})
    assert pain.alter(prompt=False)
    with refused("pain_has_a_severity"):
        leaving.update1({"subject": "Ann", "severity": ""})


def test_rules_at_other_tables_are_described_and_written_as_code(surgeries: lw.Schema, leaving: Any) -> None:
    surgery = surgeries["Surgery"]
    surgeries.ensure_declared()
    assert surgeries.project.database.find(surgery().id).rules == surgeries._resolved(surgery).rules
    assert "# rule severity: after surgery the severity is told" in surgery.describe()
    assert "lw.Refuse.kept(" in surgeries.code


def test_what_is_no_table_has_no_rule(schema: lw.Schema, subject: Any) -> None:
    wrong = lw.Refuse(lambda new: subject & new, "x", at=subject() & "subject = 'Ann'")
    table(schema, "Weight", "-> Subject", rules=[wrong])
    with pytest.raises(DefinitionError, match="stands at a table"):
        schema.ensure_declared()
