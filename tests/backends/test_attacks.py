"""Mistakes that once lost rows, changed values, or ended in an error of Python's own."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import DataError, DefinitionError, LabwrightError, QueryError


@pytest.fixture
def rat(schema: lw.Schema) -> Any:
    return table(schema, "Rat", "rat : int32\n---\nweight = 1.5 : float64\nprice = null : decimal(8,3)")


@pytest.mark.parametrize("verb", ["drop", "drop_quick"])
def test_a_restriction_is_not_dropped(rat: Any, verb: str) -> None:
    rat.insert([{"rat": 1}, {"rat": 2}])
    with pytest.raises(QueryError, match="restriction"):
        getattr(rat & "rat = 1", verb)()
    assert len(rat) == 2


def test_nan_never_becomes_the_default(rat: Any, backend: str) -> None:
    if backend == "postgres":
        rat.insert1({"rat": 1, "weight": float("nan")})
        assert np.isnan(rat.fetch1("weight"))
        return
    with pytest.raises(DataError, match=r"rat=2.*weight.*has no nan"):
        rat.insert([{"rat": 1, "weight": 2.0}, {"rat": 2, "weight": float("nan")}])
    assert len(rat) == 0


def test_zero_is_a_key_like_any_other(schema: lw.Schema) -> None:
    auto = table(schema, "Auto", "id : int auto_increment\n---\nx : int32")
    auto.insert1({"id": 0, "x": 5})
    auto.insert1({"x": 6})
    assert (auto & {"id": 0}).fetch1("x") == 5
    assert (auto & "x = 6").fetch1("id") > 0


@pytest.mark.parametrize("size", [0, -1, 2.5, "a"])
def test_a_chunk_has_rows(rat: Any, size: Any) -> None:
    with pytest.raises(QueryError, match="chunk_size"):
        rat.insert([{"rat": 1}], chunk_size=size)


def test_a_decimal_takes_a_float_of_numpy(rat: Any) -> None:
    rat.insert1({"rat": 1, "price": np.float64(2.5)})
    assert (rat & {"price": np.float64(2.5)}).fetch1("price") == Decimal("2.500")


def test_wrong_arguments_are_told(rat: Any, schema: lw.Schema) -> None:
    with pytest.raises(QueryError, match="order_by"):
        rat.to_dicts(order_by=5)
    with pytest.raises(QueryError, match="order_by"):
        lw.Top(3, order_by=5)  # type: ignore[arg-type]  # what is tried
    with pytest.raises(QueryError, match="one by one"):
        rat.fetch1(["rat", "weight"])
    for size in (0, -1, "a"):
        with pytest.raises(QueryError, match="size"):
            list(rat.iter_batches(size))
    with pytest.raises(DataError, match="insert takes rows"):
        rat.insert(int)
    with pytest.raises(DataError, match="parts takes a dict"):
        rat.insert([{"rat": 1}], parts=[{"rat": 1}])
    things: list[Any] = ["Rat", rat()]
    for thing in things:
        with pytest.raises(DefinitionError, match="takes classes"):
            schema(thing)


def test_where_nobody_answers_nothing_is_deleted(rat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rat.insert1({"rat": 1})
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(LabwrightError, match="nobody to ask"):
        rat.delete(prompt=True)
    assert len(rat) == 1
