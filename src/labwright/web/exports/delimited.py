"""Files of comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import IO, Any, Final

from labwright.web.exports.table import Export
from labwright.web.fields import Field, guarded

WORDS: Final = frozenset(("text", "choice", "json", "other"))
"""Kinds of fields that may hold whatever somebody has typed."""


def write_csv(export: Export, file: IO[bytes]) -> None:
    """Write rows in the texts that the import reads, in UTF-8 with the mark by which Excel knows it.

    What a spreadsheet would take for a formula stands behind an apostrophe, which the import takes off.
    """
    fields = [(field.name, _writer(field)) for field in export.columns.values()]
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(lines)
    writer.writerow([guarded(name) for name in export.columns])
    for row in export.query.cursor(as_dict=True):
        writer.writerow(["" if row[name] is None else write(row[name]) for name, write in fields])
    lines.detach()


def _writer(field: Field) -> Callable[[Any], str]:
    if field.kind in WORDS:
        return lambda value: guarded(field.edit(value))
    return field.edit
