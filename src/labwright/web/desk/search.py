"""Looking for something in all that a person may see: tables, rows, what was scanned."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import labwright as lw
from labwright.web.desk.grid.view import view_of
from labwright.web.desk.keys import key_of
from labwright.web.desk.refusals import NotThereError
from labwright.web.fields import field_of

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

SHOWN: Final = 5
"""Rows of a table that are shown; its grid has the others."""
LOOKED_AT: Final = 100_000
"""Rows of a table that are looked through, of more the last ones by key."""
SECONDS: Final = 3.0
"""After these no more tables are looked through."""
LONGEST: Final = 200
"""Characters of what is looked for."""
SNIPPET: Final = 120
_PLACE: Final = re.compile(r"(?:https?://[^/\s]+)?(?:/p/[^/\s]+)?/t/([^/\s]+)/([^/?#\s]+)")


@dataclass(frozen=True)
class Hits:
    """The rows of a table in which something is.

    Parameters
    ----------
    sheet : Sheet
    rows : sequence of (row, str)
        Each with the text in which it was found.
    has_more : bool
    is_partial : bool
        Whether only the last rows were looked through.
    """

    sheet: Sheet
    rows: Sequence[tuple[Mapping[str, Any], str]]
    has_more: bool = False
    is_partial: bool = False


@dataclass(frozen=True)
class Found:
    """What was found.

    Parameters
    ----------
    tables : sequence of Sheet
        Those whose name or comment has all the words.
    hits : sequence of Hits
    left : sequence of Sheet
        Tables for which there was no time.
    """

    tables: Sequence[Sheet]
    hits: Sequence[Hits]
    left: Sequence[Sheet]


def search(desk: Desk, text: str, seconds: float = SECONDS, looked_at: int = LOOKED_AT) -> Found:
    """Look for words in names and comments of tables and in the rows that the person may see.

    Parameters
    ----------
    desk : Desk
    text : str
        Words, all of which have to be there, or a key as addresses have it.
    seconds : float
        No table is begun after so many.
    looked_at : int
        Rows of a table that are looked through.
    """
    text = text.strip()[:LONGEST]
    sheets, end = desk.sheets(), time.monotonic() + seconds
    words = text.casefold().split()
    tables = [s for s in sheets if words and all(w in f"{s.name} {s.comment}".casefold() for w in words)]
    hits, left = [], []
    for sheet in sheets if words else ():
        found = _in_rows(sheet, text, words, looked_at) if time.monotonic() <= end else None
        if found is None:
            left.append(sheet)
        elif found.rows:
            hits.append(found)
    return Found(tables, hits, left)


def scanned(desk: Desk, text: str) -> tuple[Sheet, Mapping[str, Any]] | None:
    """The row whose address was scanned or pasted; None where it is none that the person may see."""
    place = _PLACE.fullmatch(text.strip()[:2000])
    sheet = desk.find(unquote(place[1])) if place else None
    if place is None or sheet is None:
        return None
    try:
        return sheet, sheet.row(key_of(sheet, unquote(place[2])))
    except NotThereError:
        return None


def _in_rows(sheet: Sheet, text: str, words: Sequence[str], looked_at: int) -> Hits:
    """The row of this key first, then those with the words in a text."""
    view = view_of(sheet)
    rows = sheet.rows().proj(*(n for n in view.chosen if n not in sheet.key))
    exact = _of_key(sheet, rows, text)
    is_partial = rows.count(at_most=looked_at + 1) > looked_at
    if is_partial:
        rows &= lw.Top(looked_at, order_by="KEY DESC")
    order = "KEY" if sheet.key else None
    others = (rows & view.looked_for(text)).to_dicts(order_by=order, limit=SHOWN + 1)
    found = [*exact, *(row for row in others if row not in exact)]
    told = [(row, _snippet(sheet, row, words)) for row in found[:SHOWN]]
    return Hits(sheet, told, len(found) > SHOWN, is_partial)


def _of_key(sheet: Sheet, rows: Any, text: str) -> list[Mapping[str, Any]]:
    if not sheet.key:
        return []
    try:
        return list((rows & key_of(sheet, text)).to_dicts(limit=1))
    except NotThereError:
        return []


def _snippet(sheet: Sheet, row: Mapping[str, Any], words: Sequence[str]) -> str:
    """The first text of a row in which a word is, from a little before it on."""
    for name, value in row.items():
        shown = "" if value is None or name in sheet.key else field_of(sheet.heading[name]).format(value)
        place = min((at for word in words if (at := shown.casefold().find(word)) >= 0), default=-1)
        if place >= 0:
            start = max(0, place - SNIPPET // 3)
            return f"{name}: {'…' if start else ''}{shown[start : start + SNIPPET]}"
    return ""
