"""Statements that fail in the server unless something holds, so that nobody has to wait for its answer."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from labwright.sql.reads import Large, Read
from labwright.sql.recheck import REMEMBERED, limited

Sent = tuple[str, tuple[Any, ...]]


class Look(NamedTuple):
    """A query that is to give what it gave.

    Parameters
    ----------
    columns : str
        Names for what it gives.
    sql : str
    same : str
        The condition of all its rows.
    params : sequence
        What is bound in the query.
    bound : sequence
        What is bound in the condition.
    """

    columns: str
    sql: str
    same: str
    params: Sequence[Any]
    bound: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Assertions:
    """How a database is made to fail.

    Parameters
    ----------
    demand : str
        Fails unless a statement touches exactly so many rows.
    holds : str
        Fails unless a condition holds of a query.
    every : str
        Whether a condition holds of all rows.
    same : callable
        Gives the condition that a column has a value.
    bound : callable
        Gives what is bound for it.
    asks : bool
        Whether queries may go with the rest, whose rows are looked at here.
    compares : bool
        Whether the database compares, and fails by itself.
    folds : bool
        Whether a statement about many rows is faster than as many about one.
    changes_in_queries : bool
        Whether a query may have parts that change something, so that one statement stores a computation.
    most : int
        So many bytes may be sent at once.
    """

    demand: str
    holds: str
    every: str
    same: Callable[[type, str], str]
    bound: Callable[[Any], tuple[Any, ...]]
    asks: bool
    compares: bool
    folds: bool
    changes_in_queries: bool
    most: float

    def demanding(self, sql: str, count: int) -> str:
        """A statement that fails unless `sql` touches exactly so many rows."""
        return self.demand.format(sql, count)

    def look(self, read: Read, clause: str) -> Look | None:
        """What is to be asked so that what was read is there still; None for what databases cannot compare."""
        if read.rows is None or not self.compares:
            return None
        kinds = tuple(map(type, read.rows[0])) if read.rows else ()
        bound = [b for row in read.rows for value in row for b in self.bound(value)]
        columns, same = _same(self, kinds)
        return Look(columns, limited(read) + clause, f"count(*) = {read.count}{same}", read.params, bound)

    def unchanged(self, look: Look) -> Sent:
        """A statement that fails unless a query gives what was read."""
        query = f"WITH q{look.columns} AS ({look.sql})"
        return self.holds.format(query, look.same), (*look.params, *look.bound)


@lru_cache(maxsize=REMEMBERED)
def _same(way: Assertions, kinds: Sequence[type]) -> tuple[str, str]:
    """The names of the columns of a query, and the condition that all have their values."""
    if not kinds:
        return "", ""
    columns = [f"c{i}" for i in range(len(kinds))]
    return f"({','.join(columns)})", f" AND {way.every}({' AND '.join(map(way.same, kinds, columns))})"


def _same_postgres(kind: type, column: str) -> str:
    if kind is Large:
        return f"(sha256({column}) IS NOT DISTINCT FROM %s AND length({column}) = %s)"
    if kind is float:  # by their bytes: zero has a sign
        return f"float8send({column}) IS NOT DISTINCT FROM float8send(%s)"
    if kind is str or kind is decimal.Decimal:  # as it is spelt: in json 1 equals 1.0, and to some types a equals A
        return f'({column} IS NOT NULL AND concat({column}) COLLATE "C" = %s)'
    return f"{column} IS NOT DISTINCT FROM %s"


def _same_mariadb(kind: type, column: str) -> str:
    if kind is Large:
        return f"(UNHEX(SHA2({column}, 256)) <=> %s AND octet_length({column}) <=> %s)"
    if kind is str or kind is decimal.Decimal:  # as texts, whose case and blanks count
        return f"CAST(CONVERT({column} USING utf8mb4) AS BINARY) <=> CAST(%s AS BINARY)"
    if kind is bytes:  # bits, which would be a number that is compared with a text
        return f"CAST({column} AS BINARY) <=> %s"
    return f"{column} <=> %s"


def _bound(value: Any) -> tuple[Any, ...]:
    if type(value) is decimal.Decimal:
        return (format(value, "f"),)
    return tuple(value) if type(value) is Large else (value,)


POSTGRES: Final = Assertions(
    "WITH touched AS ({0} RETURNING 1) "
    "SELECT CASE WHEN count(*) = {1} THEN 1 ELSE ('rows touched: ' || count(*))::int END FROM touched",
    "{0} SELECT CASE WHEN {1} THEN 1 ELSE ('rows changed: ' || count(*))::int END FROM q",
    "bool_and",
    _same_postgres,
    _bound,
    asks=True,
    compares=True,
    folds=True,
    changes_in_queries=True,
    most=float("inf"),
)
MARIADB: Final = Assertions(
    "{0}; IF ROW_COUNT() <> {1} THEN SIGNAL SQLSTATE '45000'; END IF",
    "IF NOT coalesce(({0} SELECT {1} FROM q), 0) THEN SIGNAL SQLSTATE '45000'; END IF",
    "min",
    _same_mariadb,
    _bound,
    asks=False,
    compares=True,
    folds=True,
    changes_in_queries=False,
    most=1_000_000,
)
SQLITE: Final = Assertions(
    "{0} RETURNING 1",
    "",
    "",
    _same_mariadb,
    _bound,
    asks=True,
    compares=False,
    folds=False,
    changes_in_queries=False,
    most=float("inf"),
)
ASSERTIONS: Final = {"postgres": POSTGRES, "mariadb": MARIADB, "sqlite": SQLITE}
"""By product. MySQL has no block of statements outside of a procedure. SQLite answers at once, and is asked for all."""
