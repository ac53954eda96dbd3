"""Entering rows for a trial: what only the database knows is found out, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import labwright as lw
from labwright.web.desk.changing.checking import CheckError
from labwright.web.desk.importing.judging import Fate, Judged
from labwright.web.desk.importing.limits import REFUSED
from labwright.web.desk.importing.reading import Problem
from labwright.web.desk.refusals import NotAllowedError
from labwright.web.desk.sentences import sentence
from labwright.web.fields import Field, FieldError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

OF_ROWS: Final = (
    lw.errors.DataError,
    lw.errors.MissingAttributeError,
    lw.errors.IntegrityError,
    lw.errors.DuplicateError,
    lw.errors.ConflictError,
    lw.errors.CodecError,
    NotAllowedError,
)
"""Errors that are about a row, and not about the database as a whole."""


class _OverError(Exception):
    """Ends a trial."""


@contextmanager
def trial(desk: Desk) -> Iterator[None]:
    """Let nothing be left of what is changed in the block."""
    try:
        with desk.acting():
            yield
            raise _OverError
    except _OverError:
        pass


class Trial:
    """Enters rows in a trial.

    Parameters
    ----------
    sheet : Sheet
    fields : mapping
    reason : str
        Why it is right what the lab's checks doubt.
    """

    def __init__(self, sheet: Sheet, fields: Mapping[str, Field], reason: str = "") -> None:
        self._sheet, self._fields, self._reason = sheet, fields, reason
        self._refused = 0

    @property
    def is_over(self) -> bool:
        """Whether so many were refused that no more are tried."""
        return self._refused >= REFUSED

    def run(self, judged: Sequence[Judged]) -> None:
        """Try these rows, and note what is wrong with them."""
        new = [one for one in judged if one.fate is Fate.NEW]
        if new and not self.is_over:
            try:
                self._sheet.insert([one.row for one in new], overridden=self._reason)
            except OF_ROWS:
                self._one_by_one(new)
        self._one_by_one([one for one in judged if one.fate is Fate.CHANGED])

    def _one_by_one(self, judged: Sequence[Judged]) -> None:
        for one in judged:
            if self.is_over:
                return
            try:
                put(self._sheet, self._fields, one, "", self._reason)
            except OF_ROWS as error:
                self._refused += 1
                for problem in _problems(error, self._sheet, one):
                    one.refuse(problem)


def put(sheet: Sheet, fields: Mapping[str, Field], one: Judged, why: str, reason: str) -> None:
    """Enter a row, or change the one that is there while it is as it was."""
    if one.fate is Fate.NEW:
        sheet.insert([one.row], why=why, overridden=reason)
        return
    key = {name: one.row[name] for name in sheet.key}
    changes = {name: one.row[name] for name in one.base}
    sheet.update(key, changes, _expected(fields, one.base), why, reason)


def _expected(fields: Mapping[str, Field], base: Mapping[str, str]) -> dict[str, object]:
    """What a row is to be now, as far as it can be told."""
    found: dict[str, object] = {}
    for name, text in base.items():
        try:
            found[name] = fields[name].read(text) if text else None
        except FieldError:
            continue
    return found


def _problems(error: Exception, sheet: Sheet, one: Judged) -> list[Problem]:
    if isinstance(error, CheckError):
        kind = "doubt" if error.may_be_overridden else "refused"
        return [Problem(name, text, kind) for name, text in error.problems(sheet.title).items()]
    text = sentence(error, sheet, one.row) if isinstance(error, lw.LabwrightError) else str(error)
    return [Problem("", text, "refused")]
