# ruff: noqa: PT012, SIM117 - whole blocks are what is tested
from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.backends.conftest import Bench, OpenConnection, Relay

from labwright.core.errors import (
    DuplicateError,
    LabwrightError,
    LockError,
    LostConnectionError,
    TransactionError,
)


@pytest.fixture
def table(bench: Bench) -> Bench:
    bench.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer)")
    return bench


def insert(bench: Bench, *keys: int) -> None:
    for key in keys:
        bench.run("INSERT INTO @t VALUES (?, 0)", key)


def test_a_block_is_stored_at_its_end(table: Bench) -> None:
    with table.connection.transaction as connection:
        assert connection is table.connection
        insert(table, 1, 2)
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(table.count, "t").result() == 0
    assert table.count("t") == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_block_that_fails_leaves_nothing(table: Bench, error: type[BaseException]) -> None:
    with pytest.raises(error), table.connection.transaction:
        insert(table, 1)
        raise error
    assert not table.connection.in_transaction
    assert table.count("t") == 0


def test_start_commit_cancel(table: Bench) -> None:
    connection = table.connection
    connection.start_transaction()
    insert(table, 1)
    connection.commit_transaction()
    connection.start_transaction()
    insert(table, 2)
    connection.cancel_transaction()
    connection.cancel_transaction()
    assert table.rows("SELECT a FROM @t") == [(1,)]
    with pytest.raises(TransactionError, match="no transaction"):
        connection.commit_transaction()


def test_transactions_do_not_nest(table: Bench) -> None:
    with table.connection.transaction:
        insert(table, 1)
        with pytest.raises(TransactionError, match="do not nest"), table.connection.transaction:
            pass
        assert table.connection.in_transaction
    assert table.count("t") == 1


def test_atomic_alone_is_a_transaction(table: Bench) -> None:
    with pytest.raises(DuplicateError), table.connection.atomic():
        insert(table, 1, 1)
    assert not table.connection.in_transaction
    assert table.count("t") == 0


def test_atomic_within_undoes_its_part(table: Bench) -> None:
    with table.connection.transaction:
        insert(table, 1)
        with pytest.raises(DuplicateError), table.connection.atomic():
            insert(table, 2)
            with pytest.raises(DuplicateError), table.connection.atomic():
                insert(table, 3, 2)
            insert(table, 4, 1)
        with table.connection.atomic():
            insert(table, 5)
    assert table.rows("SELECT a FROM @t ORDER BY a") == [(1,), (5,)]


def test_executemany_is_all_or_nothing(table: Bench) -> None:
    with pytest.raises(DuplicateError):
        table.connection.executemany(table.sql("INSERT INTO @t VALUES (?, 0)"), [(1,), (2,), (1,)])
    assert table.count("t") == 0
    with table.connection.transaction:
        insert(table, 9)
        with pytest.raises(DuplicateError):
            table.connection.executemany(table.sql("INSERT INTO @t VALUES (?, 0)"), iter([(1,), (2,), (9,)]))
    assert table.rows("SELECT a FROM @t") == [(9,)]
    assert table.connection.executemany(table.sql("INSERT INTO @t VALUES (?, 0)"), []) == 0


def test_after_commit(table: Bench) -> None:
    connection, called = table.connection, list[str]()
    connection.after_commit(lambda: called.append("at once"))
    with connection.transaction:
        connection.after_commit(lambda: called.append("stored"))
        with pytest.raises(ValueError, match="no"), connection.atomic():
            connection.after_commit(lambda: called.append("undone part"))
            raise ValueError("no")
        assert called == ["at once"]
    with pytest.raises(ValueError, match="no"), connection.transaction:
        connection.after_commit(lambda: called.append("undone"))
        raise ValueError("no")
    assert called == ["at once", "stored"]


def test_after_rollback(table: Bench) -> None:
    connection, called = table.connection, list[str]()
    connection.after_rollback(lambda: called.append("nothing is open"))
    with connection.transaction:
        connection.after_rollback(lambda: called.append("stored"))
        with pytest.raises(ValueError, match="no"), connection.atomic():
            connection.after_rollback(lambda: called.append("undone part"))
            raise ValueError("no")
        assert called == ["undone part"]
    with pytest.raises(ValueError, match="no"), connection.transaction:
        connection.after_rollback(lambda: called.append(str(connection.in_transaction)))
        raise ValueError("no")
    assert called == ["undone part", "False"]


def test_a_failing_callback_does_not_undo(table: Bench) -> None:
    called = list[int]()

    def fail() -> None:
        raise ValueError("callback")

    with pytest.raises(ValueError, match="callback") as caught, table.connection.transaction:
        insert(table, 1)
        table.connection.after_commit(fail)
        table.connection.after_commit(lambda: called.append(table.connection.in_transaction))
    assert "is stored" in caught.value.__notes__[0]
    assert called == [False]
    assert table.count("t") == 1


def test_threads_have_transactions_of_their_own(table: Bench) -> None:
    ready = threading.Barrier(2, timeout=30)

    def work() -> bool:
        ready.wait()
        outside = table.connection.in_transaction
        ready.wait()
        return outside

    with ThreadPoolExecutor(1) as threads, table.connection.transaction:
        answer = threads.submit(work)
        ready.wait()
        ready.wait()
    assert answer.result() is False


def test_tasks_have_transactions_of_their_own(table: Bench) -> None:
    async def inner() -> bool:
        return table.connection.in_transaction

    async def outer() -> tuple[bool, bool]:
        with table.connection.transaction:
            there = await asyncio.create_task(inner())
            return there, await inner()

    assert asyncio.run(outer()) == (False, True)


def test_statement_that_fails_does_not_end_the_program_of_the_block(table: Bench) -> None:
    """Without atomic() PostgreSQL undoes everything, and says so rather than in silence storing nothing."""
    insert(table, 1)
    with pytest.raises(TransactionError, match=r"connection\.atomic") if _strict(table) else _calm():
        with table.connection.transaction:
            insert(table, 2)
            with pytest.raises(DuplicateError):
                insert(table, 1)
    assert table.count("t") == (1 if _strict(table) else 2)
    insert(table, 3)


def _strict(bench: Bench) -> bool:
    return bench.connection.backend == "postgres"


class _calm:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def test_a_failing_commit_raises_and_stores_nothing(bench: Bench) -> None:
    if bench.connection.backend == "mysql":
        pytest.skip("checks everything before COMMIT")
    bench.run("CREATE TABLE @p (a integer PRIMARY KEY)")
    bench.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer REFERENCES @p (a) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(LabwrightError, match="does not exist") as caught, bench.connection.transaction:
        bench.run("INSERT INTO @t VALUES (1, 1)")
    assert caught.value.violation is not None
    assert caught.value.violation.reason == "missing_parent"
    assert caught.value.__cause__ is not None
    assert bench.count("t") == 0


def test_lost_within(relayed: Bench, relay: Relay) -> None:
    relayed.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer)")
    with pytest.raises(LostConnectionError, match="Nothing of it is stored"), relayed.connection.transaction:
        insert(relayed, 1)
        relay.cut()
        insert(relayed, 2)
    assert relayed.count("t") == 0
    insert(relayed, 3)
    assert relayed.count("t") == 1


def test_lost_within_and_not_noticed(relayed: Bench, relay: Relay) -> None:
    relayed.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer)")
    with pytest.raises(TransactionError, match="Nothing of it is stored"), relayed.connection.transaction:
        insert(relayed, 1)
        relay.cut()
        with pytest.raises(LostConnectionError):
            insert(relayed, 2)
        with pytest.raises(TransactionError, match="leave its block"):
            insert(relayed, 3)
        with pytest.raises(TransactionError, match="leave its block"), relayed.connection.atomic():
            pass
    assert relayed.count("t") == 0


def test_lost_before(relayed: Bench, relay: Relay) -> None:
    relayed.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer)")
    relay.cut()
    with relayed.connection.transaction:
        insert(relayed, 1)
    assert relayed.count("t") == 1


def test_lost_in_commit(relayed: Bench, relay: Relay) -> None:
    relayed.run("CREATE TABLE @t (a integer PRIMARY KEY, b integer)")
    with pytest.raises(LostConnectionError, match="is stored as a whole, or not at all") as caught:
        with relayed.connection.transaction:
            insert(relayed, 1)
            relay.deafen()
    assert caught.value.outcome_unknown
    assert not relayed.connection.in_transaction
    assert relayed.count("t") == 1


def test_lost_at_the_end_of_a_failing_block(relayed: Bench, relay: Relay) -> None:
    with pytest.raises(ValueError, match="first"), relayed.connection.transaction:
        relayed.rows("SELECT 1")
        relay.cut()
        raise ValueError("first")
    relayed.connection.ping()


def _cross(bench: Bench, first: int, second: int, ready: threading.Barrier) -> LabwrightError | None:
    try:
        with bench.connection.transaction:
            bench.run("UPDATE @t SET b = b + 1 WHERE a = ?", first)
            ready.wait()
            bench.run("UPDATE @t SET b = b + 1 WHERE a = ?", second)
    except LockError as error:
        return error
    return None


def test_deadlock(table: Bench) -> None:
    if table.connection.backend == "sqlite":
        pytest.skip("has one writer at a time, so none waits for another")
    insert(table, 1, 2)
    ready = threading.Barrier(2, timeout=30)
    with ThreadPoolExecutor(2) as threads:
        tasks = [threads.submit(_cross, table, *pair, ready) for pair in ((1, 2), (2, 1))]
        errors = [error for task in tasks if (error := task.result()) is not None]
    assert len(errors) == 1
    assert errors[0].violation is not None
    assert errors[0].violation.reason == "deadlock"
    assert table.rows("SELECT b FROM @t") == [(1,), (1,)]


_WAITING = {
    "postgres": "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ?",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE ?",
}


def test_a_single_statement_survives_a_deadlock(table: Bench, caplog: pytest.LogCaptureFixture) -> None:
    if table.connection.backend == "sqlite":
        pytest.skip("has one writer at a time, so none waits for another")
    caplog.set_level(logging.DEBUG, "labwright")
    insert(table, *range(10))

    def waits() -> bool:
        return table.rows(_WAITING[table.connection.backend], f"UPDATE {table.schema}%") != [(0,)]

    with ThreadPoolExecutor(2) as threads, table.connection.transaction:
        table.run("UPDATE @t SET b = b + 1 WHERE a > 0")
        single = threads.submit(table.run, "UPDATE @t SET b = b + 1")
        while not threads.submit(waits).result():
            time.sleep(0.2)  # MariaDB shows news only to who has not asked for 0.1 s
        table.run("UPDATE @t SET b = b + 1 WHERE a = 0")
    assert single.result() == 10
    assert "repeating a statement" in caplog.text
    assert table.rows("SELECT DISTINCT b FROM @t") == [(2,)]


def test_after_a_deadlock_nothing_is_stored_by_itself(table: Bench) -> None:
    """On MySQL the statements after a deadlock would else be outside any transaction, and stay."""
    if table.connection.backend != "mysql":
        pytest.skip("does not end the transaction of the client")
    insert(table, 1, 2)
    ready = threading.Barrier(2, timeout=30)

    def stubborn(first: int, second: int) -> bool:
        with table.connection.transaction:
            table.run("UPDATE @t SET b = b + 1 WHERE a = ?", first)
            ready.wait()
            try:
                table.run("UPDATE @t SET b = b + 1 WHERE a = ?", second)
            except LockError:
                with pytest.raises(TransactionError):
                    insert(table, 10 + first)
                raise
        return True

    with ThreadPoolExecutor(2) as threads:
        tasks = [threads.submit(stubborn, *pair) for pair in ((1, 2), (2, 1))]
        outcomes = [task.exception() for task in tasks]
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LockError", "NoneType"]
    assert table.count("t") == 2


def test_two_connections_write_in_turn(table: Bench, open_connection: OpenConnection) -> None:
    insert(table, 1)
    benches = [table, table.beside(open_connection())]

    def work(bench: Bench) -> None:
        for _ in range(20):
            with bench.connection.transaction:
                bench.run("UPDATE @t SET b = b + 1 WHERE a = 1")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, benches * 2))
    assert table.rows("SELECT b FROM @t") == [(80,)]
