"""The entries of a lab book, a page at a time, and as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.address import read_key, spell_key
from labwright.web.desk.refusals import BadRequestError, NotThereError

if TYPE_CHECKING:
    from labwright.web.desk.lab_book.book import LabBook
    from labwright.web.desk.lab_book.reading import Wanted

SIZE: Final = 50
"""Entries of a page."""
MOST: Final = 500
"""Entries that are taken along at once."""
ORDER: Final = ("day DESC", "entry DESC")
KINDS: Final[Mapping[str, str]] = MappingProxyType({"pdf": "application/pdf", "eln": "application/vnd.eln+zip"})
"""The files that entries are taken along in."""


def read_entries(
    book: LabBook, wanted: Wanted, after: str | None = None, size: int = SIZE
) -> tuple[Sequence[Mapping[str, Any]], str | None]:
    """Some of the entries that are wanted, newest first and without their texts, and where the next ones begin."""
    place = lw.After(_place(after), order_by=list(ORDER)) if after else True
    rows = (book.find(wanted) & place).to_dicts(order_by=list(ORDER), limit=size + 1)
    last = rows[size - 1] if len(rows) > size else None
    return rows[:size], None if last is None else spell_key([last["day"].isoformat(), str(last["entry"])])


def _place(text: str) -> dict[str, Any]:
    found = read_key(text)
    try:
        day, entry = found or ()
        return {"day": date.fromisoformat(day), "entry": int(entry)}
    except ValueError as error:
        raise BadRequestError("This address is not of a page that was here; begin again with the first one.") from error


def numbers_of(book: LabBook, wanted: Wanted) -> list[int]:
    """The entries that are wanted, oldest first.

    Raises
    ------
    BadRequestError
        When there are none, or too many to be taken along.
    """
    rows = book.find(wanted).to_dicts(order_by=["day", "entry"], limit=MOST + 1)
    if not rows or len(rows) > MOST:
        few = f"These are more than {MOST} entries: choose fewer, by day or author."
        raise BadRequestError(few if rows else "There are no such entries.")
    return [row["entry"] for row in rows]


def as_file(book: LabBook, numbers: Sequence[int], kind: str, name: str) -> bytes:
    """Entries as a file to keep.

    Raises
    ------
    NotThereError
        When there are no files of this kind.
    """
    if kind not in KINDS:
        raise NotThereError("Entries are taken along as pdf or eln.")
    return book.to_pdf(numbers) if kind == "pdf" else book.to_eln(numbers, name)
