"""Whether every row of an archive that refers to another finds it there, in eight bytes of memory per row."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from labwright.archive.manifest import Entry
from labwright.archive.row_codec import Column
from labwright.define.table import ForeignKey, TableDef, TableId

Key = tuple[TableId, tuple[str, ...]]
"""Columns of a table that others refer to."""


class KeysThatAreThere:
    """Notes the keys of tables as they are read, parents first, and looks for those that are referred to.

    Parameters
    ----------
    entries : iterable of Entry
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        tables = {e.table.id: e.table for e in entries}
        self.known = set(tables)
        self.hashes: dict[Key, array[int]] = {
            (fk.parent, fk.parent_columns): array("q") for t in tables.values() for fk in t.foreign_keys
        }
        self.sorted: dict[Key, Any] = {}

    def problems(self, table: TableDef, batches: Iterable[Sequence[Column]], names: Sequence[str]) -> Iterator[str]:
        """Read the rows of a table, and tell for each reference the first row that finds nothing."""
        late: dict[ForeignKey, array[int]] = {}
        said: dict[ForeignKey, str] = {}
        for batch in batches:
            columns = dict(zip(names, batch, strict=True))
            self._note(table, columns)
            for fk in table.foreign_keys:
                if fk.parent == table.id:
                    late.setdefault(fk, array("q")).extend(_told(columns, fk.columns)[1])
                elif fk.parent in self.known and fk not in said:
                    missing = self._missing(fk, columns)
                    said |= {} if missing is None else {fk: missing}
        for fk, wanted in late.items():
            if self._absent((fk.parent, fk.parent_columns), wanted) is not None:
                said[fk] = f"a row refers by {', '.join(fk.columns)} to a row of the same table that is not there"
        yield from (f"{table.id}: {text}" for text in said.values())

    def _note(self, table: TableDef, columns: Mapping[str, Column]) -> None:
        for (id_, names), hashes in self.hashes.items():
            if id_ == table.id:
                hashes.extend(_told(columns, names)[1])

    def _missing(self, fk: ForeignKey, columns: Mapping[str, Column]) -> str | None:
        rows, wanted = _told(columns, fk.columns)
        place = self._absent((fk.parent, fk.parent_columns), wanted)
        if place is None:
            return None
        told = ", ".join(f"{n}={v!r}" for n, v in zip(fk.columns, rows[place], strict=True))
        return f"a row refers to {told} of {fk.parent}, which is not there"

    def _absent(self, key: Key, wanted: Sequence[int]) -> int | None:
        """The place of the first hash that is not among those of a key."""
        import numpy as np

        if key not in self.sorted:
            self.sorted[key] = np.sort(np.frombuffer(self.hashes[key], dtype=np.int64)) if self.hashes[key] else None
        there, asked = self.sorted[key], np.array(wanted, dtype=np.int64)
        if there is None:
            return 0 if len(asked) else None
        places = np.minimum(np.searchsorted(there, asked), len(there) - 1)
        absent = np.flatnonzero(there[places] != asked)
        return int(absent[0]) if len(absent) else None


def _told(columns: Mapping[str, Column], names: Sequence[str]) -> tuple[list[tuple[Any, ...]], list[int]]:
    """The values that refer to something, where none of them is NULL, and their hashes."""
    rows = [row for row in zip(*(columns[n] for n in names), strict=True) if None not in row]
    return rows, list(map(hash, rows))
