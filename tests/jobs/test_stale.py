"""Which rows are out of date, and why; and computing them again, with and without storing them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import part, table
from tests.jobs.fill import fill

import labwright as lw
from labwright.core.errors import LabwrightError, QueryError
from labwright.jobs.make import Maker
from labwright.jobs.provenance import Provenance
from labwright.jobs.same import same
from labwright.jobs.stale import Stale, delete_stale


@dataclass(frozen=True)
class Lab:
    """Mice, what is computed of them, and of that."""

    schema: lw.Schema
    Mouse: Any
    Factor: Any
    Weight: Any
    Mean: Any


def make_weight(self: Any, key: dict[str, Any]) -> None:
    grams = (self.schema["Mouse"] & key).fetch1("grams")
    factor = (self.schema["Factor"] & "factor = 1").fetch1("value")
    assert len(self & key) < 2
    self.insert1({**key, "weight": grams * factor, "trace": np.arange(3) * grams})
    self.schema["Weight"].Day.insert([{**key, "day": day, "x": grams / (day + 1)} for day in range(2)])


def make_weight_anew(self: Any, key: dict[str, Any]) -> None:
    """The same by other code."""
    self.insert1({**key, "weight": 0.0, "trace": np.arange(3)})


def make_mean(self: Any, key: dict[str, Any]) -> None:
    self.insert1({**key, "mean": float(np.mean((self.schema["Weight"] & key).fetch1("trace")))})


def make_mean_anew(self: Any, key: dict[str, Any]) -> None:
    self.insert1({**key, "mean": np.median((self.schema["Weight"] & key).fetch1("trace"))})


@pytest.fixture
def lab(schema: lw.Schema) -> Iterator[Lab]:
    with schema.project.config.override({"jobs.make_reads": "record"}):
        yield make_lab(schema)


def make_lab(schema: lw.Schema) -> Lab:
    Mouse = table(schema, "Mouse", "mouse : int32\n---\ngrams : float64")
    Mouse.insert([(n, n + 0.5) for n in range(9)])
    Factor = table(schema, "Factor", "factor : int8\n---\nvalue : float64")
    Factor.insert([(1, 2.0), (2, 3.0)])
    day = part("Day", "-> master\nday : int8\n---\nx : float32")
    definition = "-> Mouse\n---\nweight : float64\ntrace : <blob>"
    Weight = table(schema, "Weight", definition, lw.Computed, make=make_weight, Day=day)
    Mean = table(schema, "Mean", "-> Weight\n---\nmean : float64", lw.Computed, make=make_mean)
    for cls in (Weight, Mean):
        fill(cls)
    return Lab(schema, Mouse, Factor, Weight, Mean)


def stale(query: Any) -> dict[int, tuple[str, ...]]:
    return {s.key["mouse"]: s.reasons for s in query.stale()}


def test_nothing_is_stale_at_first(lab: Lab) -> None:
    assert lab.Weight.stale() == lab.Mean.stale() == []


def test_an_input_of_one_row_makes_that_one_stale(lab: Lab) -> None:
    lab.Mouse.update1({"mouse": 7, "grams": 0.25})
    assert lab.Weight.stale() == [Stale({"mouse": 7}, ("inputs",))]
    assert (lab.Weight & "mouse < 7").stale() == []
    lab.Mouse.update1({"mouse": 7, "grams": 7.5})
    assert lab.Weight.stale() == []


def test_an_input_of_all_rows_makes_all_stale(lab: Lab) -> None:
    lab.Factor.update1({"factor": 2, "value": 9.0})
    assert lab.Weight.stale() == []
    lab.Factor.update1({"factor": 1, "value": 9.0})
    assert len(lab.Weight.stale()) == 9


def test_an_input_that_is_gone_makes_rows_stale(lab: Lab) -> None:
    (lab.Factor & "factor = 1").delete(prompt=False)
    assert stale(lab.Weight).keys() == set(range(9))


def test_other_code_makes_all_rows_stale(lab: Lab) -> None:
    lab.Weight.make = make_weight_anew
    assert stale(lab.Weight) == dict.fromkeys(range(9), ("code",))
    assert lab.Mean.stale() == []


def test_what_was_read_in_part_is_read_so_again(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        first = next(iter(self.schema["Mouse"].proj("grams")))
        self.insert1({**key, "weight": first["grams"]})

    First = table(lab.schema, "First", "-> Mouse\n---\nweight : float64", lw.Computed, make=make)
    fill(First)
    assert First.stale() == []


def test_rows_of_which_nothing_is_known_are_not_stale(lab: Lab) -> None:
    (lab.Mean & "mouse = 3").delete(prompt=False)
    lab.Mean.insert1((3, 0.0), allow_direct_insert=True)
    assert lab.Mean.stale() == []


def test_a_parent_that_was_computed_anew_makes_rows_stale(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        row = (self & key).fetch1()
        self.insert1(row, replace=True)

    time.sleep(0.002)  # the clock of SQLite goes by milliseconds
    lab.Weight.make = make
    provenance = Provenance(lab.Weight())
    provenance.ensure()
    attempt = Maker(lab.Weight()).run([{"mouse": 5}])
    attempt.close_with(*provenance.closing(attempt))
    attempt.store()
    assert lab.Mean.stale() == [Stale({"mouse": 5}, ("parent",))]
    lab.Mean.make = make_mean_anew
    assert stale(lab.Mean) == dict.fromkeys(range(9), ("code",)) | {5: ("code", "parent")}


def test_stale_rows_are_replaced_when_somebody_says_yes(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.Mouse.update1({"mouse": 7, "grams": 0.25})
    asked: list[str] = []
    answers = iter(["no", "yes"])

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("labwright.tables.cascade_table._answer", lambda _, question: answer(question))
    assert delete_stale(lab.Weight(), lab.Mouse.proj(), prompt=True) == 0
    assert (lab.Weight & "mouse = 7").fetch1("weight") == 15.0
    assert delete_stale(lab.Weight(), lab.Mouse & "mouse < 7", prompt=True) == 0
    assert delete_stale(lab.Weight(), lab.Mouse.proj(), prompt=True) == 1
    assert len(asked) == 2
    assert "__mean" in asked[0]
    for cls in (lab.Weight, lab.Mean):
        fill(cls)
    assert (lab.Weight & "mouse = 7").fetch1("weight") == 0.5
    assert lab.Weight.stale() == lab.Mean.stale() == []


def test_populate_replaces_them(lab: Lab) -> None:
    lab.Mouse.update1({"mouse": 7, "grams": 0.25})
    lab.Mouse.update1({"mouse": 8, "grams": 0.25})
    assert lab.Weight.populate(stale="ignore")["success_count"] == 0
    assert lab.Weight.populate("mouse < 8", stale="recompute", prompt=False)["success_count"] == 1
    assert (lab.Weight & "mouse = 7").fetch1("weight") == 0.5
    assert lab.Weight.stale() == [Stale({"mouse": 8}, ("inputs",))]
    assert len(lab.Mean) == 8
    with pytest.raises(QueryError, match="recompute"):
        lab.Weight.populate(stale="always")


def test_rows_come_out_the_same(lab: Lab) -> None:
    found = lab.Weight.verify({"mouse": 3})
    assert found
    assert found.rows == 3
    assert str(found) == "3 rows came out the same."
    assert len(lab.Weight) == 9


def test_what_comes_out_otherwise_is_told(lab: Lab) -> None:
    lab.Mouse.update1({"mouse": 3, "grams": 3.5 * (1 + 1e-9)})
    found = lab.Weight.verify({"mouse": 3})
    assert not found
    assert {d.attribute for d in found.differences} == {"weight", "trace"}
    assert "weight is 7.0 and was computed as 7.000000007" in str(found)
    assert lab.Weight.verify({"mouse": 3}, rtol=1e-6)
    assert not lab.Weight.verify({"mouse": 3}, rtol=1e-12)


def test_rows_that_make_changes_before_it_ends(lab: Lab) -> None:
    """What make inserts twice, replaces or updates is compared as it is when make has ended."""

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": 1.0})
        self.insert1({**key, "x": 2.0}, skip_duplicates=True)
        self.insert1({**key, "x": 3.0}, replace=True)
        self.update1({**key, "y": key["mouse"] + 7})

    Often = table(lab.schema, "Often", "-> Mouse\n---\nx : float64\ny = 5 : int32", lw.Computed, make=make)
    Often.populate({"mouse": 3})
    assert (Often & {"mouse": 3}).fetch1("x", "y") == (3.0, 10)
    assert Often.verify({"mouse": 3})
    Often.update1({"mouse": 3, "y": 11})
    assert "y is 11 and was computed as 10" in str(Often.verify({"mouse": 3}))


def test_what_make_leaves_to_a_default_is_compared(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1(key)

    definition = "-> Mouse\n---\ny = 5 : int32\nat = CURRENT_TIMESTAMP : datetime\nz = null : float64"
    Plain = table(lab.schema, "Plain", definition, lw.Computed, make=make)
    Plain.populate({"mouse": 3})
    assert Plain.verify({"mouse": 3})
    Plain.update1({"mouse": 3, "y": 99, "z": 1.5, "at": "2020-01-01 00:00:00"})
    found = Plain.verify({"mouse": 3})
    assert {(d.attribute, d.stored, d.computed) for d in found.differences} == {("y", 99, 5), ("z", 1.5, None)}


def test_rows_that_appear_and_disappear_are_told(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        make_weight(self, key)
        self.schema["Weight"].Day.insert1({**key, "day": 7, "x": 0})

    (lab.Weight.Day & {"mouse": 3, "day": 1}).delete_quick()
    lab.Weight.make = make
    found = lab.Weight.verify({"mouse": 3})
    assert [(d.key["day"], d.stored is None) for d in found.differences] == [(1, True), (7, True)]
    (lab.Weight.Day & {"mouse": 4}).delete_quick()
    lab.Weight.make = make_weight_anew
    lab.Weight.Day.insert1((4, 3, 0.0), allow_direct_insert=True)
    assert [d.attribute for d in lab.Weight.verify({"mouse": 4}).differences] == ["weight", "trace", ""]


def test_a_failing_make_is_an_error_and_stores_nothing(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        raise ZeroDivisionError

    lab.Weight.make = make
    with pytest.raises(ZeroDivisionError):
        lab.Weight.verify({"mouse": 3})
    assert len(lab.Weight) == 9


@pytest.mark.parametrize(("key", "rtol"), [({"mouse": 99}, 0.0), ({}, 0.0), ({"mouse": 1}, -1.0)])
def test_verify_says_what_it_takes(lab: Lab, key: dict[str, Any], rtol: float) -> None:
    with pytest.raises((LabwrightError, QueryError), match=r"key|rtol"):
        lab.Weight.verify(key, rtol=rtol)


PAIR = np.dtype([("a", "i4"), ("b", "f8")])


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (float("nan"), float("nan"), True),
        ([1, (2, 3)], (1, [2, 3]), True),
        ({"a": [1]}, {"a": [2]}, False),
        ({"a": 1}, {"b": 1}, False),
        (np.arange(3), [0, 1, 2], False),
        (np.arange(3), np.arange(3.0), False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([1, "a"], dtype=object), np.array([1, "a"], dtype=object), True),
        (np.array([(1, 2.0)], PAIR), np.array([(1, 2.5)], PAIR), False),
        ("a", None, False),
        (b"a", b"a", True),
    ],
)
def test_values_are_compared_to_the_last_element(a: Any, b: Any, equal: bool) -> None:
    assert same(a, b) is same(b, a) is equal
