"""Changes lead from one form of a table to another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import DefinitionError
from labwright.core.generation import CLASSIC, CURRENT
from labwright.define.classic import in_generation
from labwright.define.comparable import comparable
from labwright.define.diff import apply, diff, renames_in, without_rename
from labwright.define.parser import parse
from labwright.define.rules import RuleDef
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.testing.pipelines import pipelines

MOUSE = TableId("lab", "mouse")


def table(text: str, id_: TableId = MOUSE) -> TableDef:
    return resolve_table(id_, parse(text), lambda _: table("a : int8", TableId("lab", "a")), lambda t: t)


def said(old: str, new: str, **renames: str) -> list[str]:
    return [str(change) for change in diff(table(old), table(new), renames)]


@given(pipelines(), pipelines("other"), st.booleans(), st.sampled_from(["", "Person"]))
def test_the_changes_of_a_difference_lead_to_the_other_table(one: object, other: object, on: bool, owner: str) -> None:
    old = comparable(one.tables[-1])  # type: ignore[attr-defined]  # a Pipeline
    new = comparable(other.tables[-1])  # type: ignore[attr-defined]  # a Pipeline
    new = replace(new, history=on, owner=owner, rules=(RuleDef("r", "check", "is so", "{}"),), comment="new")
    gone = [n for n in old.heading if n not in new.heading]
    come = [n for n in new.heading if n not in old.heading]
    for renames in ({}, dict(zip(come, gone, strict=False))):
        assert apply(diff(old, new, renames), old) == new
    assert diff(old, old) == ()


def test_each_kind_of_change_says_what_it_does() -> None:
    assert said("x : int8", "x : int8\n---\ny = null : float32") == ["add attribute y = null : float32"]
    assert said("x : int8\n---\ny : int8", "x : int8") == ["drop attribute y with its values"]
    assert said("x : int8\n---\ny : int8", "x : int8\n---\nz : int8", z="y") == ["rename attribute y to z"]
    assert said("x : int8", "x : int16") == ["change the type of x from int8 to int16"]
    assert said("x : int8\n---\nindex(x)", "x : int8\n---\nunique index(x)") == [
        "drop index (x)",
        "add unique index (x)",
    ]
    assert said("x : int8", "x : int8\n-> a") == [
        "add key attribute a : int8",
        "add reference (a) -> lab.a (a)",
    ]


def test_attributes_change_places() -> None:
    old, new = table("x : int8\n---\na : int8\nb : int16"), table("x : int8\n---\nb : int8\na : int16")
    assert apply(diff(old, new, {"a": "b", "b": "a"}), old) == new


def test_a_rename_names_an_attribute_that_goes_and_one_that_comes() -> None:
    for renames, what in (({"z": "x"}, "stays"), ({"z": "w"}, "no attribute 'w'"), ({"w": "y"}, "no attribute 'w'")):
        with pytest.raises(DefinitionError, match=what):
            diff(table("x : int8\n---\ny : int8"), table("x : int8\n---\nz : int8"), renames)
    with pytest.raises(DefinitionError, match="twice"):
        diff(table("x : int8\n---\ny : int8"), table("x : int8\n---\nz : int8\nw : int8"), {"z": "y", "w": "y"})


def test_comments_tell_renames() -> None:
    old, new = table("x : int8\n---\ny : int8"), table("x : int8\n---\nz : int8  # {y} grams")
    assert renames_in(old, new) == {"z": "y"}
    assert renames_in(new, new) == {}
    assert [without_rename(c) for c in ("{y} grams", "grams", "{}")] == ["grams", "grams", "{}"]


def test_types_of_one_spelling_are_told_apart() -> None:
    spec = parse("x : int8\n---\ny : longblob")
    old, new = (
        resolve_table(MOUSE, in_generation(spec, g), lambda _: pytest.fail("no reference"), lambda t: t)
        for g in (CLASSIC, CURRENT)
    )
    assert [str(change) for change in diff(old, new)] == ["change the type of y from <blob> to bytes"]
