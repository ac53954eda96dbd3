# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import copy
import datetime
import decimal
import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.backends.conftest import Bench, OpenConnection, Relay

from labwright.core.errors import (
    ConfigError,
    DuplicateError,
    LabwrightError,
    LockError,
    LostConnectionError,
    QueryError,
)
from labwright.sql import pool as pool_module
from labwright.sql.connection import Connection
from labwright.tables.config import config
from labwright.tables.project import Project


def test_nothing_is_opened_before_the_first_statement(open_connection: OpenConnection) -> None:
    connection = open_connection()
    assert not connection.is_connected
    connection.ping()
    opened = connection.is_connected
    connection.close()
    assert (opened, connection.is_connected) == (True, False)


def test_a_closed_connection_says_so_and_can_be_opened_again(open_connection: OpenConnection) -> None:
    connection = open_connection()
    connection.close()
    with pytest.raises(LostConnectionError, match="has been closed"):
        connection.ping()
    assert connection.connect().is_connected


def test_server_version(bench: Bench) -> None:
    version = bench.connection.server_version
    assert version.product in {"sqlite", "postgres", "mysql", "mariadb"}
    assert version.numbers >= (3,)
    assert str(version).startswith(".".join(map(str, version.numbers)))


def test_execute_counts(bench: Bench) -> None:
    bench.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer)")
    insert = bench.connection.execute(bench.sql("INSERT INTO @t VALUES (?, ?), (?, ?)"), (1, 1, 2, 1))
    assert (insert.rows, insert.rowcount) == ([], 2)
    assert bench.run("UPDATE @t SET b = ?", 1) == 2, "rows matched are counted, not rows changed"
    assert bench.run("DELETE FROM @t WHERE a = ?", 3) == 0
    select = bench.connection.execute(bench.sql("SELECT a FROM @t ORDER BY a"))
    assert (select.rows, select.rowcount) == ([(1,), (2,)], 2)


def test_last_row(bench: Bench) -> None:
    kind = {"sqlite": "integer PRIMARY KEY AUTOINCREMENT", "mysql": "integer PRIMARY KEY AUTO_INCREMENT"}
    bench.run(f"CREATE TABLE @t (a {kind.get(bench.connection.backend, 'serial PRIMARY KEY')}, b integer)")
    result = bench.connection.execute(bench.sql("INSERT INTO @t (b) VALUES (?)"), (5,))
    assert result.lastrowid == (None if bench.connection.backend == "postgres" else 1)


def test_values_are_never_text(bench: Bench) -> None:
    bench.run("CREATE TABLE @t (a varchar(200))")
    texts = ["", "'; DROP TABLE x; --", '"', "\\", "\\'", "%s %% %(a)s ?", "é 漢字 🧠", "a\nb\tc", "`", "\x1a"]
    assert bench.connection.executemany(bench.sql("INSERT INTO @t VALUES (?)"), [(text,) for text in texts]) == len(
        texts
    )
    for text in texts:
        assert bench.rows("SELECT a FROM @t WHERE a = ?", text) == [(text,)]


def test_a_literal_percent_sign(bench: Bench) -> None:
    percent = "%" if bench.connection.backend == "sqlite" else "%%"
    assert bench.rows(f"SELECT 'a{percent}b'") == [("a%b",)]


_TYPES: dict[str, list[tuple[str, Any]]] = {
    "sqlite": [("integer", -(2**63)), ("real", 0.1), ("text", "é"), ("blob", b"\x00\xff'\\")],
    "postgres": [
        ("bigint", -(2**63)),
        ("double precision", 0.1),
        ("real", 1.5),
        ("numeric(20, 3)", decimal.Decimal("12345678901234567.125")),
        ("text", "é\\'"),
        ("bytea", b"\x00\xff'\\"),
        ("timestamp(6)", datetime.datetime(2024, 2, 29, 23, 59, 59, 999999)),
        ("date", datetime.date(1, 1, 1)),
        ("time", datetime.time(23, 59, 59, 1)),
        ("jsonb", '{"a": 1}'),
        ("json", "[1,  2]"),
        ("boolean", True),
    ],
    "mysql": [
        ("bigint", -(2**63)),
        ("bigint unsigned", 2**64 - 1),
        ("double", 0.1),
        ("float", 1.5),
        ("decimal(20, 3)", decimal.Decimal("12345678901234567.125")),
        ("varchar(9) COLLATE utf8mb4_bin", "é\\'"),
        ("text", "é\\'"),
        ("longblob", b"\x00\xff'\\"),
        ("binary(3)", b"\x00\xff'"),
        ("datetime(6)", datetime.datetime(2024, 2, 29, 23, 59, 59, 999999)),
        ("datetime", datetime.datetime(2024, 2, 29, 23, 59, 59)),
        ("date", datetime.date(1000, 1, 1)),
        ("time(6)", -datetime.timedelta(hours=700, seconds=1, microseconds=1)),
        ("time", datetime.timedelta(hours=23)),
        ("json", '{"a": 1}'),
        ("year", 2024),
        ("enum('a', 'b')", "b"),
    ],
}


@pytest.mark.parametrize("driver", ["", "pymysql"])
def test_types(bench: Bench, open_connection: OpenConnection, driver: str) -> None:
    url = bench.connection.url
    if driver and url.backend == "mysql":
        bench = bench.beside(open_connection(replace(url, options=(*url.options, ("driver", driver)))))
    types = _TYPES[url.backend]
    bench.run(f"CREATE TABLE @t ({', '.join(f'c{i} {kind}' for i, (kind, _) in enumerate(types))})")
    values = tuple(value for _, value in types)
    marks = ", ".join("?" for _ in values)
    bench.run(f"INSERT INTO @t VALUES ({marks})", *values)
    bench.run(f"INSERT INTO @t VALUES ({marks})", *(None for _ in values))
    (row,) = bench.rows("SELECT * FROM @t WHERE c0 IS NOT NULL")
    assert row == values
    assert [type(value) for value in row] == [type(value) for value in values]
    assert bench.rows("SELECT * FROM @t WHERE c0 IS NULL") == [(None,) * len(values)]


@pytest.mark.parametrize("driver", ["", "pymysql"])
@pytest.mark.parametrize("size", [0, 999, 1000, 300_000])
def test_bytes_of_any_size(bench: Bench, open_connection: OpenConnection, driver: str, size: int) -> None:
    url = bench.connection.url
    if driver and url.backend == "mysql":
        bench = bench.beside(open_connection(replace(url, options=(*url.options, ("driver", driver)))))
    kind = {"sqlite": "blob", "postgres": "bytea", "mysql": "longblob"}[url.backend]
    bench.run(f"CREATE TABLE @t (n int, data {kind})")
    value = (bytes(range(256)) * (size // 256 + 1))[:size]
    bench.run("INSERT INTO @t VALUES (?, ?)", 1, value)
    bench.connection.executemany(bench.sql("INSERT INTO @t VALUES (?, ?)"), [(2, value), (3, value)])
    assert bench.rows("SELECT n, data FROM @t WHERE data = ? ORDER BY n", value) == [(n, value) for n in (1, 2, 3)]


@pytest.fixture
def postgres(bench: Bench) -> Bench:
    if bench.connection.backend != "postgres":
        pytest.skip("is about PostgreSQL")
    return bench


def test_enums_are_text(postgres: Bench, open_connection: OpenConnection) -> None:
    postgres.run("CREATE TYPE @mood AS ENUM ('sad', 'happy', 'é')")
    postgres.run("CREATE TYPE @pair AS (a integer, b integer)")
    postgres.run("CREATE TABLE @t (mood @mood, pair @pair)")
    postgres.run("INSERT INTO @t VALUES (?, (1, -1))", "é")
    with postgres.connection.transaction, ThreadPoolExecutor(1) as threads:
        for _ in range(3):
            for bench in (postgres, postgres.beside(open_connection())):
                ((mood, pair),) = bench.rows("SELECT mood, pair FROM @t WHERE mood = ?", "é")
                assert mood == "é"
                assert isinstance(pair, bytes)
            assert threads.submit(postgres.rows, "SELECT 'sad'::@mood").result() == [("sad",)]


def test_copy(postgres: Bench) -> None:
    postgres.run("CREATE TABLE @t (a bigint PRIMARY KEY, b text, c timestamp, d bytea)")
    rows = [(i, f"é\t\\{i}", datetime.datetime(2024, 1, 2), b"\x00\xff") for i in range(1000)]
    command = postgres.sql("COPY @t (a, b, c, d) FROM STDIN (FORMAT BINARY)")
    types = ["int8", "text", "timestamp", "bytea"]
    assert postgres.connection.copy_rows(command, iter(rows), types) == 1000
    assert postgres.rows("SELECT * FROM @t ORDER BY a") == rows
    with pytest.raises(DuplicateError):
        postgres.connection.copy_rows(command, [(-1, *rows[0][1:]), rows[0]], types)

    def fails() -> Iterator[tuple[object, ...]]:
        yield (-2, *rows[0][1:])
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        postgres.connection.copy_rows(command, fails(), types)
    assert postgres.count("t") == 1000


def test_copy_elsewhere_says_so(bench: Bench) -> None:
    if bench.connection.backend == "postgres":
        pytest.skip("has COPY")
    with pytest.raises(QueryError, match=r"executemany\(\)"):
        bench.connection.copy_rows("COPY t FROM STDIN", [(1,)])


def test_many_threads_share_a_connection(bench: Bench) -> None:
    bench.run("CREATE TABLE @t (a integer PRIMARY KEY)")

    def work(number: int) -> int:
        for i in range(10):
            bench.run("INSERT INTO @t VALUES (?)", number * 10 + i)
        return len(bench.rows("SELECT a FROM @t WHERE a >= ? AND a < ?", number * 10, number * 10 + 10))

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(work, range(16))) == [10] * 16
    assert bench.count("t") == 160


def test_the_pool_has_a_limit(open_connection: OpenConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "WAIT", 0.05)
    connection = open_connection(pool_size=1)
    refused: list[BaseException] = []

    def ask() -> None:
        try:
            connection.ping()
        except LockError as error:
            refused.append(error)

    with connection.transaction:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert "All 1 connections were in use" in str(refused[0])
    connection.ping()


def test_waiting_threads_are_served(open_connection: OpenConnection) -> None:
    connection = open_connection(pool_size=2)
    with ThreadPoolExecutor(12) as threads:
        assert [rows[0][0] for rows in threads.map(lambda _: connection.fetch("SELECT 7"), range(200))] == [7] * 200


def test_on_connect_sees_every_raw_connection(open_connection: OpenConnection) -> None:
    seen: list[object] = []
    connection = open_connection(on_connect=seen.append)
    connection.ping()
    connection.ping()
    assert len(seen) == 1
    with connection.transaction, ThreadPoolExecutor(1) as threads:
        threads.submit(connection.ping).result()
    assert len(seen) == 2


def test_a_failing_on_connect_leaves_nothing_open(open_connection: OpenConnection) -> None:
    def refuse(raw: object) -> None:
        raise ValueError("not this one")

    connection = open_connection(on_connect=refuse, pool_size=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="not this one"):
            connection.ping()
    assert not connection.is_connected


INIT = {
    "sqlite": ("PRAGMA cache_size = 4321", "PRAGMA cache_size", 4321),
    "postgres": ("SET labwright.test = '7'", "SELECT current_setting('labwright.test')", "7"),
    "mysql": ("SET @labwright_test = 7", "SELECT @labwright_test", 7),
}


def test_a_statement_is_run_on_every_new_connection(backend: str, open_connection: OpenConnection) -> None:
    statement, query, expected = INIT[backend]
    connection = open_connection(init_fun=statement)
    with connection.transaction, ThreadPoolExecutor(1) as threads:
        assert threads.submit(connection.fetch, query).result() == connection.fetch(query) == [(expected,)]


def test_the_settings_say_what_is_run_on_new_connections(backend: str, database_url: str) -> None:
    statement, query, expected = INIT[backend]
    with config.override(connection__init_function=statement), Project(database_url) as project:
        assert project.connection.query(query).fetchone() == (expected,)


def test_a_failing_statement_for_new_connections_is_named(open_connection: OpenConnection) -> None:
    connection = open_connection(init_fun="no statement")
    with pytest.raises(ConfigError, match=r"connection\.init_function"):
        connection.ping()
    assert not connection.is_connected


def test_the_session_in_use_has_a_number(backend: str, open_connection: OpenConnection) -> None:
    connection = open_connection()
    with connection.transaction, ThreadPoolExecutor(1) as threads:
        numbers = {connection.connection_id, threads.submit(lambda: connection.connection_id).result()}
    assert numbers == {0} if backend == "sqlite" else len(numbers) == 2


def test_a_connection_stays_in_its_process(open_connection: OpenConnection) -> None:
    connection = open_connection()
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(LabwrightError, match="stays in its process") as error:
            copied(connection)
        assert not connection.url.password or connection.url.password not in str(error.value)


def test_results_are_not_kept(open_connection: OpenConnection) -> None:
    connection = open_connection()
    connection.set_query_cache()
    connection.purge_query_cache()
    with pytest.raises(LabwrightError, match="Computed table"):
        connection.set_query_cache("main")
    assert connection.query("SELECT 1").fetchone() == (1,)


def test_a_forgotten_connection_is_closed(open_connection: OpenConnection) -> None:
    closed = Connection(open_connection().url)
    closed.ping()
    raw = closed._pool.borrow()
    closed._pool.release(raw)
    del closed
    gc.collect()
    with pytest.raises(Exception, match=r"(?i)closed|gone|2006|InterfaceError|\(0, ''\)"):
        raw.raw.cursor().execute("SELECT 1")


_LATE = """
import atexit, sys
atexit.register(lambda: print(connection.query("SELECT 1").fetchall(), connection.query("SELECT 2").fetchall()))
from labwright import Connection  # those that it closes at exit are closed before what stands above runs
connection = Connection(sys.stdin.readline().strip(), pool_size=1)
connection.ping()
if sys.argv[1] == "within":
    block = connection.transaction
    block.__enter__()
    connection.query("SELECT 1")
"""


@pytest.mark.parametrize("where", ["outside", "within"])
def test_a_handler_at_exit_may_use_a_connection(database_url: str, where: str) -> None:
    program = subprocess.run(
        [sys.executable, "-c", _LATE, where],
        input=database_url, capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert (program.stdout.strip(), program.stderr) == ("[(1,)] [(2,)]", "")


def test_the_password_is_not_shown(open_connection: OpenConnection) -> None:
    url = replace(open_connection().url, password="s3cret")
    assert "s3cret" not in repr(Connection(url))


def _child(bench: Bench, answers: Any) -> None:
    try:
        bench.run("INSERT INTO @t VALUES (?)", os.getpid())
        with bench.connection.transaction:
            answers.put((bench.connection.in_transaction, bench.count("t")))
    except BaseException as error:
        answers.put(repr(error))
        raise


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_fork(bench: Bench) -> None:
    bench.run("CREATE TABLE @t (a integer)")
    bench.run("INSERT INTO @t VALUES (?)", 1)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    for expected in (2, 3):
        child = context.Process(target=_child, args=(bench, answers))
        child.start()
        answer = answers.get(timeout=30)
        child.join()
        assert answer == (True, expected)
        assert child.exitcode == 0
        assert bench.count("t") == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_fork_within_a_transaction_leaves_it_to_the_parent(bench: Bench) -> None:
    bench.run("CREATE TABLE @t (a integer)")
    with bench.connection.transaction:
        bench.run("INSERT INTO @t VALUES (?)", 1)
        child = os.fork()
        if child == 0:
            # Leave as a program does that exits in the middle: blocks are left, objects are destroyed.
            outside = not bench.connection.in_transaction
            bench.connection.cancel_transaction()
            bench.connection.close()
            gc.collect()
            os._exit(0 if outside else 1)
        _, status = os.waitpid(child, 0)
        bench.run("INSERT INTO @t VALUES (?)", 2)
    assert os.waitstatus_to_exitcode(status) == 0
    assert bench.count("t") == 2


def test_a_lost_connection_is_made_again(relayed: Bench, relay: Relay) -> None:
    relayed.run("CREATE TABLE @t (a integer)")
    relay.cut()
    assert relayed.run("INSERT INTO @t VALUES (?)", 1) == 1, "lost before it was sent"
    relay.cut()
    assert relayed.count("t") == 1


def test_a_read_is_repeated(relayed: Bench, relay: Relay) -> None:
    relayed.connection.ping()
    relay.deafen()
    assert relayed.rows("SELECT 1") == [(1,)]


def test_a_write_of_unknown_fate_is_not_repeated(relayed: Bench, relay: Relay) -> None:
    relayed.run("CREATE TABLE @t (a integer)")
    relay.deafen()
    with pytest.raises(LostConnectionError, match="while a change was on its way") as caught:
        relayed.run("INSERT INTO @t VALUES (?)", 1)
    assert caught.value.outcome_unknown
    assert caught.value.__cause__ is not None
    assert relayed.count("t") == 1


def test_a_server_that_is_gone(relayed: Bench, relay: Relay) -> None:
    relayed.connection.ping()
    relay.close()
    for _ in range(2):
        with pytest.raises(LostConnectionError, match="cannot be reached") as caught:
            relayed.connection.ping()
        assert f":{relay.port}" in str(caught.value)
        assert not caught.value.outcome_unknown


def test_a_changed_table_does_not_disturb_prepared_statements(bench: Bench, open_connection: OpenConnection) -> None:
    bench.run("CREATE TABLE @t (a integer)")
    bench.run("INSERT INTO @t VALUES (1)")
    for _ in range(7):
        bench.rows("SELECT * FROM @t WHERE a = ?", 1)
    bench.beside(open_connection()).run("ALTER TABLE @t ADD COLUMN b integer")
    assert bench.rows("SELECT * FROM @t WHERE a = ?", 1) == [(1, None)]
