"""What a make may read: what its table depends on; anything else is recorded, warned of or refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import MakeError


@dataclass(frozen=True)
class Lab:
    """Tables in rows, and one beside them."""

    schema: lw.Schema

    def __getitem__(self, name: str) -> Any:
        return self.schema[name]

    def reading(self, read: Callable[[Any, dict[str, Any]], object], definition: str = "-> Session") -> Any:
        """A table whose make reads something."""

        def make(self: Any, key: dict[str, Any]) -> None:
            read(self, key)
            self.insert1(key)
            self.Item.insert1({**key, "item": 1})

        items = part("Item", "-> master\nitem : int32\n---\n-> [nullable] Kind")
        return table(self.schema, "Result", definition, lw.Computed, make=make, Item=items)

    def policy(self, policy: str | None) -> AbstractContextManager[Any]:
        return self.schema.project.config.override({"jobs.make_reads": policy})


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    Mouse = table(schema, "Mouse", "mouse : int32\n---\nage : int32", Tag=part("Tag", "-> master\ntag : int32"))
    Mouse.insert([(n, n) for n in range(3)])
    table(schema, "Kind", "kind : varchar(9)", lw.Lookup, contents=[("a",)])
    table(schema, "Method", "method : varchar(9)", lw.Lookup, contents=[("m",)])
    Session = table(
        schema, "Session", "-> Mouse\n---\n-> [nullable] Method", Trial=part("Trial", "-> master\nn : int32")
    )
    Session.insert([(n, "m") for n in range(3)])
    table(schema, "Litter", "-> Mouse.proj(dam='mouse')\n-> Mouse.proj(sire='mouse')").insert1((0, 1))
    table(schema, "Other", "other : int32\n---\nx : int32").insert([(n, n) for n in range(3)])
    table(schema, "Child", "-> Session")
    return Lab(schema)


EXPECTED: dict[str, Callable[[Lab, Any, dict[str, Any]], object]] = {
    "parent": lambda lab, own, key: (lab["Session"] & key).fetch1("method"),
    "grandparent": lambda lab, own, key: (lab["Mouse"] & key).to_dicts(),
    "part of the parent": lambda lab, own, key: (lab["Session"].Trial & key).to_dicts(),
    "part of the grandparent": lambda lab, own, key: len(lab["Mouse"].Tag & key),
    "lookup of the parent": lambda lab, own, key: lab["Method"].to_dicts(),
    "parent of its part": lambda lab, own, key: lab["Kind"].to_dicts(),
    "renamed": lambda lab, own, key: lab["Mouse"].proj(dam="mouse", years="age").to_dicts(),
    "join": lambda lab, own, key: (lab["Mouse"] * lab["Session"] & key).to_dicts(),
    "aggregate": lambda lab, own, key: lab["Mouse"].aggr(lab["Session"], n="count(*)").to_dicts(),
    "restricted by another": lambda lab, own, key: (lab["Mouse"] & lab["Session"]).to_arrays("age"),
    "own table": lambda lab, own, key: (len(own), own.to_dicts()),
    "own part": lambda lab, own, key: len(own.Item),
    "key_source": lambda lab, own, key: (own.key_source & key).to_dicts(),
    "upstream": lambda lab, own, key: (own.upstream["Mouse"].fetch1("age"), len(own.upstream[lab["Session"].Trial])),
    "own restricted": lambda lab, own, key: (own & key).to_dicts(),
    "stream": lambda lab, own, key: list(lab["Session"]()),
    "progress": lambda lab, own, key: own.progress(),
    "by hand": lambda lab, own, key: own.connection.query(lab["Mouse"]().make_sql()).fetchall(),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_what_the_table_depends_on_may_be_read(case: str, lab: Lab) -> None:
    Result = lab.reading(lambda own, key: EXPECTED[case](lab, own, key))
    with lab.policy("deny"):
        assert Result.populate() == {"success_count": 3, "error_list": []}


UNEXPECTED: dict[str, Callable[[Lab, Any, dict[str, Any]], object]] = {
    "another table": lambda lab, own, key: lab["Other"].to_dicts(),
    "count": lambda lab, own, key: len(lab["Other"]),
    "exists": lambda lab, own, key: bool(lab["Other"] & {"other": 1}),
    "join": lambda lab, own, key: (lab["Mouse"] * lab["Other"] & key).to_dicts(),
    "restriction": lambda lab, own, key: (lab["Mouse"] & lab["Other"].proj()).to_dicts(),
    "alias": lambda lab, own, key: lab["Other"].proj(mouse="other", age="x").to_dicts(),
    "stream": lambda lab, own, key: list(lab["Other"]()),
    "free table": lambda lab, own, key: lw.FreeTable(own.project, str(lab["Other"]().id)).to_dicts(),
    "by hand": lambda lab, own, key: own.connection.query(lab["Other"]().make_sql()).fetchall(),
}


@pytest.mark.parametrize("case", UNEXPECTED)
def test_what_it_does_not_depend_on_is_refused(case: str, lab: Lab) -> None:
    Result = lab.reading(lambda own, key: UNEXPECTED[case](lab, own, key))
    refused = pytest.raises(MakeError, match=r"Result.make reads .*other, which Result does not depend on")
    with lab.policy("deny"), refused:
        Result.populate()
    assert len(Result) == len(Result.Item) == 0


@pytest.mark.parametrize("other", ["Litter", "Child"])
def test_children_and_siblings_are_no_inputs(other: str, lab: Lab) -> None:
    with lab.policy("deny"), pytest.raises(MakeError, match=f"Result.make reads .*{other.lower()}, which"):
        lab.reading(lambda own, key: len(lab[other])).populate()


@pytest.mark.parametrize("policy", [None, "warn"])
def test_a_warning_comes_once_for_each_table(policy: str | None, lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    Result = lab.reading(lambda own, key: (len(lab["Other"]), lab["Other"].to_dicts(), len(lab["Child"])))
    with lab.policy(policy), caplog.at_level(logging.WARNING, logger="labwright.jobs.inputs"):
        assert Result.populate()["success_count"] == 3
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "other, which Result does not depend on" in told[0]
    assert "Add a reference to it (-> ...), or set jobs.make_reads = 'record'" in told[0]
    assert "child" in told[1]


def test_a_record_is_silent(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    Result = lab.reading(lambda own, key: len(lab["Other"]))
    with lab.policy("record"), caplog.at_level(logging.WARNING, logger="labwright.jobs"):
        assert Result.populate()["success_count"] == 3
    assert not caplog.records


def test_the_classic_generation_only_records(lab: Lab, prefix: str, caplog: pytest.LogCaptureFixture) -> None:
    classic = lw.Schema(f"{prefix}classic", generation="classic")

    def make(self: Any, key: dict[str, Any]) -> None:
        assert len(lab["Other"]) == 3
        self.insert1(key)

    Result = table(classic, "Result", "-> Session", lw.Computed, {"Session": lab["Session"]}, make=make)
    with caplog.at_level(logging.WARNING, logger="labwright.jobs"):
        assert Result.populate()["success_count"] == 3
    assert not caplog.records
    Result.delete_quick()
    with lab.policy("deny"), pytest.raises(MakeError, match="does not depend on"):
        Result.populate()
