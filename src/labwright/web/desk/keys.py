"""The keys of rows, as addresses have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from labwright.web.desk.address import read_key, spell_key
from labwright.web.desk.refusals import NotThereError
from labwright.web.fields import FieldError, field_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet


def key_of(sheet: Sheet, text: str) -> dict[str, Any]:
    """The key that stands in an address.

    Raises
    ------
    NotThereError
        When it is none of this table.
    """
    values = read_key(text)
    if values is None or len(values) != len(sheet.key):
        raise NotThereError(f"There is no such row in {sheet.title}.")
    try:
        return {n: field_of(sheet.heading[n]).parse(v) for n, v in zip(sheet.key, values, strict=True)}
    except FieldError as error:
        raise NotThereError(f"There is no such row in {sheet.title}.") from error


def spelled(sheet: Sheet, row: Mapping[str, Any]) -> str:
    """The key of a row, as `key_of` reads it."""
    return spell_key([field_of(sheet.heading[n]).edit(row[n]) for n in sheet.key])


def quoted(sheet: Sheet, row: Mapping[str, Any]) -> str:
    """The same as it stands in an address, percent-encoded."""
    return quote(spelled(sheet, row), safe="~,:")
