"""Workbooks of Excel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any, Final

from labwright.web.exports.table import Export
from labwright.web.fields import Field

ROWS: Final = 1_048_575
"""So many rows a sheet has below the names of the columns."""
_LONGEST: Final = 32_767
_EXACT: Final = 10**15
"""Whole numbers below this are exact there."""
_FORMATS: Final = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss"}
_HEADINGS: Final = ("column", "type", "unit", "comment")
_FIRST_DAY: Final = 1901


def write_xlsx(export: Export, file: IO[bytes]) -> None:
    """Write rows with their types, in one sheet, and what the columns are in another.

    Texts are written as texts, whatever they begin with: nothing is a formula or a link. What a cell cannot hold, such
    as a number of 20 digits or a date before 1901, is a text; a text that is too long is left on the page of its row.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        bold = book.add_format({"bold": True})
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
        sheet = book.add_worksheet("Rows")
        for place, name in enumerate(export.columns):
            sheet.write_string(0, place, name, bold)
        sheet.freeze_panes(1, 0)
        _write_rows(export, sheet, formats)
        _write_columns(export, book.add_worksheet("Columns"), bold)


def _write_rows(export: Export, sheet: Any, formats: Mapping[str, Any]) -> None:
    cells = [(place, field.name, _cell_of(field)) for place, field in enumerate(export.columns.values())]
    for line, row in enumerate(export.query.cursor(as_dict=True), 1):
        for place, name, make in cells:
            if row[name] is None:
                continue
            value = make(row[name])
            if isinstance(value, str):
                sheet.write_string(line, place, value if len(value) <= _LONGEST else _elsewhere(export, row))
            elif isinstance(value, bool):
                sheet.write_boolean(line, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(line, place, value, formats["moment" if isinstance(value, datetime) else "date"])
            else:
                sheet.write_number(line, place, value)


def _elsewhere(export: Export, row: Mapping[str, Any]) -> str:
    return f"(too long for a cell: see {export.address_of(row)})"


def _cell_of(field: Field) -> Callable[[Any], Any]:
    """What makes a value one that a cell holds exactly; else its text."""
    return lambda value: value if _is_exact(value) else _plain(field, value)


def _plain(field: Field, value: Any) -> Any:
    if isinstance(value, Decimal) and len(value.as_tuple().digits) <= 15:
        return float(value)
    if isinstance(value, str):
        return value
    text = field.format(value) if field.kind in ("time", "moment") else field.edit(value)
    return bool(value) if field.kind == "flag" else text


def _is_exact(value: Any) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < _EXACT
    if isinstance(value, float):
        return abs(value) < 1e307
    if isinstance(value, datetime):
        return value.tzinfo is None and value.year >= _FIRST_DAY and not value.microsecond
    return isinstance(value, date) and value.year >= _FIRST_DAY


def _write_columns(export: Export, sheet: Any, bold: Any) -> None:
    for place, name in enumerate(_HEADINGS):
        sheet.write_string(0, place, name, bold)
    lines = [(name, str(f.attribute.type or ""), f.unit, f.attribute.comment) for name, f in export.columns.items()]
    lines += [(f.name, str(f.attribute.type or ""), f.unit, "left out: too large for a cell") for f in export.left_out]
    lines += [("", "", "", ""), *((name, "", "", text) for name, text in export.about.items())]
    for line, texts in enumerate(lines, 1):
        for place, text in enumerate(texts):
            sheet.write_string(line, place, text)


def written_at() -> str:
    """The present time as files tell it."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
