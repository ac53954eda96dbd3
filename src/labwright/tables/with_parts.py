"""Masters and their parts, entered as a unit: every part row belongs to a master row of the same call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labwright.core.errors import DataError
from labwright.define.table import ForeignKey, TableDef
from labwright.sql.database import Database
from labwright.sql.dml import OnDuplicate
from labwright.tables.insert import canonical, insert_batch
from labwright.tables.rows import Columns, read_rows


def insert_with_parts(
    database: Database,
    master: TableDef,
    rows: Any,
    parts: Mapping[str, tuple[TableDef, Any]],
    *,
    on_duplicate: OnDuplicate,
    ignore_extra_fields: bool,
) -> None:
    """Insert rows of `master`, and of `parts` by class name, all or nothing.

    Raises
    ------
    DataError
        When a part row belongs to none of the master rows; nothing is stored then.
    """
    masters = read_rows(master.heading, rows, ignore_extra_fields=ignore_extra_fields)
    columns = {
        name: (part, read_rows(part.heading, given, ignore_extra_fields=ignore_extra_fields))
        for name, (part, given) in parts.items()
    }
    for name, (part, given) in columns.items():
        _check_belonging(master, masters, name, part, given)
    with database.connection.atomic():
        insert_batch(database, master, masters, on_duplicate)
        for part, given in columns.values():
            insert_batch(database, part, given, on_duplicate)


def _check_belonging(master: TableDef, masters: Columns, name: str, part: TableDef, given: Columns) -> None:
    fk = next((f for f in part.foreign_keys if f.parent == master.id), None)
    if fk is None or not set(fk.columns) <= set(given.names) or not set(fk.parent_columns) <= set(masters.names):
        return
    known = set(_keys(master, fk.parent_columns, masters))
    for number, key in enumerate(_keys(part, fk.columns, given)):
        if key not in known:
            raise DataError(f"{name}, row {number}: {_shown(fk, key)} is none of the master rows of this insert.")


def _keys(table: TableDef, names: Sequence[str], columns: Columns) -> list[tuple[Any, ...]]:
    values = [[canonical(table, n, v) for v in columns.values[columns.names.index(n)]] for n in names]
    return list(zip(*values, strict=True))


def _shown(fk: ForeignKey, key: tuple[Any, ...]) -> str:
    return ", ".join(f"{n}={v!r}" for n, v in zip(fk.columns, key, strict=True))
