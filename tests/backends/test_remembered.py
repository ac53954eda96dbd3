"""Queries of one shape share a statement, on every database, and each gets its own rows."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any, Final

import pytest
from tests.backends.classes import table

import labwright as lw

ROWS: Final[list[dict[str, Any]]] = [
    {
        "id": i,
        "name": f"m{i}%",
        "sex": "mf"[i % 2],
        "price": Decimal(i) / 4,
        "tag": uuid.UUID(int=i),
        "day": datetime.date(2024, 1, 1 + i),
        "seen": datetime.datetime.fromisoformat(f"2024-01-0{1 + i} 10:00:00"),
        "mass": None if i == 2 else i / 2,
        "info": {"n": i},
        "notes": [i, "x"],
    }
    for i in range(6)
]


@pytest.fixture
def mice(schema: lw.Schema) -> Any:
    mice = table(
        schema,
        "Mouse",
        "id : int32\n---\nname : varchar(9)\nsex : enum('m', 'f')\nprice : decimal(8, 2)\ntag : uuid\nday : date\n"
        "seen : datetime\nmass = null : float64\ninfo : json\nnotes : <blob>",
    )
    mice.insert(ROWS)
    return mice


@pytest.mark.parametrize("name", ["id", "name", "price", "tag", "day", "seen", "mass"])
def test_each_value_finds_its_row(name: str, mice: Any) -> None:
    for row in ROWS * 2:
        assert (mice & {name: row[name]}).fetch1() == row
        assert (mice & {name: row[name]}).fetch1("id") == row["id"]
        assert (mice & {"info.n": row["id"]}).fetch1("notes") == row["notes"]


def test_other_types_and_what_is_missing(mice: Any) -> None:
    for value, found in ((1, 1), ("2", 1), (3.0, 1), (99, 0), (1 << 40, 0)):
        assert len(mice & {"id": value}) == found
    nan_ids = [] if mice().db.dialect.keeps_nan else [2]
    for mass, ids in ((0.5, [1]), (None, [2]), (float("inf"), []), (float("nan"), nan_ids), (1.5, [3])):
        assert (mice & {"mass": mass}).to_arrays("id").tolist() == ids
    for sex, found in (("m", 3), ("x", 0), ("f", 3)):
        assert len(mice & {"sex": sex}) == found
        assert bool(mice - {"sex": sex}) == (found < 6)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_lists_of_any_length(count: int, mice: Any) -> None:
    for start in (0, 1):
        rows = ROWS[start : start + count]
        keys = [{"id": r["id"], "tag": r["tag"]} for r in rows]
        assert (mice & keys).to_dicts(order_by="id") == rows
        assert (mice & [{"mass": r["mass"]} for r in rows]).to_dicts(order_by="id") == rows
        assert (mice & lw.Top(count, "id", start)).to_dicts() == rows


def test_a_table_made_anew_is_read_as_it_is_now(mice: Any, schema: lw.Schema, project: lw.Project) -> None:
    assert (mice & {"id": 1}).fetch1("sex") == "f"
    mice.drop(prompt=False)
    again = lw.Schema(schema.database_name, connection=project)
    anew = table(again, "Mouse", "id : varchar(5)\n---\nsex : int8\nborn = null : date")
    anew.insert1({"id": "1", "sex": 7})
    for _ in range(2):
        assert (anew & {"id": 1}).fetch1() == {"id": "1", "sex": 7, "born": None}
        assert (anew & {"id": "1"}).fetch1("sex") == 7
        assert len(anew & {"sex": 7}) == 1
