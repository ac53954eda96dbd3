"""The history of tables whose form has changed: it stays, and what it tells can be undone."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

import labwright as lw
from labwright.core.errors import DataError, IntegrityError, MigrationError

MOUSE = "mouse : int32\n---\nname = 'x' : varchar(20)\nmass = null : float64\ncage = null : int32"
FORMS = {
    "added": (MOUSE + "\nsex = 'U' : varchar(1)", {"name": "a", "mass": 1.5, "cage": 5, "sex": "U"}),
    "dropped": ("mouse : int32\n---\nname = 'x' : varchar(20)\ncage = null : int32", {"name": "a", "cage": 5}),
    "renamed": (
        MOUSE.replace("name =", "nickname =").replace("(20)", "(20)  # {name}"),
        {"nickname": "a", "mass": 1.5, "cage": 5},
    ),
    "wider": (
        MOUSE.replace("(20)", "(40)").replace("cage = null : int32", "cage = null : int64"),
        {"name": "a", "mass": 1.5, "cage": 5},
    ),
    "another type": (
        MOUSE.replace("cage = null : int32", "cage = null : varchar(10)"),
        {"name": "a", "mass": 1.5, "cage": "5"},
    ),
    "another key": (
        MOUSE.replace("mouse : int32", "animal : int32  # {mouse}"),
        {"name": "a", "mass": 1.5, "cage": 5},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_happened_before_is_told_and_undone(schema: lw.Schema, form: str) -> None:
    definition, first = FORMS[form]
    mouse: Any = schema(type("Mouse", (lw.Manual,), {"definition": MOUSE}))
    mouse.insert([(1, "a", 1.5, 5), (2, "b", 2.5, 6)])
    mouse.update1({"mouse": 1, "name": "c", "mass": None, "cage": 7})
    (mouse & "mouse = 2").delete(prompt=False)
    mouse.definition = definition
    assert mouse.alter(prompt=False)
    key = mouse.primary_key[0]
    update, insert = mouse.history({key: 1})
    assert (update.op, insert.op) == ("update", "insert")
    assert {n: update.old[n] for n in first} == first
    rest = next(n for n in first if "name" in n)
    mouse.update1({key: 1, rest: "later"})
    lw.undo(mouse.history({key: 1})[0])
    lw.undo(update)
    assert (mouse & {key: 1}).to_dicts() == [{key: 1, **first}]
    lw.undo(mouse.history({key: 2})[0])
    assert (mouse & {key: 2}).fetch1(rest) == "b"
    mouse.delete(prompt=False)
    lw.undo(mouse.changes()[0])
    assert len(mouse()) == 2


PLAIN = "m : int32\n---\ns : varchar(8)"
GROWN = PLAIN + "\nextra = 7 : int32"
TIMED = PLAIN + "\nextra = CURRENT_TIMESTAMP : datetime(6)"
OTHER = PLAIN + "\nextra = 'none' : varchar(8)"


@pytest.mark.parametrize("forms", [(GROWN,), (TIMED,), (GROWN, PLAIN, GROWN), (OTHER, PLAIN, GROWN)])
@pytest.mark.parametrize("kept", [(True, True), (False, False), (False, True)])
def test_the_undo_of_an_update_leaves_what_was_added_later(
    schema: lw.Schema, forms: tuple[str, ...], kept: tuple[bool, bool]
) -> None:
    note: Any = schema(type("Note", (lw.Manual,), {"definition": PLAIN}))
    note.insert([(1, "a"), (2, "b")])
    note.update1({"m": 1, "s": "x"})
    (note & "m = 2").delete(prompt=False)
    deleted, updated = lw.changes(schema)
    note._keeps_history = kept[0]
    for form in forms:
        note.definition = form
        assert note.alter(prompt=False, lossy=True)
    note._keeps_history = kept[1]
    assert note.alter(prompt=False) == (kept[0] != kept[1])
    extra = note.fetch1("extra")
    lw.undo(updated)
    assert note.to_dicts() == [{"m": 1, "s": "a", "extra": extra}]
    lw.undo(deleted)
    assert type((note & "m = 2").fetch1("extra")) is type(extra)
    if kept[1]:
        note.update1({"m": 1, "extra": extra, "s": "z"})
        assert note.history({"m": 1})[0].changed == ("s",)


def test_what_no_longer_fits_is_told_all_the_same(schema: lw.Schema) -> None:
    mouse: Any = schema(type("Mouse", (lw.Manual,), {"definition": MOUSE}))
    mouse.insert1((1, "a long name", None, 100_000))
    mouse.update1({"mouse": 1, "name": "b", "cage": 7})
    mouse.definition = MOUSE.replace("(20)", "(4)").replace("cage = null : int32", "cage = null : int8")
    assert mouse.alter(prompt=False, lossy=True)
    (update, _) = mouse.history({"mouse": 1})
    assert (update.old["name"], update.old["cage"]) == ("a long name", 100_000)
    with pytest.raises((DataError, IntegrityError)):
        lw.undo(update)
    assert mouse.to_dicts() == [{"mouse": 1, "name": "b", "mass": None, "cage": 7}]
    assert mouse.history({"mouse": 1})[0].undone is None


def test_names_do_not_change_places_unseen(schema: lw.Schema) -> None:
    mouse: Any = schema(type("Mouse", (lw.Manual,), {"definition": SWAPPED}))
    mouse.insert1((1, 5, 6))
    with pytest.raises(MigrationError, match="two steps"):
        mouse.alter(prompt=False, renames={"cage": "mass", "mass": "cage"})


SWAPPED = "mouse : int32\n---\ncage = null : int32\nmass = null : int32"


@pytest.mark.parametrize("renames", [{"cage": "mass", "mass": "cage"}, {"cage": "mass"}])
def test_the_history_follows_names_that_were_taken(schema: lw.Schema, renames: dict[str, str]) -> None:
    mouse: Any = schema(type("Mouse", (lw.Manual,), {"definition": SWAPPED}))
    mouse.insert1((1, 5, 6))
    mouse.update1({"mouse": 1, "cage": 7, "mass": 8})
    mouse.definition = SWAPPED.replace("mass = null : int32", "mass = null : int32  # in g" * (len(renames) - 1))
    assert mouse.alter(prompt=False, renames=renames, lossy=True)
    row = {"mouse": 1, "cage": 8, "mass": 7}
    assert mouse.to_dicts() == [{n: row[n] for n in mouse.heading.names}]
    (update, _) = mouse.history({"mouse": 1})
    lw.undo(update)
    row = {"mouse": 1, "cage": 6, "mass": 5}
    assert mouse.to_dicts() == [{n: row[n] for n in mouse.heading.names}]


KINDS: dict[str, tuple[str, Any, Any, str]] = {
    "rounded": ("float64", 2.5, 3.0, "int32"),
    "no number": ("varchar(20)", "abc", "12", "int16"),
    "a number in another spelling": ("varchar(20)", "012", "12", "int16"),
    "no converter": ("int32", 5, None, "uuid"),
    "no label": ("varchar(20)", "red", "blue", "enum('blue')"),
    "no moment": ("varchar(36)", "x", "2026-01-01 00:00:00", "datetime"),
    "too long": ("text", "abcdefghi", "a", "char(8)"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_history_is_not_rounded_but_refused(schema: lw.Schema, kind: str) -> None:
    was, wrong, right, now = KINDS[kind]
    mouse: Any = schema(type("Mouse", (lw.Manual,), {"definition": f"mouse : int32\n---\nx = null : {was}"}))
    mouse.insert1((1, wrong))
    for value in filter(None, (right, "none")):
        mouse.update1({"mouse": 1, "x": None if value == "none" else value})
    mouse.definition = f"mouse : int32\n---\nx = null : {now}"
    with pytest.raises(MigrationError, match=f"'x' cannot be .* earlier rows.*{wrong}"):
        mouse.alter(prompt=False)
    *later, first, _ = mouse.history({"mouse": 1})
    assert [h.old["x"] for h in (*later, first)] == [*filter(None, [right]), wrong]
    assert mouse.alter(prompt=False, lossy=True)
    *later, first, _ = mouse.history({"mouse": 1})
    assert first.old["x"] is None
    for change in later:
        assert change.old["x"] is not None
        lw.undo(change)
    assert mouse.fetch1("x") == (later[0].old["x"] if later else None)


TURNED: dict[str, tuple[Any, dict[str, Any]]] = {
    "int32": (5, {"decimal(8,2)": Decimal("5.00"), "varchar(9)": "5", "float64": 5.0, "int64": 5}),
    "decimal(8,2)": (Decimal("5.00"), {"decimal(30,5)": Decimal("5.00000"), "int32": 5, "float64": 5.0}),
    "varchar(36)": ("7", {"int32": 7, "decimal(6,1)": None, "enum('7')": "7", "json": 7}),
    "uuid": (UUID(int=7), {"varchar(36)": str(UUID(int=7))}),
    "enum('a', 'b')": ("b", {"enum('b', 'a')": "b", "enum('a', 'b', 'c')": "b", "varchar(3)": "b"}),
    "date": (datetime.date(2026, 1, 2), {"datetime": datetime.datetime(2026, 1, 2), "varchar(10)": "2026-01-02"}),  # noqa: DTZ001
    "bool": (True, {"int8": 1}),
}


@pytest.mark.parametrize("was", TURNED)
def test_the_history_has_the_same_values_in_another_type(schema: lw.Schema, was: str) -> None:
    value, becomes = TURNED[was]
    for number, (now, other) in enumerate((n, o) for n, o in becomes.items() if o is not None):
        name = f"Mouse{number}"
        mouse: Any = schema(type(name, (lw.Manual,), {"definition": f"mouse : int32\n---\nx = null : {was}"}))
        mouse.insert1((1, value))
        mouse.update1({"mouse": 1, "x": None})
        mouse.definition = f"mouse : int32\n---\nx = null : {now}"
        assert mouse.alter(prompt=False)
        (update, _) = mouse.history({"mouse": 1})
        assert (update.old["x"], type(update.old["x"])) == (other, type(other))
        lw.undo(update)
        assert mouse.fetch1("x") == other


def test_the_history_of_a_table_without_rows_counts_too(schema: lw.Schema) -> None:
    mouse: Any = schema(type("Mouse", (lw.Manual,), {"definition": "mouse : int32\n---\nx : varchar(9)"}))
    mouse.insert1((1, "abc"))
    mouse.delete(prompt=False)
    mouse.definition = "mouse : int32\n---\nx : int32"
    with pytest.raises(MigrationError, match="earlier rows"):
        mouse.alter(prompt=False)
