"""The history of tables whose form has changed: it stays, and what it tells can be undone."""

from __future__ import annotations

from typing import Any

import pytest

import labwright as lw
from labwright.core.errors import DataError, IntegrityError

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
