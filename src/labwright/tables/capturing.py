"""Keeping what is inserted instead of storing it, so that a computation can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from labwright.define.table import TableDef, TableId
from labwright.sql.dml import OnDuplicate
from labwright.tables.rows import Columns

Row = dict[str, Any]
Canonical = Callable[[TableDef, str, Any], Any]


class Captured:
    """Rows as they were given, by table; what a table would do with those whose key is there is done to them.

    Parameters
    ----------
    canonical : callable
        Gives a value of a key in the form in which it is compared.
    """

    def __init__(self, canonical: Canonical) -> None:
        self._canonical = canonical
        self._tables: dict[TableId, dict[tuple[Any, ...], Row]] = {}

    def __iter__(self) -> Iterator[TableId]:
        return iter(self._tables)

    def rows(self, table: TableId) -> list[Row]:
        """The rows of a table."""
        return list(self._tables.get(table, {}).values())

    def insert(self, table: TableDef, columns: Columns, on_duplicate: OnDuplicate) -> None:
        """Keep rows that are to be inserted."""
        known = self._tables.setdefault(table.id, {})
        for row in map(columns.row, range(columns.count)):
            key = self._key(table, row)
            if key not in known or on_duplicate != "skip":
                known[key] = row

    def update(self, table: TableDef, changed: Mapping[str, Any]) -> bool:
        """Change a row that is kept; False where it is not kept."""
        row = self._tables.get(table.id, {}).get(self._key(table, changed))
        if row is None:
            return False
        row |= changed
        return True

    def _key(self, table: TableDef, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(n in row and self._canonical(table, n, row[n]) for n in table.heading.primary_key)


_captured: Final[ContextVar[Captured | None]] = ContextVar("labwright_captured", default=None)


@contextmanager
def capturing(captured: Captured) -> Iterator[None]:
    """Within the block, rows are not inserted: they are kept."""
    token = _captured.set(captured)
    try:
        yield
    finally:
        _captured.reset(token)


def captured() -> Captured | None:
    """Where rows are kept, if they are not stored here."""
    return _captured.get()
