"""How long a statement may take."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.conftest import Bench

import labwright as lw
from labwright.core.errors import DataError, ServerError

SHORT = 0.2


@pytest.fixture
def number(schema: lw.Schema) -> Any:
    """Few rows, of which a join of many copies never ends."""
    found = table(schema, "Number", "number : int32")
    found.insert([(n,) for n in range(200)])
    return found


def endless(number: Any) -> Any:
    """All pairs, triples, ... of numbers."""
    found = number()
    for n in range(1, 8):
        found = found * number.proj(**{f"other{n}": "number"})
    return found & "number + other1 + other2 + other3 + other4 + other5 + other6 + other7 < 0"


def asked_of(call: Any) -> str:
    with pytest.raises(ServerError) as caught, lw.limits(seconds=SHORT):
        call()
    assert caught.value.violation is not None
    return caught.value.violation.reason


def test_a_query_is_ended(number: Any) -> None:
    assert asked_of(lambda: len(endless(number))) == "timeout"
    assert len(number()) == 200


def test_rows_that_are_read_one_by_one_are_ended(number: Any) -> None:
    def read() -> None:
        with lw.limits(seconds=SHORT / number().connection._driver.streams_longer):
            next(iter(endless(number)))

    assert asked_of(read) == "timeout"


def test_within_a_transaction_nothing_is_stored(number: Any) -> None:
    connection = number().connection

    def change() -> None:
        with connection.transaction:
            number.insert1((1000,))
            len(endless(number))

    assert asked_of(change) == "timeout"
    assert not number & "number = 1000"


def test_a_transaction_goes_on_after_what_is_undone(number: Any) -> None:
    connection = number().connection

    def undone() -> None:
        with connection.atomic():
            number.insert1((1001,))
            len(endless(number))

    with lw.limits(seconds=SHORT), connection.transaction:
        number.insert1((1000,))
        with pytest.raises(ServerError):
            undone()
        number.insert1((1002,))
    assert sorted((number & "number > 999").to_arrays("number")) == [1000, 1002]


def test_a_change_is_ended(bench: Bench) -> None:
    bench.run("CREATE TABLE @t (n int)")
    bench.connection.executemany(bench.sql("INSERT INTO @t VALUES (?)"), [(n,) for n in range(200)])
    joined = ", ".join(f"@t AS t{i}" for i in range(7))
    longer = f"UPDATE @t SET n = (SELECT count(*) FROM {joined} WHERE t1.n + t2.n + t3.n + t4.n + t5.n + t6.n < 0)"
    if bench.connection.server_version.product in ("mysql", "mariadb"):  # which reads no table that it changes
        bench.run("CREATE TABLE @u (n int)")
        bench.run("INSERT INTO @u VALUES (1)")
        longer = longer.replace("UPDATE @t", "UPDATE @u")
    with pytest.raises(ServerError), lw.limits(seconds=SHORT):
        bench.run(longer)
    assert bench.count("t") == 200


def test_each_statement_has_its_own_time(number: Any) -> None:
    with lw.limits(seconds=0.5):
        for _ in range(300):
            assert len(number()) == 200


def test_outside_of_the_block_statements_take_as_long_as_they_like(number: Any) -> None:
    connection = number().connection
    with lw.limits(seconds=SHORT):
        assert len(number()) == 200
        assert [len(list(number())) for _ in range(2)] == [200, 200]
    assert len(number * number.proj(a="number") & "number + a >= 0") == 200 * 200
    assert {entry.seconds for entry in connection._pool._entries} <= {None, SHORT * connection._driver.streams_longer}


@pytest.mark.parametrize("wrong", [0, -1, float("inf"), float("nan"), True, "1"])
def test_what_is_no_limit_is_refused(wrong: Any) -> None:
    with pytest.raises(DataError, match="seconds is a number above 0"), lw.limits(seconds=wrong):
        pass
    with pytest.raises(DataError, match="unpacked is a number above 0"), lw.limits(unpacked=wrong):
        pass
