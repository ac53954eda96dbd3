"""Arrow reads stored values by itself where it can: at the ends of every range it must read what Python reads."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any, Final

import pytest
from tests.backends.classes import table

DEFINITION: Final = """
id : int32
---
day = null : date
at = null : datetime
fine = null : datetime(6)
yes = null : bool
price = null : decimal(18,2)
share = null : decimal(18,18)
whole = null : decimal(5,0)
long = null : decimal(30,4)
tag = null : uuid
"""
LEAST: Final[dict[str, Any]] = {
    "id": 1,
    "day": datetime.date(1000, 1, 1),
    "at": datetime.datetime(1000, 1, 1),
    "fine": datetime.datetime(1000, 1, 1, 0, 0, 0, 1),
    "yes": False,
    "price": Decimal("-9999999999999999.99"),
    "share": Decimal("-0.999999999999999999"),
    "whole": Decimal(-99999),
    "long": Decimal("-1.5000"),
    "tag": uuid.UUID(int=0),
}
MOST: Final[dict[str, Any]] = {
    "id": 2,
    "day": datetime.date(9999, 12, 31),
    "at": datetime.datetime(9999, 12, 31, 23, 59, 59),
    "fine": datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    "yes": True,
    "price": Decimal("9999999999999999.99"),
    "share": Decimal("0.999999999999999999"),
    "whole": Decimal("0"),
    "long": Decimal("1.5000"),
    "tag": uuid.UUID(int=2**128 - 1),
}
NONE: Final[dict[str, Any]] = {**dict.fromkeys(LEAST), "id": 3}


@pytest.fixture
def ends(schema: Any) -> Any:
    """A table with the least and the most of every type, and nothing."""
    made = table(schema, "Ends", DEFINITION)
    made.insert([LEAST, MOST, NONE])
    return made


def test_arrow_holds_what_dicts_hold(ends: Any) -> None:
    arrow = ends.to_arrow(order_by="KEY")
    arrow.validate(full=True)
    rows = [r | {"tag": r["tag"] and str(r["tag"])} for r in ends.to_dicts(order_by="KEY")]
    assert arrow.to_pylist() == rows
    assert [str(r["price"]) for r in rows] == [str(r["price"]) for r in (LEAST, MOST, NONE)]


def test_a_zero_has_no_sign(ends: Any) -> None:
    ends.insert([{"id": 4, "price": Decimal("-0.00")}, {"id": 5, "price": Decimal("1.00")}])
    assert str((ends & {"id": 4}).fetch1("price")) == "0.00"
