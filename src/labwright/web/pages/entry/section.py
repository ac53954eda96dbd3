"""One row of a form: its fields, and what is to be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.changing.picking import Step
from labwright.web.desk.changing.saving import Line, takes_rows
from labwright.web.desk.keys import key_of
from labwright.web.desk.refusals import NotThereError
from labwright.web.fields import Field, field_of, read_changes, read_form
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet
    from labwright.web.pages.entry.form import Form

PARTIAL: Final = "A reference is whole or empty: this is missing."


@dataclass(frozen=True)
class Pick:
    """How the value of a field is picked.

    Parameters
    ----------
    url : str
        Where choices are asked for, behind ``/pick/``: the table, and the attribute.
    step : Step
        What it is picked from.
    given : mapping of str to str
        Of which fields of the form it depends, by attribute.
    fills : mapping of str to str
        Which fields it fills, by attribute.
    """

    url: str
    step: Step
    given: Mapping[str, str]
    fills: Mapping[str, str]

    @property
    def may_add(self) -> bool:
        """Whether the person may enter what it is picked from."""
        return takes_rows(self.step.sheet) and self.step.sheet.may(Verb.INSERT)


@dataclass(frozen=True)
class Entry:
    """One field of a form.

    Parameters
    ----------
    field : Field
    name : str
        What it is called in the form.
    value : str
    base : str or None
        What it was when the form was opened; None in a new row.
    is_locked : bool
    pick : Pick or None
    staged : str
        The number of a file that was sent before.
    is_kept : bool
        Whether it may hold what cannot be shown here, and stays unless it is replaced.
    is_cleared : bool
    problem : str
    """

    field: Field
    name: str
    value: str
    base: str | None
    is_locked: bool
    pick: Pick | None
    staged: str
    is_kept: bool
    is_cleared: bool
    problem: str


@dataclass(frozen=True)
class Section:
    """One row of a form.

    Parameters
    ----------
    form : Form
    sheet : Sheet
    place : str
        ``""`` for the master, ``Trial.2`` for a row of a part.
    tied : mapping of str to str
        Attributes that the master fills, with its own.
    """

    form: Form
    sheet: Sheet
    place: str = ""
    tied: Mapping[str, str] = field(default_factory=dict)

    def full(self, name: str) -> str:
        """What a field is called in the form."""
        return f"{self.place}.{name}" if self.place else name

    @cached_property
    def names(self) -> list[str]:
        """The attributes that it has fields for."""
        return [n for n, a in self.sheet.heading.items() if n not in self.tied and not a.expression]

    @cached_property
    def key(self) -> Mapping[str, Any] | None:
        """The key of the row that it is about; None for a new one."""
        if not self.place:
            return self.form.key
        text = self.form.given.get(f"key.{self.place}")
        return None if text is None else self._own_key(text)

    def _own_key(self, text: str) -> Mapping[str, Any]:
        key, master = key_of(self.sheet, text), self.form.key or {}
        if any(key.get(here) != master.get(there) for here, there in self.tied.items() if here in key):
            raise NotThereError("This row belongs to another one.")
        return key

    @property
    def is_gone(self) -> bool:
        """Whether the row is to be deleted."""
        return f"gone.{self.place}" in self.form.given

    @property
    def problem(self) -> str:
        """What is wrong with the row."""
        return self.form.problems.get(self.place, "")

    @property
    def entries(self) -> list[Entry]:
        """Its fields."""
        return [self._entry(field_of(self.sheet.heading[name])) for name in self.names]

    @property
    def is_blank(self) -> bool:
        """Whether nobody has written anything here."""
        return self.key is None and all(
            text in ("", field_of(self.sheet.heading[name]).default) for name, text in self._texts.items()
        )

    @property
    def _texts(self) -> dict[str, str | Path]:
        """What its fields hold; a file where one was sent, and nothing of what stays as it is."""
        found: dict[str, str | Path] = {}
        for name in self.names:
            full = self.full(name)
            file = self.form.files.get(full)
            if file is not None:
                found[name] = file
            elif f"clear.{full}" in self.form.given:
                found[name] = ""
            elif not self._stays(name):
                found[name] = self.form.given.get(full, "")
        return found

    def _stays(self, name: str) -> bool:
        """Whether a field that shows nothing of what is there was left alone."""
        is_heavy = field_of(self.sheet.heading[name]).is_heavy or field_of(self.sheet.heading[name]).macro == "file"
        return self.key is not None and is_heavy and not self.form.given.get(self.full(name))

    def _entry(self, found: Field) -> Entry:
        given, full = self.form.given, self.full(found.name)
        is_there = self.key is not None
        return Entry(
            field=found,
            name=full,
            value=given.get(full, ""),
            base=given.get(f"base.{full}"),
            is_locked=is_there and found.attribute.in_key,
            pick=None if is_there and found.attribute.in_key else self._pick(found.name),
            staged=given.get(f"staged.{full}", ""),
            is_kept=is_there and (found.is_heavy or found.macro == "file"),
            is_cleared=f"clear.{full}" in given,
            problem=self.form.problems.get(full, ""),
        )

    def _pick(self, name: str) -> Pick | None:
        steps = self.form.steps(self.sheet)
        if name not in steps:
            return None
        step = steps[name]
        before = step.names[: step.names.index(name)]
        known = [n for n in step.names if n != name and (n in before or steps[n] != step)]
        locked = set(self.sheet.key) if self.key is not None else set()
        fills = [n for n in step.names if n not in self.tied and n not in locked]
        url = f"{self.sheet.name}/{name}"
        return Pick(url, step, {n: self._from(n) for n in known}, {n: self.full(n) for n in fills})

    def _from(self, name: str) -> str:
        """The field that tells the value of an attribute."""
        return self.tied.get(name) or self.full(name)

    def read(self, master: Mapping[str, Any] | None = None) -> tuple[Line, dict[str, str]]:
        """What is to be done with it, and what is wrong with its fields.

        Parameters
        ----------
        master : mapping, optional
            The row of the master, of which a part has its first attributes.
        """
        if self.key is None:
            row, problems = self._read_new(master or {})
            return Line(self.place, self.sheet, row), problems
        return self._read_changes(self.key)

    def _read_new(self, master: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        heading = {n: self.sheet.heading[n] for n in self.names}
        row, problems = read_form(heading, self._texts)
        row |= {here: master[there] for here, there in self.tied.items() if there in master}
        return row, self._placed(problems | self._partial(row))

    def _read_changes(self, key: Mapping[str, Any]) -> tuple[Line, dict[str, str]]:
        base_texts = {n: t for n in self.names if (t := self.form.given.get(f"base.{self.full(n)}")) is not None}
        base, _ = read_changes(self.sheet.heading, base_texts)
        if self.is_gone:
            return Line(self.place, self.sheet, {}, key, base, is_gone=True), {}
        given = {n: text for n, text in self._texts.items() if n not in self.sheet.key}
        row, problems = read_changes(self.sheet.heading, given, base_texts)
        changed = {n: v for n, v in row.items() if n not in base or v != base[n]}
        expected = {n: base[n] for n in changed if n in base}
        problems |= self._partial({**base, **key, **changed}) if changed else {}
        return Line(self.place, self.sheet, changed, key, expected), self._placed(problems)

    def _partial(self, row: Mapping[str, Any]) -> dict[str, str]:
        """What is missing of references that are given in part."""
        found: dict[str, str] = {}
        for reference in self.sheet.references:
            own = [n for n in reference.attributes if self.sheet.heading[n].nullable]
            missing = [n for n in own if row.get(n) is None]
            if missing and len(missing) < len(own):
                found |= dict.fromkeys(missing, PARTIAL)
        return found

    def _placed(self, problems: Mapping[str, str]) -> dict[str, str]:
        return {self.full(name): text for name, text in problems.items()}
