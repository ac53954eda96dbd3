"""What becomes of each row: it is new, there already, or cannot be entered, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.importing.cells import Cell
from labwright.web.desk.importing.reading import Problem, Reader, hash_of
from labwright.web.fields import Field, FieldError

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Link, Sheet

KNOWN: Final = 100_000
"""So many rows of a table that is referred to are remembered as being there."""


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "n"
    SKIPPED = "s"
    CHANGED = "u"
    SAME = "e"
    BAD = "b"


class There(StrEnum):
    """What is to be done about rows that are there already."""

    REFUSE = "refuse"
    SKIP = "skip"
    UPDATE = "update"


@dataclass
class Judged:
    """A row of a file, and what was found out about it.

    Parameters
    ----------
    number : int
        Its number in the file.
    cells : list
    row : dict
        Its values, where they can be read.
    problems : list of Problem
    key : int or None
        The hash of its key.
    fate : Fate
    base : dict of str to str
        For what is to be changed: what it is now, as it is edited.
    """

    number: int
    cells: list[Cell]
    row: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    key: int | None = None
    fate: Fate = Fate.NEW
    base: dict[str, str] = field(default_factory=dict)

    @property
    def is_twin(self) -> bool:
        """Whether another row of the file has its key."""
        return any(problem.kind == "key" for problem in self.problems)

    def refuse(self, problem: Problem) -> None:
        """Note what is wrong with it."""
        self.problems.append(problem)
        self.fate = Fate.BAD


@dataclass(frozen=True)
class Judge:
    """Judges rows, many at a time, and asks the database once for all of them.

    Parameters
    ----------
    sheet : Sheet
    reader : Reader
    there : There
    """

    sheet: Sheet
    reader: Reader
    there: There

    def judge(self, rows: Iterable[tuple[int, list[Cell]]], twin: Callable[[int, int], int | None]) -> list[Judged]:
        """What becomes of these rows.

        Parameters
        ----------
        rows : iterable of (number, cells)
        twin : callable
            Given the hash of a key and the number of a row, the number of another row that has the key, or None.
        """
        judged = [self.read(number, cells) for number, cells in rows]
        for one in judged:
            if one.key is not None and (other := twin(one.key, one.number)) is not None:
                one.refuse(Problem(self.place(self.sheet.key), f"Row {other} has the same {self._key_names}.", "key"))
        self._look_for_rows([one for one in judged if one.key is not None and not one.is_twin])
        for link in self.links:
            self._look_for_parents(link, [one for one in judged if one.fate in (Fate.NEW, Fate.CHANGED, Fate.BAD)])
        return judged

    def read(self, number: int, cells: list[Cell]) -> Judged:
        """A row as far as it can be told without asking the database."""
        row, problems = self.reader.read(cells)
        one = Judged(number, cells, row)
        for problem in problems:
            one.refuse(problem)
        if self._has_key and not set(self.sheet.key) & {p.name for p in problems}:
            values = [row[name] for name in self.sheet.key]
            one.key = None if None in values else hash_of(values)
        return one

    @cached_property
    def _has_key(self) -> bool:
        return bool(self.sheet.key) and set(self.sheet.key) <= self.reader.mapping.names

    @property
    def _key_names(self) -> str:
        return " and ".join(self.sheet.key)

    def place(self, names: Sequence[str]) -> str:
        """Of these attributes the last one that a column of the file goes into."""
        return next((n for n in reversed(names) if n in self.reader.mapping.columns.values()), "")

    def _look_for_rows(self, judged: Sequence[Judged]) -> None:
        """Tell rows that are there already from new ones."""
        if not judged:
            return
        names = self.sheet.key
        keys = {tuple(one.row[n] for n in names): one for one in judged}
        there = rows_there(self.sheet, names, keys)
        if not there:
            return
        seen = self._now([dict(zip(names, key, strict=True)) for key in there]) if self.there is There.UPDATE else {}
        for key, one in keys.items():
            if key in there:
                self._decide(one, seen.get(key))

    def _now(self, wanted: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
        names = [n for n in self.reader.mapping.names if n not in self.sheet.key]
        rows = self.sheet.rows(list(wanted)).proj(*names).to_dicts()
        return {tuple(row[n] for n in self.sheet.key): row for row in rows}

    def _decide(self, one: Judged, now: Mapping[str, Any] | None) -> None:
        if self.there is There.SKIP:
            one.fate, one.problems = Fate.SKIPPED, []
        elif self.there is There.UPDATE and now is not None and one.fate is Fate.BAD:
            return
        elif self.there is There.UPDATE and now is not None:
            one.base = _differences(self.reader.fields, one.row, now, self.sheet.key)
            one.fate = Fate.CHANGED if one.base else Fate.SAME
        else:
            shown = ", ".join(self.reader.fields[n].format(one.row[n]) for n in self.sheet.key)
            text = f"There is a {self.sheet.title} {shown} already."
            one.refuse(Problem(self.place(self.sheet.key), text, "there"))

    @cached_property
    def links(self) -> Sequence[Link]:
        """The references of which everything is given; to the table itself the database alone can follow them."""
        names = self.reader.mapping.names
        return [k for k in self.sheet.references if set(k.attributes) <= names and k.sheet.name != self.sheet.name]

    @cached_property
    def _present(self) -> dict[str, set[tuple[Any, ...]]]:
        return defaultdict(set)

    def _look_for_parents(self, link: Link, judged: Sequence[Judged]) -> None:
        """Tell which rows refer to what is not there."""
        here, there = list(link.attributes), list(link.attributes.values())
        keys = [(tuple(one.row[n] for n in here), one) for one in judged if set(here) <= one.row.keys()]
        present = self._present[f"{link.sheet.name} {here}"]
        asked = {key for key, _ in keys if None not in key} - present
        found: set[tuple[Any, ...]] = set()
        if asked:
            found = rows_there(link.sheet, there, asked)
            if len(present) < KNOWN:
                present |= found
        for key, one in keys:
            if key in asked and key not in found:
                shown = ", ".join(self.reader.fields[n].format(v) for n, v in zip(here, key, strict=True))
                text = f"There is no {link.sheet.title} {shown}. Enter it first."
                one.refuse(Problem(self.place(here), text, "parent"))


def rows_there(sheet: Sheet, names: Sequence[str], keys: Iterable[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Of these keys those that a table has, whoever may see its rows: what refuses an insert tells as much."""
    wanted = [dict(zip(names, key, strict=True)) for key in keys]
    return {tuple(row[n] for n in names) for row in (sheet.table & wanted).keys()}  # noqa: SIM118 - a verb


def _differences(
    fields: Mapping[str, Field], new: Mapping[str, Any], now: Mapping[str, Any], key: Sequence[str]
) -> dict[str, str]:
    """What a row has now where it is to become something else, as it is edited."""
    found = {name: text_in(fields[name], now[name]) for name in new if name not in key}
    return {name: text for name, text in found.items() if text != text_after(fields[name], new[name])}


def text_in(of: Field, value: Any) -> str:
    """A value as it is edited, or what stands for one that cannot be."""
    try:
        return of.edit(value)
    except FieldError:
        return of.format(value)


def text_after(of: Field, value: Any) -> str:
    """The same for one that is to be stored: none resets it to what it is without one."""
    return text_in(of, value) if value is not None else "" if of.attribute.nullable else of.default
