"""Who refers to whom in all schemas, read again whenever the database says that something has changed."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from labwright.define.table import ForeignKey, TableId
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.queries import queries
from labwright.sql.reflect import references_of

Reference: TypeAlias = tuple[TableId, ForeignKey]
"""The table that refers, and how."""
LASTS: Final[Mapping[str, float]] = {"mysql": 10.0}
"""For how many seconds they are used where the mark alone does not tell."""


class References:
    """The foreign keys of all schemas by the table that they refer to; never out of date.

    The database is asked for a mark that changes with them. On MySQL and MariaDB, where this counts the statements that
    were begun, one may still be at work when they are read; so what was read is used for a few seconds only.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: tuple[object, Mapping[TableId, Sequence[Reference]]] = (None, {})
        self._read_at = 0.0

    def read(self, dialect: Dialect) -> Mapping[TableId, Sequence[Reference]]:
        """All of them, as they are now."""
        mark = self._mark(dialect)
        known, found = self._kept
        if mark != known or time.monotonic() > self._read_at + LASTS.get(dialect.name, math.inf):
            self._read_at = time.monotonic()
            found = references_of(self._connection, dialect)
            if not self._connection.in_transaction:  # which may be undone, and the mark be given again
                self._kept = (mark, found)
        return found

    def _mark(self, dialect: Dialect) -> object:
        return self._connection.fetch(queries(dialect.name)["references_mark"])

    def forget(self) -> None:
        """Read them when they are next asked for."""
        self._kept = (None, {})
