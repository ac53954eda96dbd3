"""What no database can hold is refused in the same way on all of them, and leaves nothing half done."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import AccessError, DataError, DefinitionError, ServerError
from labwright.sql.connection import Connection

INT64 = 1 << 63


@pytest.mark.parametrize(
    ("definition", "fitting"),
    [
        ("a : varchar(769)", "varchar(768)"),
        ("a : varchar(767)\nb : int64", "varchar(766)"),
        ("a : varchar(700)\nb : varchar(600)", "varchar(168)"),
        ("-> Long\nb : varchar(70)", "'label' as varchar(698)"),
    ],
)
def test_a_key_with_too_many_bytes(
    definition: str, fitting: str, schema: lw.Schema, project: lw.Project, backend: str
) -> None:
    first = table(schema, "Long", "label : varchar(700)")
    wide = table(schema, "Wide", definition)
    if backend != "mysql":
        assert len(wide) == 0
        return
    with pytest.raises(DefinitionError, match=r"wide: the primary key .*3072 is the limit") as caught:
        len(first)
    assert f"{fitting}, or" in str(caught.value)
    assert not schema.exists


def test_a_key_of_as_many_bytes_as_there_may_be(schema: lw.Schema) -> None:
    wide = table(schema, "Wide", "a : varchar(753)\nb : uuid\nc : decimal(20, 5)\nd : datetime(3)\ne : int64\nf : bool")
    wide = table(schema, "Wider", "a : varchar(768)", Tip=part("Tip", "-> master\n---\nb : varchar(9)"))
    assert (len(wide), len(wide.Tip)) == (0, 0)


@pytest.fixture
def number(schema: lw.Schema) -> Any:
    made = table(schema, "Number", "a : int64\n---\nf = null : float64\ng = null : float32\nn = 3 : int32")
    made.insert([{"a": 1, "f": 1.5, "g": 0.5}, {"a": INT64 - 1}, {"a": -INT64}])
    return made


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_nothing_is_equal_to_infinity_where_there_is_none(value: float, number: Any) -> None:
    for name in ("f", "g"):
        assert (number & {name: value}).to_dicts() == []
        assert len(number - {name: value}) == 3
        assert (number & [{name: value}, {name: 0.5}, {name: 1.5}]).keys() == [{"a": 1}]
        assert (number & [{name: value, "a": 1}, {name: value, "a": 2}]).keys() == []
        assert (number & {name: value}).delete(prompt=False) == 0


def test_keys_with_infinity(schema: lw.Schema) -> None:
    scale = table(schema, "Scale", "x : float64")
    scale.insert([(0.5,), (1.5,)])
    assert (scale & [{"x": math.inf}, {"x": 0.5}]).delete(prompt=False) == 1
    assert (scale & [{"x": math.inf}, {"x": -math.inf}]).delete(prompt=False) == 0
    assert scale.keys() == [{"x": 1.5}]


@pytest.mark.parametrize(
    "expression",
    ["a + 1", "a - 2", "a * 2", "-a", "(a + 1) % 5", "a div -1", "9223372036854775807 + 1", "n * n * a", "abs(a)",
     "round(a, -1)"],
)  # fmt: skip
def test_whole_numbers_beyond_64_bits(expression: str, number: Any) -> None:
    with pytest.raises(DataError, match="out of range"):
        number.proj(x=expression).to_dicts()


@pytest.mark.parametrize(
    ("condition", "found"), [("a + n > 0", [-INT64]), ("n * n * n > 20", [1]), ("n * 4611686018427387904 < a", [])]
)
def test_conditions_with_them(condition: str, found: list[int], number: Any) -> None:
    rows = number & {"a": found[0]} if found else number
    if condition.startswith("n * 4"):
        with pytest.raises(DataError, match="out of range"):
            (rows & condition).to_dicts()
        return
    assert len(rows & condition) == (condition == "n * n * n > 20")


def test_a_sum_beyond_64_bits(number: Any) -> None:
    number.insert1({"a": INT64 - 2})
    with pytest.raises(DataError, match="out of range"):
        lw.U().aggr(number & "a > 1", x="sum(a)").to_dicts()


def small(path: Path, pages: int) -> lw.Project:
    """A project in a file that can have so many pages and no more."""

    def limit(raw: sqlite3.Connection) -> None:
        raw.execute(f"PRAGMA max_page_count = {pages}")

    return lw.Project(connection=Connection(f"sqlite:///{path}", on_connect=limit))


@pytest.mark.parametrize("chunk_size", [None, 100])
def test_inserting_into_a_full_file(chunk_size: int | None, tmp_path: Path) -> None:
    with small(tmp_path / "full.db", 40) as project:
        schema = lw.Schema("lab", connection=project)
        note = table(schema, "Note", "i : int32\n---\ntext : varchar(1000)")
        note.insert1((0, "first"))
        with pytest.raises(ServerError, match=r"full.*nothing was half written") as caught:
            note.insert(((i, "x" * 1000) for i in range(1, 1000)), chunk_size=chunk_size)
        assert caught.value.violation is not None
        assert caught.value.violation.reason == "full"
        kept = len(note)
        assert kept % 100 == 1 if chunk_size else kept == 1
        note.delete(prompt=False)
        note.insert1((5, "there is room again"))
        assert note.keys() == [{"i": 5}]


def test_declaring_in_a_full_file(tmp_path: Path) -> None:
    with small(tmp_path / "full.db", 12) as project:
        schema = lw.Schema("lab", connection=project)
        for i in range(20):
            table(schema, f"Note{i}", "i : int32\n---\nt : varchar(9)\nindex (t)")
        with pytest.raises(ServerError, match="full"):
            schema.ensure_declared()
        assert not schema.exists
        other = lw.Schema("other", connection=project)
        note = table(other, "Note", "i : int32")
        note.insert1((1,))
        assert len(note) == 1


def test_writing_into_a_file_that_is_open_for_reading(tmp_path: Path) -> None:
    file = tmp_path / "lab.db"
    with lw.Project(f"sqlite:///{file}") as project:
        table(lw.Schema("lab", connection=project), "Note", "i : int32").insert1((1,))
    with lw.Project(f"sqlite:///{file}?mode=ro") as project:
        schema = lw.Schema("lab", connection=project)
        note = table(schema, "Note", "i : int32")
        assert note.to_dicts() == [{"i": 1}]
        for change in (lambda: note.insert1((2,)), lambda: note.delete(prompt=False), note.delete_quick):
            with pytest.raises(AccessError, match="is read-only"):
                change()
        other = table(schema, "Other", "i : int32")
        with pytest.raises(AccessError, match="is read-only"):
            len(other)
