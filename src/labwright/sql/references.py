"""Who refers to whom in all schemas, read again whenever the database says that something has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from labwright.define.table import ForeignKey, TableId
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.queries import queries
from labwright.sql.reflect import references_of

Reference: TypeAlias = tuple[TableId, ForeignKey]
"""The table that refers, and how."""


class References:
    """The foreign keys of all schemas by the table that they refer to; never out of date.

    SQLite and PostgreSQL are asked for a mark that changes with them. MySQL and MariaDB have none, so there they are
    read each time.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: tuple[object, Mapping[TableId, Sequence[Reference]]] = (None, {})

    def read(self, dialect: Dialect) -> Mapping[TableId, Sequence[Reference]]:
        """All of them, as they are now."""
        mark = self._mark(dialect)
        known, found = self._kept
        if mark is None or mark != known:
            found = references_of(self._connection, dialect)
            if not self._connection.in_transaction:  # which may be undone, and the mark be given again
                self._kept = (mark, found)
        return found

    def _mark(self, dialect: Dialect) -> object:
        query = queries(dialect.name).get("references_mark")
        return None if query is None else self._connection.fetch(query)

    def forget(self) -> None:
        """Read them when they are next asked for."""
        self._kept = (None, {})
