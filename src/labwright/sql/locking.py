"""Reading rows that nobody else may change until the transaction ends."""

from __future__ import annotations

from dataclasses import replace

from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement


def locking(dialect: Dialect, statement: Statement) -> Statement:
    """Return a query of one table as one that gives what is stored by now, and locks it.

    A query of its own after a lock would not do: on MySQL and MariaDB it may still see what was there before.

    Examples
    --------
    >>> from labwright.sql.postgres import Postgres
    >>> locking(Postgres(), Statement("SELECT 1 FROM t")).sql
    'SELECT 1 FROM t FOR UPDATE'
    """
    return replace(statement, sql=f"{statement.sql}{dialect.row_lock}")
