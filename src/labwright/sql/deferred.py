"""The transaction of a computation: nothing is open while it computes, and what it inserts is stored in a short one."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar

from labwright.core.errors import InputsChangedError, LabwrightError, TransactionError
from labwright.sql.acting import current
from labwright.sql.cargo import Load
from labwright.sql.demand import Demand
from labwright.sql.drivers.base import Order, Raw, is_read
from labwright.sql.named_tables import named_tables
from labwright.sql.pool import Entry, Pool
from labwright.sql.reads import Read, Reads
from labwright.sql.recheck import REMEMBERED, Known, Recheck, Run, Savepoint
from labwright.sql.shipment import ship
from labwright.sql.statement import Statement
from labwright.sql.transaction import Later, Transaction, owner

T = TypeVar("T")
Call = Callable[[Raw, str, Any], Any]
Alone = Callable[[Call, str, Any], Any]

_HOLDS: Final = re.compile(r"\bfor\s+share\b|\block\s+in\b|\b(?!clock_)\w*lock\w*\s*\(", re.IGNORECASE)
"""A query that makes others wait, which only means something within a transaction."""


@dataclass(frozen=True, slots=True)
class Insert:
    """An insert that waits, and how its failure is told."""

    call: Call
    sql: str
    argument: Any
    later: Later

    @property
    def weight(self) -> int:
        """About how many bytes wait; of many rows the first tells."""
        many = bool(self.argument) and isinstance(self.argument[0], (list, tuple))
        row = self.argument[0] if many else self.argument
        return sum(map(_length, row)) * (len(self.argument) if many else 1)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (bytes, bytearray, memoryview, str)) else 8


class Deferred(Transaction):
    """What a computation reads goes to the database at once, by itself; what it inserts waits until it is stored.

    Whatever else it does, such as an update or reading what it has inserted, cannot wait: then the transaction begins,
    and goes on as any other.

    Parameters
    ----------
    pool : Pool
    alone : callable
        Runs a statement outside of any transaction.
    known : Known
        What the connection knows of statements that are read again.
    place : ContextVar
        What holds the transaction in which statements are run.
    demands : sequence of Demand
        What has to hold for it to be stored.
    reads : Reads, optional
        What it reads.
    eager : bool
        Whether it begins with its first insert, so that an error comes where it is awaited.
    """

    __slots__ = (
        "_alone", "_before", "_born", "_changed", "_closing", "_demands", "_eager", "_failed", "_held", "_known",
        "_marks", "_pid", "_place", "_recheck", "_started", "_stores", "_waiting", "has_undone", "reads",
    )  # fmt: skip

    def __init__(
        self,
        pool: Pool,
        alone: Alone,
        known: Known,
        place: ContextVar[Transaction | None],
        demands: Sequence[Demand] = (),
        reads: Reads | None = None,
        *,
        eager: bool = False,
    ) -> None:
        self._alone = alone
        self._known = known
        self._place = place
        self._born = time.monotonic()
        self._demands = tuple(demands)
        self._closing: list[Statement] = []
        self._waiting: list[Insert] = []
        self._marks: list[tuple[int, str]] = []
        self._started = False
        self._stores = False
        self.has_undone = False
        """Whether inserts that waited were taken back."""
        self._held = 0
        self._changed: set[str] = set()
        self._eager = eager
        self._failed: Insert | None = None
        self._before: Sequence[Insert] = ()
        self._recheck = Recheck(pool.driver, known)
        self._pid = os.getpid()
        self.reads = Reads() if reads is None else reads
        super().__init__(pool)

    def _begin(self) -> Entry:
        return super()._begin() if self._started else Entry(None, None)

    def _start(self, raw: Raw) -> None:
        """Begin; where more is to come, what others store meanwhile has to be seen at its end."""
        (self._driver.begin if self._stores else self._driver.begin_committed)(raw)

    @property
    def is_mine(self) -> bool:
        return self.owner == owner() and not self._entry.abandoned and self._pid == os.getpid()

    @property
    def raw(self) -> Raw:
        self.start()
        return super().raw

    def _check(self) -> None:
        if isinstance(self._failure, InputsChangedError):  # also where make has caught it
            raise InputsChangedError(str(self._failure)) from self._failure
        super()._check()

    @property
    def waits(self) -> bool:
        """Whether nothing has been sent yet."""
        return not self._started

    @property
    def weight(self) -> int:
        """About how many bytes wait."""
        return sum(insert.weight for insert in self._waiting)

    def close_with(self, *statements: Statement) -> None:
        """Let these be run last, just before it is stored."""
        self._closing.extend(statements)

    def goes_alone(self, sql: str) -> bool:
        return not self._started and _only_reads(sql) and not self._awaits(sql)

    def _awaits(self, sql: str) -> bool:
        """Whether a statement is about rows that were not sent yet."""
        return any(insert.later.table in sql for insert in self._waiting)

    def run(self, call: Callable[[Raw, str, Any], T], sql: str, argument: Any) -> T:
        """Run a statement now: by itself where it only reads what is stored."""
        self._check()
        if self.goes_alone(sql):
            found: T = self._alone(call, sql, argument)
            return found
        self.start()
        if not _only_reads(sql):
            self._changed |= named_tables(sql)
        return super().run(call, sql, argument)

    def insert(self, call: Callable[[Raw, str, Any], T], sql: str, argument: Any, later: Later) -> T | None:
        if self._eager:
            self.start()
        if self._started:
            self._changed |= named_tables(f"INTO {later.table}")
            return super().run(call, sql, argument)
        self._check()
        self._waiting.append(Insert(call, sql, argument if isinstance(argument, (list, tuple)) else [*argument], later))
        return None

    def end_by_hand(self) -> NoReturn:
        raise TransactionError(
            "What make does is stored when make has ended, all of it with what belongs to it, and undone when make "
            "raises an error; it cannot be committed or cancelled by hand."
        )

    def stamp(self) -> None:
        self.start()
        super().stamp()

    def start(self, *, storing: bool = False) -> None:
        """Begin, unless it has begun: all that waits is sent, and nothing waits any more.

        What is demanded comes first where it is stored right after, and else last: it locks the rows that it is about,
        for which others may be waiting.
        """
        if self._started:
            return
        self._check()
        self._started, self._stores = True, storing
        try:
            self._entry = self._begin()
            if storing:
                self._require(super().run)
            self._send(super().run, super().savepoint)
        except BaseException as exc:  # noqa: BLE001 - raised again, as the insert tells it
            self._failure = self._failure or exc
            self._raise(exc)

    def _raise(self, exc: BaseException) -> NoReturn:
        """Undo it, and raise the error as the insert that failed tells it."""
        self._roll_back()
        self._entry, self._started = Entry(None, None), False
        raise self.told(exc) if isinstance(exc, LabwrightError) else exc

    def told(self, error: LabwrightError) -> LabwrightError:
        """The error as the insert tells it that failed, if one did; what it asks is asked outside of all this."""
        if self._failed is None:
            return error
        outside = Context()
        outside.run(current.set, current.get())
        return outside.run(self._explained, self._failed.later, error)

    def _explained(self, failed: Later, error: LabwrightError) -> LabwrightError:
        with suppress(LabwrightError), self._once_more():
            return failed.told(error)
        return failed.told(error)

    @contextmanager
    def _once_more(self) -> Iterator[None]:
        """Let the rows be there for a while that came before those that failed, and that these may need."""
        again = Transaction(self._pool)
        self._place.set(again)
        try:
            for insert in self._before:
                again.run(insert.call, insert.sql, insert.argument)
            yield
        finally:
            self._place.set(None)
            again.rollback()

    def _require(self, run: Run) -> None:
        for demand in self._demands:
            if run(self._driver.execute, demand.statement.sql, demand.statement.params).rowcount != 1:
                raise demand.error

    def _send(self, run: Run, savepoint: Savepoint) -> None:
        """Send all that waits in a transaction that is open."""
        self._held = len(self.reads.found)
        self._recheck(run, savepoint, self.reads.found[: self._held])
        waiting, marks = self._waiting, self._marks
        self._waiting, self._marks = [], []
        for index, insert in enumerate(waiting):
            self._set(marks, index)
            self._failed, self._before = insert, waiting[:index]
            self._changed |= named_tables(f"INTO {insert.later.table}")
            run(insert.call, insert.sql, insert.argument)
        self._failed, self._before = None, ()
        self._set(marks, len(waiting))

    def _set(self, marks: Sequence[tuple[int, str]], index: int) -> None:
        for place, name in marks:
            if place == index:
                self._tell(self._driver.savepoint, name)

    @property
    def unheld(self) -> list[Read]:
        """What it has read that others may have changed since.

        Of tables that it has changed itself nobody can say.
        """
        held = self._held if self._started and self._recheck.holds else 0
        return [read for read in self.reads.found[held:] if self._changed.isdisjoint(named_tables(read.sql))]

    def _close(self, run: Run) -> None:
        for statement in self._closing:
            run(self._driver.execute, statement.sql, statement.params)

    def _mark(self, name: str) -> None:
        if self._started:
            super()._mark(name)
        else:
            self._marks.append((len(self._waiting), name))

    def _release(self, name: str) -> None:
        if self._started:
            super()._release(name)
        else:
            self._marks.pop()

    def _undo(self, name: str) -> None:
        if self._started:
            super()._undo(name)
        elif self._marks:
            first = self._marks.pop()[0]
            self.has_undone = self.has_undone or first < len(self._waiting)
            del self._waiting[first:]

    @property
    def age(self) -> float:
        """For how many seconds nothing may have been heard of the server."""
        return time.monotonic() - self._born

    def load(self) -> Load | None:
        """All that waits; None where it cannot be sent with others."""
        inserts = [self._order(insert) for insert in self._waiting]
        if self._marks or None in inserts:
            return None
        demands = [demand.statement for demand in self._demands]
        return Load(demands, self.reads.found, [o for o in inserts if o is not None], self.tables, self._closing)

    @property
    def tables(self) -> set[str]:
        """The tables that rows wait for, without their schemas."""
        return {name for insert in self._waiting for name in named_tables(f"INTO {insert.later.table}")}

    def has_read(self, tables: set[str]) -> bool:
        """Whether it has read any of some tables."""
        return any(not tables.isdisjoint(named_tables(read.sql)) for read in self.reads.found)

    def _order(self, insert: Insert) -> Order | None:
        """The insert, to be sent with others; None for one that is sent in another way."""
        if insert.call == self._driver.execute:
            return Order(insert.sql, (insert.argument,))
        return Order(insert.sql, insert.argument) if insert.call == self._driver.executemany else None

    def is_in_doubt(self) -> None:
        """Take note that nobody knows whether it is stored, so that it is not undone."""
        self._undoing.clear()

    def commit(self) -> None:
        try:
            self._check()
            shipped = not self._started and ship(self._pool, self._known, [self])
            if not shipped:
                self._store()
        except BaseException:
            self.rollback()
            raise
        if shipped:
            self._call_back()
        else:
            super().commit()

    def _store(self) -> None:
        if not self._started:
            self.start(storing=True)
        else:
            self._recheck(super().run, super().savepoint, self.unheld)
            self._require(super().run)
        self._close(super().run)

    def _roll_back(self) -> None:
        if self._started:
            super()._roll_back()


@lru_cache(maxsize=REMEMBERED)
def _only_reads(sql: str) -> bool:
    return is_read(sql) and not _HOLDS.search(sql)


def store_together(pool: Pool, known: Known, deferred: Sequence[Deferred]) -> list[LabwrightError | None]:
    """Store several computations with one commit, each as a whole or not at all; return what was wrong with each.

    Raises
    ------
    LabwrightError
        When none is stored.
    """
    if ship(pool, known, deferred):
        for one in deferred:
            one._call_back()
        return [None] * len(deferred)
    outer = Transaction(pool)
    try:
        failures = list(_stored_within(outer, deferred))
    except BaseException:
        outer.rollback()
        raise
    outer.commit()
    for one, failure in zip(deferred, failures, strict=True):
        (one._call_back if failure is None else one._call_undone)()
    return [e and one.told(e) for one, e in zip(deferred, failures, strict=True)]


def _stored_within(outer: Transaction, deferred: Sequence[Deferred]) -> Iterator[LabwrightError | None]:
    """Store one after the other. Where one has to be computed anew, who has read what it fills is to come after it."""
    awaited: set[str] = set()
    for one in deferred:
        tables = one.tables
        failure = InputsChangedError() if one.has_read(awaited) else _store_within(outer, one)
        if isinstance(failure, InputsChangedError):
            awaited |= tables
        yield failure


def _store_within(outer: Transaction, one: Deferred) -> LabwrightError | None:
    try:
        with outer.savepoint():
            one._require(outer.run)
            one._send(outer.run, outer.savepoint)
            one._close(outer.run)
    except LabwrightError as error:
        if outer.failed:
            raise
        return error
    return None
