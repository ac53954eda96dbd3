"""What stores computations, put together so that as few statements as possible say it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from labwright.core.errors import InputsChangedError, LostJobError
from labwright.sql.assertions import Assertions, Look
from labwright.sql.at_once import at_once
from labwright.sql.drivers.base import Driver, Order, Params, Row
from labwright.sql.named_tables import named_tables
from labwright.sql.reads import Read
from labwright.sql.recheck import AT_ONCE, Known, Recheck
from labwright.sql.repeated import Repeated
from labwright.sql.statement import Statement

BOUND: Final = 10_000
"""So many values are bound to one statement at most; servers take a few times as many."""

SEVERAL: Final = 10
"""So many things are done in one statement at most."""


@dataclass
class Load:
    """What stores one computation, in this order.

    Parameters
    ----------
    demands : list of Statement
        Each has to touch exactly one row.
    reads : list of Read
        What has to be there still.
    inserts : list of Order
    tables : set of str
        Those that are inserted into, without their schemas.
    closing : list of Statement
    """

    demands: list[Statement] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    inserts: list[Order] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)
    closing: list[Statement] = field(default_factory=list)


class Cargo:
    """What is sent at once: the computations one after the other, or all together where that is the same.

    It is when none has read what another inserts into, and all insert into their tables in the same order. The first is
    judged by names, and known when what they read is looked at again behind the inserts.

    Parameters
    ----------
    driver : Driver
    known : Known
    assertions : Assertions
    loads : sequence of Load
    """

    def __init__(self, driver: Driver, known: Known, assertions: Assertions, loads: Sequence[Load]) -> None:
        self.orders: list[Order] = []
        self.compared: list[Read] = []
        self._asked: list[tuple[int, Read]] = []
        self._counted: list[int] = []
        self._known = known
        self._assertions = assertions
        self._recheck = Recheck(driver, known)
        self.fits = self._put_all(loads) and sum(map(_size, self.orders)) <= assertions.most

    def _put_all(self, loads: Sequence[Load]) -> bool:
        if len(loads) == 1 and self._put_at_once(loads[0]):
            return True
        if _are_apart(loads) and _in_order(loads):
            return self._put_together(loads)
        return all(map(self._put, loads))

    def _put_at_once(self, load: Load) -> bool:
        """Add one statement for all of it; False where one part has to see another, or what is read cannot be held."""
        if not self._assertions.changes_in_queries or len(load.tables) > 1:
            return False
        looks = [self._look(read) if self._recheck.clause(read.sql) else None for read in dict.fromkeys(load.reads)]
        demands, closing = map(_order, load.demands), map(_order, load.closing)
        others = [part for order in (*load.inserts, *closing) for part, _ in _folded(order)]
        if None in looks or len(others) > SEVERAL or not all(order.sql.startswith("INSERT ") for order in others):
            return False  # what changes rows would not find those that are inserted
        self.orders.append(at_once(list(demands), [look for look in looks if look is not None], others))
        return True

    def _put(self, load: Load) -> bool:
        """Add what stores one computation; False where it cannot be sent with others."""
        self._demand_all([load])
        fits = self._all_unchanged([load])
        self._insert_and_close([load])
        return fits

    def _put_together(self, loads: Sequence[Load]) -> bool:
        """Add what stores several. What they read is looked at when all is inserted: it holds whoever came first."""
        self._demand_all(loads)
        self._insert_and_close(loads)
        return self._all_unchanged(loads)

    def _demand_all(self, loads: Sequence[Load]) -> None:
        for order in _gathered(_order(s) for load in loads for s in load.demands):
            self._demand(order)

    def _all_unchanged(self, loads: Sequence[Load]) -> bool:
        return all(self._unchanged(read) for read in dict.fromkeys(r for load in loads for r in load.reads))

    def _insert_and_close(self, loads: Sequence[Load]) -> None:
        for order in _gathered(order for load in loads for order in load.inserts):
            self._add(order)
        for order in _gathered(_order(s) for load in loads for s in load.closing):
            self._add(order)

    def _add(self, order: Order) -> None:
        self.orders.extend((part for part, _ in _folded(order)) if self._assertions.folds else [order])

    def _demand(self, order: Order) -> None:
        """Have it fail unless a statement touches exactly one row for each that it is about."""
        for part, count in _folded(order) if self._assertions.folds else _one_by_one(order):
            if not self._assertions.compares:
                self._counted.append(len(self.orders))
            self.orders.append(Order(self._assertions.demanding(part.sql, count), part.rows))

    def _unchanged(self, read: Read) -> bool:
        """Have it fail unless a query gives what was read; or ask for its rows, so that they are compared here."""
        if (look := self._look(read)) is not None:
            sql, params = self._assertions.unchanged(look)
            self.orders.append(Order(sql, (params,)))
            return True
        if not self._assertions.asks or read.count > AT_ONCE:
            return False
        self._asked.append((len(self.orders), read))
        self.orders.append(Order(self._recheck.sql(read), (read.params,)))
        return True

    def _look(self, read: Read) -> Look | None:
        """What has the database compare; None where it cannot."""
        if read.sql in self._known.incomparable:
            return None
        if (look := self._assertions.look(read, self._recheck.clause(read.sql))) is not None:
            self.compared.append(read)
        return look

    @property
    def is_complete(self) -> bool:
        """Whether it may be committed without a look at what it gives."""
        return not self._asked and not self._counted

    def compare(self, answers: Sequence[Sequence[Row]]) -> None:
        """Compare the rows that were asked for with what was read, and count those that had to be touched."""
        if any(len(answers[place]) != 1 for place in self._counted):
            raise LostJobError
        for place, read in self._asked:
            if not self._recheck.is_same(read, answers[place]):
                raise InputsChangedError


def _are_apart(loads: Sequence[Load]) -> bool:
    """Whether no read is of a table that any of them inserts into, or that is kept beside one."""
    tables = {name for load in loads for name in load.tables}
    read = {name for load in loads for read in load.reads for name in named_tables(read.sql)}
    return tables.isdisjoint(read) and not any(name.startswith("~") for name in read)


def _in_order(loads: Sequence[Load]) -> bool:
    """Whether the inserts of all keep their order when those of one kind are sent together."""
    places: dict[str, int] = {}
    for load in loads:
        order = [places.setdefault(insert.sql, len(places)) for insert in load.inserts]
        if order != sorted(order):
            return False
    return True


def _order(statement: Statement) -> Order:
    return Order(statement.sql, (statement.params,))


def _gathered(orders: Iterable[Order]) -> Iterator[Order]:
    """One order for all rows that a statement is about."""
    rows: dict[str, list[Params]] = {}
    for order in orders:
        rows.setdefault(order.sql, []).extend(order.rows)
    return (Order(sql, found) for sql, found in rows.items())


def _one_by_one(order: Order) -> Iterator[tuple[Order, int]]:
    return ((Order(order.sql, (row,)), 1) for row in order.rows)


def _folded(order: Order) -> Iterator[tuple[Order, int]]:
    """The same as few statements, each with the number of rows that it is about."""
    sql, rows = order
    if not isinstance(sql, Repeated) or len(rows) == 1:
        yield from _one_by_one(order)
        return
    most = max(1, BOUND // max(1, len(rows[0])))
    for start in range(0, len(rows), most):
        some = rows[start : start + most]
        yield Order(sql.times(len(some)), ([value for row in some for value in row],)), len(some)


def _size(order: Order) -> int:
    """About how many bytes are sent."""
    values = sum(len(v) for row in order.rows for v in row if isinstance(v, (str, bytes)))
    return values + len(order.sql) * len(order.rows)
