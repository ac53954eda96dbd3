"""A row with its parts, entered and changed as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.changing.checking import CheckError, becoming, check
from labwright.web.desk.refusals import NotAllowedError
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet


@dataclass(frozen=True)
class Line:
    """What is to be done with one row of a form.

    Parameters
    ----------
    place : str
        Where it stands in the form.
    sheet : Sheet
    row : mapping
        The row to be entered, or what is to be changed.
    key : mapping or None
        The key of a row that is there.
    base : mapping
        What it was when the form was opened, as far as it matters.
    is_gone : bool
        Whether it is to be deleted.
    """

    place: str
    sheet: Sheet
    row: Mapping[str, Any] = field(default_factory=dict)
    key: Mapping[str, Any] | None = None
    base: Mapping[str, Any] = field(default_factory=dict)
    is_gone: bool = False

    @property
    def verb(self) -> Verb:
        """What somebody has to be allowed for it."""
        if self.key is None:
            return Verb.INSERT
        return Verb.DELETE if self.is_gone else Verb.UPDATE


class NotSavedError(Exception):
    """Nothing was changed.

    Parameters
    ----------
    failed : mapping of str to LabwrightError
        By place, why.
    """

    def __init__(self, failed: Mapping[str, lw.LabwrightError]) -> None:
        super().__init__("; ".join(map(str, failed.values())))
        self.failed = failed

    @property
    def is_doubt(self) -> bool:
        """Whether it can be entered all the same, with a reason."""
        return all(isinstance(e, CheckError) and e.may_be_overridden for e in self.failed.values())

    @property
    def conflicts(self) -> dict[str, Any]:
        """Where somebody else has changed rows meanwhile."""
        return {place: e for place, e in self.failed.items() if isinstance(e, lw.errors.ConflictError)}


def save(
    desk: Desk,
    lines: Sequence[Line],
    why: str = "",
    also: Callable[[], object] | None = None,
    overridden: str = "",
) -> str:
    """Do all of it or nothing; returns the number of the change.

    Parameters
    ----------
    desk : Desk
    lines : sequence of Line
        The master first.
    why : str
    also : callable, optional
        What else is done in the same transaction.
    overridden : str
        Why it is right in spite of all doubt that checks of the lab's have.

    Raises
    ------
    NotSavedError
        When a check or the database refuses some of it; of conflicts it tells all.
    NotAllowedError
    """
    for line in lines:
        _check(line)
    why = _checked(lines, overridden, why)
    with desk.acting(why or None) as number:
        _do_all(lines)
        if also is not None:
            also()
    return number


def _checked(lines: Sequence[Line], overridden: str, why: str) -> str:
    """The reason that is kept, after rows were checked as they will be; what is said of one is told at its place."""
    rows = {line.place: [(line.sheet, _becoming(line))] for line in lines if not line.is_gone}
    try:
        return check([row for found in rows.values() for row in found], overridden, why)
    except CheckError:
        failed: dict[str, lw.LabwrightError] = {}
        for place, found in rows.items():
            try:
                check(found, overridden)
            except CheckError as error:
                failed[place] = error
        raise NotSavedError(failed) from None


def _becoming(line: Line) -> Sequence[Mapping[str, Any]]:
    return [line.row] if line.key is None else becoming(line.sheet, [line.key], line.row)


def _check(line: Line) -> None:
    line.sheet.need(line.verb)
    if not takes_rows(line.sheet):
        raise NotAllowedError(FILLS_ITSELF.format(line.sheet.title))
    line.sheet.check_known([line.row, line.base])
    if line.key is not None and _is_unseen(line):
        raise NotSavedError({line.place: _gone(line)})
    if line.key is not None:
        line.sheet.check_owned(line.sheet.need(line.verb), [line.key])


def _is_unseen(line: Line) -> bool:
    """Whether the row is there, and not for this person, who is told what is told of rows that are gone."""
    key = dict(line.key or {})
    return bool(line.sheet.table & key) and not line.sheet.rows(key)


def _gone(line: Line) -> lw.errors.ConflictError:
    error = lw.errors.ConflictError(
        f"The row of {line.sheet.title} was deleted since it was read. Nothing was changed."
    )
    error.gone = True
    return error


def takes_rows(sheet: Sheet) -> bool:
    """Whether people enter rows of a table: those of a part with those of its master."""
    master = None if sheet.master_name is None else sheet.desk.find(sheet.master_name)
    return (master or sheet).tier in EDITED


EDITED: Final = ("manual", "lookup")
"""The tiers of tables in which people enter rows."""
FILLS_ITSELF: Final = "Nobody enters rows of {}: it fills itself."
_ORDER = (Verb.DELETE, Verb.UPDATE, Verb.INSERT)


def _do_all(lines: Sequence[Line]) -> None:
    """The master, and then of the parts what makes room before what takes it."""
    conflicts: dict[str, lw.LabwrightError] = {}
    first, *parts = lines
    for line in [first, *sorted(parts, key=lambda line: _ORDER.index(line.verb))]:
        try:
            _do(line)
        except lw.errors.ConflictError as conflict:
            conflicts[line.place] = conflict
        except lw.LabwrightError as error:
            raise NotSavedError(conflicts or {line.place: error}) from error
    if conflicts:
        raise NotSavedError(conflicts)
    for sheet in _distinct(line.sheet for line in lines):
        own = [line for line in lines if line.sheet is sheet and not line.is_gone]
        for verb in (Verb.INSERT, Verb.UPDATE):
            sheet.check_owned(sheet.need(verb), [_key(line) for line in own if line.verb is verb])


def _distinct(sheets: Iterable[Sheet]) -> Iterable[Sheet]:
    return {id(sheet): sheet for sheet in sheets}.values()


def _key(line: Line) -> dict[str, Any]:
    found = line.key if line.key is not None else line.row
    return {name: found[name] for name in line.sheet.key if name in found}


def _do(line: Line) -> None:
    table = line.sheet.table
    if line.key is None:
        table.insert1(line.row)
        return
    line.sheet.check_owned(line.sheet.need(line.verb), [line.key])
    if line.row or line.base or line.is_gone:
        table.update1({**line.row, **line.key}, expected=dict(line.base))
    if line.is_gone:
        (table & line.key).delete_quick()
