"""The rows that a person sees, as a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.refusals import BadRequestError
from labwright.web.exports.columnar import write_parquet
from labwright.web.exports.delimited import write_csv
from labwright.web.exports.spreadsheet import ROWS, write_xlsx, written_at
from labwright.web.exports.table import Export
from labwright.web.fields import field_of, query_string

if TYPE_CHECKING:
    from labwright.web.desk.grid.listing import Listing

FORMATS: Final[Mapping[str, tuple[str, Callable[[Export, IO[bytes]], None]]]] = MappingProxyType(
    {
        "csv": ("text/csv; charset=utf-8", write_csv),
        "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
        "parquet": ("application/vnd.apache.parquet", write_parquet),
    }
)
"""What there is to choose from: the type that browsers are told, and what writes it."""


def write_rows(listing: Listing, format_: str, file: IO[bytes], address_of: Callable[[Mapping[str, Any]], str]) -> None:
    """Write all rows of a listing with its columns to a file, without holding them all.

    Raises
    ------
    BadRequestError
        When there is no such format, or the rows do not fit into it.
    """
    if format_ not in FORMATS:
        raise BadRequestError(f"There is no format {format_!r}. Choose one of {', '.join(FORMATS)}.")
    if format_ == "xlsx" and listing.rows.count(at_most=ROWS + 1) > ROWS:
        raise BadRequestError(f"A workbook has room for {ROWS:,} rows. Narrow them by filters, or take CSV or Parquet.")
    FORMATS[format_][1](_export(listing, address_of), file)


def written(listing: Listing, format_: str, address_of: Callable[[Mapping[str, Any]], str]) -> Path:
    """A file with all rows of a listing, which whoever asks for it deletes; there is none if anything goes wrong."""
    with NamedTemporaryFile(prefix="labwright-", delete=False) as file:
        path = Path(file.name)
        try:
            write_rows(listing, format_, file, address_of)
        except BaseException:
            path.unlink()
            raise
    return path


def _export(listing: Listing, address_of: Callable[[Mapping[str, Any]], str]) -> Export:
    view = listing.view
    names = dict.fromkeys(view.inner(name) for name in (*view.chosen, *listing.order))
    query = listing.rows.proj(*names)
    heavy = [field_of(a) for a in view.sheet.heading.values() if field_of(a).is_heavy]
    about = {
        "table": view.sheet.name,
        "comment": view.sheet.comment,
        "filters": query_string(listing.filters),
        "words": listing.words,
        "written": written_at(),
        "by": view.sheet.desk.person.name,
    }
    return Export(
        title=view.sheet.title,
        query=query & lw.Top(None, listing.terms) if listing.terms else query,
        columns={name: view.fields[name] for name in view.chosen},
        left_out=heavy,
        about={name: text for name, text in about.items() if text},
        address_of=address_of,
    )


def file_name(listing: Listing, format_: str) -> str:
    """What the file is called: its table and the day; a name that every system takes.

    The table's name has letters, digits, points and underscores alone, wherever it comes from.
    """
    name = re.sub(r"[^A-Za-z0-9._]+", "_", listing.view.sheet.name)
    part = "_part" if listing.is_narrowed else ""
    return f"{name}{part}_{datetime.now(UTC):%Y-%m-%d}.{format_}"
