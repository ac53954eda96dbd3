"""Doing something while nobody else does: whoever did it, and however that ended, the next one may."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.backends.conftest import Bench, OpenConnection, Relay
from tests.backends.tables import dialect_of

from labwright.core.errors import LabwrightError, LockError, LostConnectionError
from labwright.sql.connection import Connection
from labwright.sql.declare import alone

pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"])
PATIENCE = 20


def do(
    connection: Connection, what: str, meanwhile: Callable[[], object] = lambda: None, silence: int | None = None
) -> None:
    with connection.transaction, alone(connection, dialect_of(connection), what, PATIENCE, silence):
        meanwhile()
        connection.ping()


def test_who_says_nothing_is_not_waited_for(bench: Bench, open_connection: OpenConnection) -> None:
    what, stopped, other = f"{bench.schema} a", bench.connection, open_connection()
    with pytest.raises(LostConnectionError):
        do(stopped, what, lambda: do(other, what), silence=1)
    do(stopped, what)


def test_afterwards_one_may_say_nothing_for_long(bench: Bench) -> None:
    do(bench.connection, f"{bench.schema} b", silence=1)
    asked = {
        "postgres": "SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'",
        "mysql": "SELECT @@SESSION.wait_timeout",
    }[bench.connection.backend]
    found = bench.connection.fetch(asked)
    with Connection(bench.connection.url) as fresh:
        assert found == fresh.fetch(asked)


def test_a_line_that_is_cut(relayed: Bench, relay: Relay, open_connection: OpenConnection) -> None:
    what, connection = f"{relayed.schema} c", relayed.connection
    with pytest.raises(LostConnectionError):
        do(connection, what, relay.cut)
    do(open_connection(), what)


def _cross(bench: Bench, first: int, second: int, ready: threading.Barrier) -> LabwrightError | None:
    connection, what = bench.connection, f"{bench.schema} {first}"
    try:
        with connection.transaction, alone(connection, dialect_of(connection), what, PATIENCE):
            bench.run("UPDATE @t SET b = b + 1 WHERE a = ?", first)
            ready.wait()
            bench.run("UPDATE @t SET b = b + 1 WHERE a = ?", second)
    except LockError as error:
        return error
    return None


def test_a_deadlock(bench: Bench, open_connection: OpenConnection) -> None:
    bench.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer)")
    bench.run("INSERT INTO @t VALUES (1, 0), (2, 0)")
    ready = threading.Barrier(2, timeout=30)
    with ThreadPoolExecutor(2) as threads:
        tasks = [threads.submit(_cross, bench, *pair, ready) for pair in ((1, 2), (2, 1))]
        errors = [error for task in tasks if (error := task.result()) is not None]
    assert len(errors) == 1
    other = open_connection()
    do(other, f"{bench.schema} 1")
    do(other, f"{bench.schema} 2")
