"""Mistakes that once lost rows, changed values, or ended in an error of Python's own."""

from __future__ import annotations

import io
import threading
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import DataError, DefinitionError, LabwrightError, QueryError, ThreadSafetyError
from labwright.tables.project import forget_default


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


def test_a_new_thread_does_not_write_somewhere_else(rat: Any, schema: lw.Schema) -> None:
    """A thread begins without the project that was entered around it."""
    told: list[str] = []
    project = schema.project

    def insert() -> None:
        try:
            rat.insert1({"rat": 1})
        except ThreadSafetyError as error:
            told.append(str(error))
        with project:
            rat.insert1({"rat": 2})

    forget_default()
    thread = threading.Thread(target=insert)
    thread.start()
    thread.join()
    assert len(told) == 1
    assert "Enter it here as well" in told[0]
    assert rat.keys() == [{"rat": 2}]


def test_a_project_stays_open_until_the_last_has_left_it() -> None:
    project = lw.Project("sqlite:///:memory:")
    with project:
        with project:
            project.connection.execute("CREATE TABLE t (x)")
        assert project.connection.fetch("SELECT count(*) FROM t") == [(0,)]


def test_parts_of_another_master_are_refused(schema: lw.Schema) -> None:
    bit = part("Bit", "-> master\nbit : int32")
    whole = table(schema, "Whole", "whole : int32", Bit=bit)
    whole.insert1({"whole": 1})
    with pytest.raises(DataError, match="Bit, row 1: whole=1 is none of the master rows"):
        whole.insert([{"whole": 2}], parts={"Bit": [{"whole": 2, "bit": 1}, {"whole": 1, "bit": 1}]})
    assert len(whole) == 1
    whole.insert([{"whole": 2}], parts={"Bit": [{"whole": "2", "bit": 1}]})
    assert len(whole.Bit) == 1


def test_a_make_in_parts_inserts_at_its_end_alone(rat: Any, schema: lw.Schema) -> None:
    def too_early(self: Any, key: dict[str, Any]) -> Any:
        self.insert1({**key, "x": 1})
        yield 1

    def too_long(self: Any, key: dict[str, Any]) -> Any:
        computed = yield 1
        if computed is None:
            yield 2
        self.insert1({**key, "x": 1})
        yield
        yield

    rat.insert1({"rat": 1})
    definition = "-> Rat\n---\nx : int32"
    early = table(schema, "Early", definition, lw.Computed, make=too_early)
    late = table(schema, "Late", definition, lw.Computed, make=too_long)
    with pytest.raises(LabwrightError, match="filled by populate"):
        early.populate()
    with pytest.raises(LabwrightError, match="goes on yielding"):
        late.populate()
    assert len(early) == len(late) == 0


def test_counting_goes_on_after_the_greatest_number(schema: lw.Schema) -> None:
    auto = table(schema, "Auto", "id : int auto_increment\n---\nx : int32")
    auto.insert1({"x": 1})
    auto.insert1({"id": 100, "x": 2})
    auto.insert([{"id": 40, "x": 3}, {"id": 41, "x": 4}])
    auto.insert1({"x": 5})
    assert (auto & "x = 5").fetch1("id") == 101
