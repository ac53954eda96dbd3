from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest
from tests.backends.conftest import Bench, Relay

from labwright.core.errors import LabwrightError, LostConnectionError, MissingTableError


@pytest.fixture
def table(bench: Bench) -> Bench:
    bench.run("CREATE TABLE @t (a integer PRIMARY KEY)")
    bench.connection.executemany(bench.sql("INSERT INTO @t VALUES (?)"), [(i,) for i in range(2500)])
    return bench


QUERY = "SELECT a FROM @t WHERE a >= ? ORDER BY a"


def test_rows_come_in_lists(table: Bench) -> None:
    batches = list(table.connection.stream(table.sql(QUERY), (0,), 1000))
    assert [len(batch) for batch in batches] == [1000, 1000, 500]
    assert [row for batch in batches for row in batch] == [(i,) for i in range(2500)]


def test_no_rows(table: Bench) -> None:
    assert list(table.connection.stream(table.sql(QUERY), (9999,), 1000)) == []


def test_other_statements_run_meanwhile(table: Bench) -> None:
    read = 0
    for batch in table.connection.stream(table.sql(QUERY), (2000,), 100):
        read += len(batch)
        assert table.rows("SELECT a FROM @t WHERE a = ?", batch[0][0]) == [batch[0]]
        table.run("DELETE FROM @t WHERE a = ?", batch[0][0])
        with table.connection.transaction:
            table.run("INSERT INTO @t VALUES (?)", -batch[0][0])
    assert read == 500
    assert table.count("t") == 2500


def test_streams_within_streams(table: Bench) -> None:
    pairs = 0
    for outer in table.connection.stream(table.sql(QUERY), (2400,), 10):
        for inner in table.connection.stream(table.sql(QUERY), (2490,), 5):
            pairs += len(outer) * len(inner)
    assert pairs == 1000


def test_within_a_transaction_its_own_changes_are_seen(table: Bench) -> None:
    with table.connection.transaction:
        table.run("DELETE FROM @t WHERE a >= 10")
        rows = 0
        for batch in table.connection.stream(table.sql(QUERY), (0,), 4):
            rows += len(batch)
            assert table.count("t") == 10
    assert rows == 10


def test_stopping_early_frees_the_table(table: Bench) -> None:
    for _ in range(3):
        rows = table.connection.stream(table.sql(QUERY), (0,), 10)
        next(rows)
        rows.close()
    forgotten = table.connection.stream(table.sql(QUERY), (0,), 10)
    next(forgotten)
    del forgotten
    gc.collect()
    table.run("DROP TABLE @t")


def test_stopping_early_within_a_transaction(table: Bench) -> None:
    with table.connection.transaction:
        for batch in table.connection.stream(table.sql(QUERY), (0,), 10):
            assert len(batch) == 10
            break
        table.run("DELETE FROM @t WHERE a > 5")
    assert table.count("t") == 6


def test_an_error_is_ours(table: Bench) -> None:
    with pytest.raises(MissingTableError):
        next(table.connection.stream(table.sql("SELECT a FROM @missing")))
    with pytest.raises(MissingTableError), table.connection.transaction:
        next(table.connection.stream(table.sql("SELECT a FROM @missing")))
    assert table.count("t") == 2500


def test_lost_while_reading(relayed: Bench, relay: Relay) -> None:
    relayed.run("CREATE TABLE @t (a integer PRIMARY KEY, b varchar(1000))")
    relayed.connection.executemany(relayed.sql("INSERT INTO @t VALUES (?, ?)"), [(i, "x" * 1000) for i in range(5000)])
    rows = relayed.connection.stream(relayed.sql("SELECT a, b FROM @t"), (), 10)
    next(rows)
    relay.cut()
    with pytest.raises(LostConnectionError):
        list(rows)
    assert relayed.count("t") == 5000


def test_a_transaction_that_ends_while_reading(table: Bench) -> None:
    rows = table.connection.stream(table.sql(QUERY), (0,), 10)
    with table.connection.transaction:
        next(rows)
    if table.connection.backend == "postgres":
        with pytest.raises(LabwrightError, match="ended while its rows"):
            next(rows)
    else:
        assert len(next(rows)) == 10


_MILLION = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
    " SELECT i, 'some text that takes a little room' || i FROM n",
    "postgres": "SELECT i, 'some text that takes a little room' || i FROM generate_series(1, 1000000) AS n(i)",
    "mysql": "WITH d(i) AS (SELECT 0 UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5"
    " UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) SELECT a.i + 10 * b.i,"
    " concat('some text that takes a little room', f.i) FROM d a, d b, d c, d e, d f, d g",
}

_PROGRAM = """
    import resource, sys
    from labwright.sql.connection import Connection
    connection = Connection(sys.stdin.readline().strip())
    connection.ping()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(sum(len(batch) for batch in connection.stream(sys.stdin.read())))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    connection.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the most memory that was used")
def test_a_million_rows_in_little_memory(bench: Bench) -> None:
    url = bench.connection.url
    text = str(replace(url, password="")).replace("@", f":{url.password}@" if url.password else "@", 1)
    program = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_PROGRAM)],
        input=f"{text}\n{_MILLION[url.backend]}",
        capture_output=True,
        text=True,
        check=True,
    )
    rows, kilobytes = map(int, program.stdout.split())
    assert rows == 1_000_000
    assert kilobytes < 50_000
