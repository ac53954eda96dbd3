"""Columns that a lab has declared, computed for the rows that somebody sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.screens.offers import LOG, Offers
from labwright.web.fields import field_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

Row = Mapping[str, Any]
FAILED: Final = "?"
"""Stands where a column cannot be computed."""


def computed_columns(sheet: Sheet) -> list[Any]:
    """The computed columns of a table."""
    return Offers(sheet.desk).columns(sheet)


def computed_cells(sheet: Sheet, columns: Sequence[Any], rows: Sequence[Row]) -> list[list[str | None]]:
    """What stands in computed columns, for each of some rows, of which the key is enough."""
    if not columns or not rows or not sheet.key:
        return [[None for _ in columns] for _ in rows]
    light = [name for name, a in sheet.heading.items() if not field_of(a).column.is_heavy]
    keys = [{name: row[name] for name in sheet.key} for row in rows]
    found = {_key(sheet, row): row for row in sheet.rows(keys).proj(*light).to_dicts()}
    return [[_cell(c, found.get(_key(sheet, key))) for c in columns] for key in keys]


def _key(sheet: Sheet, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in sheet.key)


def _cell(column: Any, row: Row | None) -> str | None:
    if row is None:
        return None
    try:
        made = column(dict(row))
        return None if made is None else str(made)
    except Exception as error:  # noqa: BLE001 - the code of a lab may raise anything
        LOG.warning("the column %r failed", column.name, exc_info=error)
        return FAILED
