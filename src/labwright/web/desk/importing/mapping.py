"""Which column of a file goes into which attribute."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.importing.cells import text_of, value_of
from labwright.web.fields import Field, FieldError, fields_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

_NEAR: Final = 0.85
_UNIT: Final = re.compile(r"\s*[(\[]([^()\[\]]{1,24})[)\]]\s*$")
_NO_LETTER: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Choice:
    """Where the values of rows come from.

    Parameters
    ----------
    columns : mapping of int to str
        Columns of the file, counted from 0, with their attributes; others are left out.
    constants : mapping of str to str
        What all rows have, as it is typed, by attribute.
    """

    columns: Mapping[int, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The attributes that are given."""
        return {*self.columns.values(), *self.constants}


@dataclass(frozen=True)
class Guess:
    """What a file seems to hold, and what speaks against it, by column."""

    columns: Mapping[int, str]
    notes: Mapping[int, str]


def importable(sheet: Sheet) -> dict[str, Field]:
    """The fields of a table that values can be brought to by a file, as far as the person sees them."""
    return {name: found for name, found in fields_of(sheet.heading).items() if _is_importable(found)}


def _is_importable(found: Field) -> bool:
    type_ = found.attribute.type
    if found.attribute.expression or type_ is None or not found.is_writable:
        return False
    # what a store holds is there before the rows are, and a trial would leave it behind
    return found.kind not in ("file", "reference", "other") and type_.store is None


def guess(fields: Mapping[str, Field], header: Sequence[str], known: Mapping[str, str] | None = None) -> Guess:
    """Tell from names, comments and units which column goes where.

    Parameters
    ----------
    fields : mapping
    header : sequence of str
        The names of the columns.
    known : mapping of str to str, optional
        What the person has chosen before for columns of these names; ``""`` leaves one out.
    """
    columns: dict[int, str] = {}
    notes: dict[int, str] = {}
    for fits in (_same_name, _same_comment, _near_name):
        for number, text in enumerate(header):
            if number in columns or number in notes or (known is not None and text in known):
                continue
            name = fits(fields, text, set(columns.values()))
            if name is None:
                continue
            if note := _other_unit(fields[name], text):
                notes[number] = note
            else:
                columns[number] = name
    for number, text in enumerate(header):
        name = (known or {}).get(text, "")
        if name in fields and name not in columns.values():
            columns[number] = name
    return Guess(dict(sorted(columns.items())), notes)


def by_place(fields: Mapping[str, Field], width: int) -> Guess:
    """The columns of a file without names: as the table has them."""
    return Guess(dict(enumerate(list(fields)[:width])), {})


def _same_name(fields: Mapping[str, Field], text: str, taken: set[str]) -> str | None:
    bare = bare_name(text)
    return next((name for name in fields if name not in taken and bare_name(name) == bare), None)


def _same_comment(fields: Mapping[str, Field], text: str, taken: set[str]) -> str | None:
    bare = bare_name(text)
    return next(
        (n for n, f in fields.items() if bare and n not in taken and bare_name(f.attribute.comment) == bare), None
    )


def _near_name(fields: Mapping[str, Field], text: str, taken: set[str]) -> str | None:
    by_bare = {bare_name(name): name for name in fields if name not in taken}
    near = difflib.get_close_matches(bare_name(text), by_bare, n=1, cutoff=_NEAR)
    return by_bare[near[0]] if near else None


def bare_name(text: str) -> str:
    """A name without its unit, whatever its case and signs.

    Examples
    --------
    >>> bare_name("Body weight (g)")
    'bodyweight'
    """
    return _NO_LETTER.sub("", _UNIT.sub("", text)).casefold()


def _other_unit(found: Field, text: str) -> str:
    unit = _UNIT.search(text)
    if unit is None or not found.unit or unit[1].strip() == found.unit:
        return ""
    return f"This looks like {found.name}, but is in {unit[1].strip()} instead of {found.unit}."


def names_row(fields: Mapping[str, Field], rows: Sequence[tuple[int, Sequence[Any]]]) -> int:
    """The number of the row with the names of the columns; 0 where there is none."""
    scores = [(_score(fields, cells), -number, number) for number, cells in rows]
    best, _, number = max(scores, default=(0, 0, 0))
    if best or not rows:
        return number if best else 0
    first, cells = rows[0]
    return 0 if _fits_by_place(fields, cells) else first


def _score(fields: Mapping[str, Field], cells: Sequence[Any]) -> int:
    found = guess(fields, [cell if isinstance(cell, str) else "" for cell in cells])
    return len(found.columns) + len(found.notes)


def _fits_by_place(fields: Mapping[str, Field], cells: Sequence[Any]) -> bool:
    try:
        for cell, found in zip(cells, fields.values(), strict=False):
            found.parse_value(value_of(cell))
    except FieldError:
        return False
    return True


def wrong_with(fields: Mapping[str, Field], mapping: Choice) -> dict[str, str]:
    """What has to be put right in a mapping: a sentence for each attribute that it is about."""
    problems = {}
    columns = list(mapping.columns.values())
    for name, found in fields.items():
        if columns.count(name) > 1:
            problems[name] = "Two columns go into this: choose one."
        elif columns.count(name) and name in mapping.constants:
            problems[name] = "There is a column for this, and one value for all rows: choose one of them."
        elif name in mapping.constants:
            try:
                found.parse(mapping.constants[name])
            except FieldError as error:
                problems[name] = str(error)
        elif name not in columns and not found.may_be_empty:
            problems[name] = "This needs a value: choose a column for it, or one value for all rows."
    return problems


def clean_header(cells: Sequence[Any]) -> list[str]:
    """The names of columns as they can be shown and kept."""
    texts = (" ".join(text_of(cell).split())[:100] for cell in cells)
    return ["".join(c for c in text if c.isprintable()) for text in texts]
