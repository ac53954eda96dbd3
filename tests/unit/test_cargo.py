"""How what stores several computations is put together."""

from __future__ import annotations

import pytest

from labwright.sql.assertions import ASSERTIONS
from labwright.sql.cargo import BOUND, Cargo, Load
from labwright.sql.drivers import driver_for
from labwright.sql.drivers.base import Order
from labwright.sql.reads import Read, digest_rows
from labwright.sql.recheck import Known
from labwright.sql.repeated import Repeated
from labwright.sql.statement import Statement
from labwright.sql.url import parse_url

INSERT = Repeated("INSERT INTO trace (cell, mean) VALUES ", "(%s, %s)")
PARTS = Repeated("INSERT INTO trace__peak (cell, peak) VALUES ", "(%s, %s)", " ON CONFLICT DO NOTHING")
DONE = Repeated("DELETE FROM job WHERE ", "(job = %s AND token = %s)", between=" OR ")


def read(sql: str, value: int) -> Read:
    return Read(sql, (value,), digest_rows([(0.5,)]), 1, ((0.5,),), 1)


def load(key: int, table: str = "cell", *inserts: Order) -> Load:
    return Load(
        [Statement(DONE, (key, 1))],
        [read(f"SELECT size FROM {table} WHERE cell = %s", key)],
        [*inserts] or [Order(INSERT, ((key, 0.5),))],
        {"trace"},
        [Statement("INSERT INTO clock (cell) VALUES (%s)", (key,))],
    )


def cargo(*loads: Load, product: str = "postgres") -> Cargo:
    address = {"sqlite": "sqlite://", "mariadb": "mysql://h"}.get(product, "postgresql://h/d")
    driver = driver_for(parse_url(address))
    return Cargo(driver, Known(lambda: product), ASSERTIONS[product], loads)


def sent(*loads: Load, product: str = "postgres") -> list[str]:
    """The beginnings of what is sent."""
    made = cargo(*loads, product=product)
    assert made.fits
    return [
        next(word for word in ("DELETE", "SELECT size", "trace__peak", "trace", "clock") if word in o.sql)
        for o in made.orders
    ]


def test_a_statement_is_said_of_several_rows() -> None:
    assert PARTS == "INSERT INTO trace__peak (cell, peak) VALUES (%s, %s) ON CONFLICT DO NOTHING"
    assert PARTS.times(2).endswith("VALUES (%s, %s), (%s, %s) ON CONFLICT DO NOTHING")
    assert DONE.times(2) == "DELETE FROM job WHERE (job = %s AND token = %s) OR (job = %s AND token = %s)"


@pytest.mark.parametrize("product", ["postgres", "mariadb"])
def test_several_computations_are_told_in_one_statement_of_a_kind(product: str) -> None:
    made = cargo(load(1), load(2), load(3), product=product)
    demand, insert, *_ = made.orders
    assert DONE.times(3) in demand.sql
    assert ("= 3" if product == "postgres" else "<> 3") in demand.sql, "each has to be there"
    assert demand.rows == ([1, 1, 2, 1, 3, 1],)
    assert insert == (INSERT.times(3), ([1, 0.5, 2, 0.5, 3, 0.5],))
    assert sent(load(1), load(2), product=product) == [
        "DELETE",
        "trace",
        "clock",
        "clock",
        "SELECT size",
        "SELECT size",
    ]


def test_one_computation_is_one_statement() -> None:
    (order,) = cargo(load(1)).orders
    assert order.rows == ((1, 1, 1, 1, 0.5, 1, 0.5),), "job and token, cell, cell and mean, cell, size"
    assert order.sql.count("%s") == 7
    assert [order.sql.count(f" AS ({word}") for word in ("DELETE", "SELECT", "INSERT")] == [1, 1, 2]
    assert "cell = %s FOR SHARE)" in order.sql


@pytest.mark.parametrize("sql", ["SELECT count(*) FROM cell", "SELECT avg(size) FROM cell WHERE cell = %s"])
def test_one_that_read_what_cannot_be_held_is_several(sql: str) -> None:
    one = load(1)
    one.reads[:] = [read(sql, 1)]
    assert len(cargo(one).orders) == 4


def test_one_that_fills_several_tables_is_several() -> None:
    one = load(1, "cell", Order(INSERT, ((1, 0.5),)), Order(PARTS, ((1, 2),)))
    one.tables.add("trace__peak")
    assert len(cargo(one).orders) == 5


def test_one_that_changes_what_it_has_inserted_is_several() -> None:
    one = load(1)
    one.closing[:] = [Statement("UPDATE trace SET mean = 0 WHERE cell = %s", (1,))]
    assert len(cargo(one).orders) == 4


def test_a_file_is_told_row_by_row() -> None:
    made = cargo(load(1), load(2), product="sqlite")
    assert sorted(order.sql.count("?") + order.sql.count("%s") for order in made.orders) == [1, 1, 1, 2, 2, 2]
    assert not made.is_complete


def test_who_has_read_what_another_inserts_comes_after_the_other() -> None:
    one = ["DELETE", "SELECT size", "trace", "clock"]
    assert sent(load(1, "trace"), load(2)) == one + one
    assert sent(load(1), load(2, "`~log_trace`")) == one + one


def test_tables_are_filled_in_the_order_of_each() -> None:
    master, part = Order(INSERT, ((1, 0.5),)), Order(PARTS, ((1, 2), (1, 3)))
    assert sent(load(1, "cell", master, part), load(2, "cell", master, part))[1:3] == ["trace", "trace__peak"]
    backwards = sent(load(1, "cell", master, part), load(2, "cell", part, master))
    assert [word for word in backwards if word.startswith("trace")] == ["trace", "trace__peak", "trace__peak", "trace"]


def test_no_statement_binds_more_than_servers_take() -> None:
    rows = [(n, 0.5) for n in range(BOUND)]
    inserts = [
        order for order in cargo(load(1, "cell", Order(INSERT, rows)), product="mariadb").orders if "trace" in order.sql
    ]
    assert [len(order.rows[0]) for order in inserts] == [BOUND, BOUND]
    assert [value for order in inserts for value in order.rows[0]] == [value for row in rows for value in row]


def test_more_than_a_server_takes_at_once_is_not_put_together() -> None:
    long = Order(INSERT, ((1, "x" * 2_000_000),))
    assert not cargo(load(1, "cell", long), product="mariadb").fits
