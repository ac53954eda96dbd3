"""Tables tell how they refer to each other, whoever made them, across schemas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from tests.backends.classes import part, table
from tests.backends.statements import sent_by

import labwright as lw


@pytest.fixture
def lab(schema: lw.Schema, prefix: str) -> Any:
    table(schema, "Mouse", "mouse : int32\nstrain : varchar(9)")
    table(schema, "Litter", "-> Mouse.proj(mother='mouse', mother_strain='strain')\n---\n-> [nullable] Mouse\nn : int8")
    table(schema, "Tag", "-> Mouse\n---\ntag : int32")
    cell = part(
        "Cell", "-> master\ncell : int32\n---\n-> [nullable, unique] Mouse.proj(donor='mouse', donor_strain='strain')"
    )
    table(schema, "Culture", "culture : int32", Cell=cell)
    other = lw.Schema(f"{prefix}other", connection=schema.project)
    table(other, "Visit", "visit : int32\n---\n-> Mouse", context={"Mouse": schema["Mouse"]})
    schema.ensure_declared()
    other.ensure_declared()
    return schema


def told(reference: lw.Reference) -> tuple[Any, ...]:
    return (
        ".".join(reference.table.class_path), ".".join(reference.parent.class_path), dict(reference.pairs),
        reference.nullable, reference.unique, reference.in_key, reference.is_part,
    )  # fmt: skip


MOTHER = ("Litter", "Mouse", {"mother": "mouse", "mother_strain": "strain"}, False, True, True, False)
FATHER = ("Litter", "Mouse", {"mouse": "mouse", "strain": "strain"}, True, False, False, False)
TAG = ("Tag", "Mouse", {"mouse": "mouse", "strain": "strain"}, False, True, True, False)
MASTER = ("Culture.Cell", "Culture", {"culture": "culture"}, False, False, True, True)
DONOR = ("Culture.Cell", "Mouse", {"donor": "mouse", "donor_strain": "strain"}, True, True, False, False)
VISIT = ("Visit", "Mouse", {"mouse": "mouse", "strain": "strain"}, False, False, False, False)


@pytest.mark.parametrize("seen_by", ["code", "virtual", "free"])
def test_both_ways(seen_by: str, lab: Any) -> None:
    virtual = lw.virtual_schema(lab.database, connection=lab.project)
    find: dict[str, Callable[[str], Any]] = {
        "code": lambda name: lab[name],
        "virtual": lambda name: getattr(virtual, name),
        "free": lambda name: lw.FreeTable(lab.project, lab[name].full_table_name),
    }
    mouse, litter = find[seen_by]("Mouse"), find[seen_by]("Litter")
    assert mouse.refers_to() == ()
    assert [told(r) for r in litter.refers_to()] == [MOTHER, FATHER]
    assert [told(r) for r in lab["Culture"].Cell.refers_to()] == [MASTER, DONOR]
    assert sorted(map(told, mouse.referenced_by()), key=repr) == sorted([MOTHER, FATHER, TAG, DONOR, VISIT], key=repr)
    assert [told(r) for r in find[seen_by]("Culture").referenced_by()] == [MASTER]
    assert {r for r in mouse.referenced_by() if r.table == litter.refers_to()[0].table} == set(litter.refers_to())
    (visit,) = [r for r in mouse.referenced_by() if r.table.class_path == ("Visit",)]
    assert (visit.table.schema, visit.parent.schema) == (f"{lab.database[:-3]}other", lab.database)


def test_it_is_frozen_and_asks_next_to_nothing(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lab["Mouse"].referenced_by()
    sent = sent_by(lab.project, monkeypatch)
    assert lab["Litter"].refers_to()
    assert sent == []
    assert lab["Mouse"].referenced_by() == first
    assert len(sent) <= 2
    with pytest.raises(FrozenInstanceError):
        first[0].unique = True
