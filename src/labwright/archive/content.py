"""The files that an archive has for a table: their columns, and the names they must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labwright.archive.manifest import Entry, Rows, file_name
from labwright.archive.row_codec import RowCodec
from labwright.define.table import TableDef
from labwright.sql.whole_rows import full_table, shadow_table


@dataclass(frozen=True, slots=True)
class Content:
    """A file of rows, and the table that these are of: a table of the pipeline or what keeps its history."""

    table: TableDef
    rows: Rows

    @property
    def codec(self) -> RowCodec:
        """How its rows are written."""
        return RowCodec(self.table.heading)


def expected_file(table: TableDef) -> str:
    """What the file is called that has the rows of `table`."""
    return file_name(table.id, has_bytes=any(RowCodec(table.heading).raw))


def rows_of(entry: Entry) -> Content:
    """The rows of a table."""
    return Content(full_table(entry.table), entry.rows)


def history_of(entry: Entry) -> Content | None:
    """The records of its history, where it has any."""
    return None if entry.history is None else Content(shadow_table(entry.table), entry.history)


def contents(entry: Entry) -> Iterator[Content]:
    """Both."""
    yield rows_of(entry)
    history = history_of(entry)
    if history is not None:
        yield history
