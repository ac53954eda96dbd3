"""A condition on a path in json compares numbers as numbers, on every database."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import DataError, QueryError

WEIGHTS = (5, 5.0, 5.5, "5", True, 0, False, None, 2**53 + 1, [5], -0.0, 1)


@pytest.fixture
def note(schema: lw.Schema) -> Any:
    made = table(schema, "Note", "id : int32\n---\ninfo : json")
    made.insert((i, {"weight": w}) for i, w in enumerate(WEIGHTS))
    made.insert1((len(WEIGHTS), {}))
    return made


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (5, [0, 1]),
        (5.0, [0, 1]),
        (np.int16(5), [0, 1]),
        (np.float32(5), [0, 1]),
        (Decimal(5), [0, 1]),
        (5.5, [2]),
        (True, [4]),
        (np.bool_(True), [4]),
        (False, [6]),
        (1, [11]),
        (0, [5, 10]),
        (2**53 + 1, [8]),
        (2**53, []),
        (2**70, []),
        (math.inf, []),
        (-math.inf, []),
        (None, [7, 12]),
        (math.nan, [7, 12]),
    ],
)
def test_equal(value: Any, ids: list[int], note: Any) -> None:
    everyone = set(range(len(WEIGHTS) + 1))
    assert [k["id"] for k in (note & {"info.weight": value}).keys(order_by="KEY")] == ids
    assert [k["id"] for k in (note & [{"info.weight": value}, {"info.weight": value}]).keys(order_by="KEY")] == ids
    assert {k["id"] for k in note - {"info.weight": value}} == everyone - set(ids)


@pytest.mark.parametrize("text", ["info->'$.weight' = 5", "info->'$.weight' = 5.0", "5 = info->'$.weight'"])
def test_equal_in_text(text: str, note: Any) -> None:
    assert [k["id"] for k in (note & text).keys(order_by="KEY")] == [0, 1]


@pytest.mark.parametrize("value", [[5], {"a": 5}, datetime.date(2024, 1, 1), b"5"])
def test_what_json_does_not_hold(value: Any, note: Any) -> None:
    with pytest.raises(QueryError, match=r"'info\.weight' cannot be compared with.*Give one of these"):
        note & {"info.weight": value}


def test_a_type_is_asked_for(note: Any) -> None:
    assert (note & {"info.weight:int64": 5}).keys() == [{"id": 0}]
    assert len(note & {"info.weight:int8": 500}) == 0
    with pytest.raises(DataError, match=r"'info\.weight:int64'.*whole number"):
        note & {"info.weight:int64": "heavy"}
