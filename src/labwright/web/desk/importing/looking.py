"""Looking at the rows of an import: those that cannot be entered, those that change something, and what is missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.importing.beginning import begin
from labwright.web.desk.importing.draft import Draft, judged_of, may_import
from labwright.web.desk.importing.judging import Fate, Judged, rows_there, text_after
from labwright.web.desk.refusals import NotThereError
from labwright.web.fields import field_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Link, Sheet

SHOWN: Final = 50
"""Rows of a page."""
ASKED_FOR: Final = 10_000
"""Rows of other tables that are looked for; nobody enters more of them by hand."""


@dataclass(frozen=True)
class Shown:
    """A page of rows, and the number of the row after which the next page begins."""

    rows: Sequence[Judged]
    following: int | None


@dataclass(frozen=True)
class Missing:
    """Rows of another table that an import refers to and that are not there.

    Parameters
    ----------
    sheet : Sheet
    names : sequence of str
        The attributes of their keys.
    keys : list of tuple of str
        These, as they are edited.
    may_import : bool
        Whether the person may enter them.
    """

    sheet: Sheet
    names: Sequence[str]
    keys: Sequence[tuple[str, ...]]
    may_import: bool


def rows_with(draft: Draft, fate: Fate, after: int = -1) -> Shown:
    """A page of the rows of one fate."""
    found = list(islice(_with(draft, fate, after), SHOWN + 1))
    return Shown(found[:SHOWN], found[SHOWN - 1].number if len(found) > SHOWN else None)


def _with(draft: Draft, fate: Fate, after: int) -> Iterator[Judged]:
    numbers = draft.imports.numbers(draft.begun, bad=fate is Fate.BAD, after=after)
    for piece in draft.imports.pieces(draft.begun, numbers):
        yield from (one for one in judged_of(piece) if one.fate is fate and one.number > after)


def changes_of(draft: Draft, one: Judged) -> list[tuple[str, str, str]]:
    """What a row changes: the attribute, what it is, and what it becomes; both as they are edited."""
    row, _ = draft.reader.read(one.cells)
    fields = draft.fields
    return [(name, was, text_after(fields[name], row.get(name))) for name, was in one.base.items() if name in fields]


def key_of(draft: Draft, one: Judged) -> dict[str, Any]:
    """The key of a row."""
    row, _ = draft.reader.read(one.cells)
    return {name: row[name] for name in draft.sheet.key}


def missing(draft: Draft) -> list[Missing]:
    """What has to be entered into other tables first."""
    judge = draft.judge()
    found: list[tuple[Link, dict[tuple[Any, ...], None]]] = [(link, {}) for link in judge.links]
    for one in islice(_with(draft, Fate.BAD, -1), ASKED_FOR):
        places = {p.name for p in one.problems if p.kind == "parent"}
        row, _ = draft.reader.read(one.cells) if places else ({}, [])
        for link, keys in found:
            if judge.place(list(link.attributes)) in places and set(link.attributes) <= row.keys():
                keys[tuple(row[n] for n in link.attributes)] = None
    told = (_missing(link, [key for key in keys if None not in key]) for link, keys in found if keys)
    return [one for one in told if one.keys]


def _missing(link: Link, keys: list[tuple[Any, ...]]) -> Missing:
    names, sheet = list(link.attributes.values()), link.sheet
    fields = {name: field_of(sheet.heading[name]) for name in names}
    absent = [key for key in keys if key not in rows_there(sheet, names, keys)]
    shown = [tuple(fields[n].edit(v) for n, v in zip(names, key, strict=True)) for key in absent]
    return Missing(sheet, names, shown, may_import(sheet))


def begin_with_missing(draft: Draft, name: str) -> Draft:
    """Begin an import of what is missing in a table, with its keys; the rest is to be filled in.

    Raises
    ------
    NotThereError
        When nothing is missing there.
    """
    found = next((one for one in missing(draft) if one.sheet.name == name), None)
    if found is None:
        raise NotThereError("Nothing is missing there any more.")
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t").writerows([found.names, *found.keys])
    return begin(found.sheet, f"missing for {draft.title}", text.getvalue().encode())
