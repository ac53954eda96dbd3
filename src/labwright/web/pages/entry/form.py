"""What a form for a row and its parts holds, field by field, and what is to be done with it.

Everything that a form knows stands in its fields, so that it can be sent, kept and shown again by anybody. A field is
called like its attribute, ``weight``, and that of the third row of a part ``Trial.2.correct``. Before it stands what
else is known of it: ``base.weight`` what it was when the form was opened, ``staged.movie`` a file that was sent,
``clear.movie`` that it is to be emptied; of rows ``key.Trial.2`` and ``gone.Trial.2``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.changing.picking import Step, steps_of
from labwright.web.desk.changing.saving import Line
from labwright.web.fields import field_of
from labwright.web.pages.entry.section import Entry, Section
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

COUNTED: Final = "Write a number here: the rows below refer to it."
MOST: Final = 500
"""Rows of a part that one form takes."""
_ROW: Final = re.compile(r"(?:[a-z]+\.)?([A-Z]\w*)\.(\d{1,6})(?:\.\w+)?")
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Form:
    """A form for a row and its parts.

    Parameters
    ----------
    sheet : Sheet
    given : mapping of str to str
        What its fields hold.
    key : mapping, optional
        The key of the row that it changes; without one it enters a row.
    files : mapping of str to Path
        Those that were sent, by field.
    problems : mapping of str to str
        What is wrong, by field or row; under ``""`` what is wrong with it as a whole.
    """

    sheet: Sheet
    given: Texts
    key: Mapping[str, Any] | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _steps(self) -> dict[str, Mapping[str, Step]]:
        return {}

    def steps(self, sheet: Sheet) -> Mapping[str, Step]:
        """How the references of a table are filled."""
        if sheet.name not in self._steps:
            self._steps[sheet.name] = steps_of(sheet)
        return self._steps[sheet.name]

    @cached_property
    def master(self) -> Section:
        """The row itself."""
        return Section(self, self.sheet)

    @cached_property
    def part_sheets(self) -> dict[str, tuple[Sheet, Mapping[str, str]]]:
        """The parts that the person may do anything with, by class, with what ties them to the master."""
        return {
            part.name.rpartition(".")[2]: (part, tied)
            for part in self.sheet.parts
            if any(map(part.may, (Verb.INSERT, Verb.UPDATE, Verb.DELETE)))
            and (tied := _tied(part, self.sheet)) is not None
        }

    @cached_property
    def parts(self) -> dict[str, list[Section]]:
        """The rows of parts, by class."""
        found: dict[str, dict[int, Section]] = {name: {} for name in self.part_sheets}
        for name in self.given:
            match = _ROW.fullmatch(name)
            if match and match[1] in found:
                part, tied = self.part_sheets[match[1]]
                found[match[1]].setdefault(int(match[2]), Section(self, part, f"{match[1]}.{int(match[2])}", tied))
        return {name: [rows[n] for n in sorted(rows)] for name, rows in found.items()}

    def blank(self, part: str) -> Section:
        """A row of a part, for a script to copy."""
        sheet, tied = self.part_sheets[part]
        return Section(Form(self.sheet, initial(sheet, f"{part}.0")), sheet, f"{part}.0", tied)

    def sections(self) -> Iterator[Section]:
        """All its rows, the master first."""
        yield self.master
        for rows in self.parts.values():
            yield from rows

    def section(self, place: str) -> Section | None:
        """The row of a place."""
        return next((s for s in self.sections() if s.place == place), None)

    def find(self, full: str) -> tuple[Section, str] | None:
        """The row and the attribute of a field."""
        place, _, name = full.rpartition(".")
        section = self.section(place)
        return None if section is None or name not in section.names else (section, name)

    def entry(self, full: str) -> Entry | None:
        """The field of a name."""
        at = self.find(full)
        return next((e for e in at[0].entries if e.name == full), None) if at else None

    @property
    def has_files(self) -> bool:
        """Whether it has fields for files."""
        sheets = [self.sheet, *(part for part, _ in self.part_sheets.values())]
        return any(field_of(a).macro == "file" for sheet in sheets for a in sheet.heading.values())

    def read(self) -> tuple[list[Line], dict[str, str]]:
        """What is to be done, the master first, and what is wrong with the fields."""
        first, problems = self.master.read()
        lines = [first]
        row = {**first.row, **(self.key or {})}
        for section in self._written():
            line, wrong = section.read(row)
            lines.append(line)
            problems |= wrong
        counted = [n for n in self.sheet.key if n not in row and n not in problems]
        if counted and len(lines) > 1:
            problems |= dict.fromkeys(counted, COUNTED)
        return lines, problems

    def _written(self) -> Iterator[Section]:
        for section in self.sections():
            if section is not self.master and not section.is_blank:
                yield section


def _tied(part: Sheet, master: Sheet) -> Mapping[str, str] | None:
    """What ties a part to its master; None when the person may not see it."""
    return next((r.attributes for r in part.references if r.sheet.name == master.name), None)


def initial(sheet: Sheet, place: str = "") -> dict[str, str]:
    """What the fields of a new row hold at first."""
    start = f"{place}." if place else ""
    return {start + n: field_of(a).default for n, a in sheet.heading.items() if not a.expression}


def edited(sheet: Sheet, row: Mapping[str, Any]) -> dict[str, str]:
    """What the fields of a row hold: all that is shown as text."""
    fields = [field_of(sheet.heading[n]) for n in row]
    return {f.name: f.edit(row[f.name]) for f in fields if not f.is_heavy and f.macro not in ("file", "none")}


def placed(sheet: Sheet, row: Mapping[str, Any], place: str = "") -> dict[str, str]:
    """The same as fields of a form, with what they were."""
    start = f"{place}." if place else ""
    texts = edited(sheet, row)
    base = {f"base.{start}{n}": text for n, text in texts.items() if n not in sheet.key}
    return {**{start + n: text for n, text in texts.items()}, **base}
