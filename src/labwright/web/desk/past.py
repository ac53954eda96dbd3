"""What was changed, as far as a person may see it, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.changing.checking import ALTHOUGH
from labwright.web.desk.jobs.board import TIERS
from labwright.web.desk.records import is_lab_book
from labwright.web.desk.refusals import ClashError, NotAllowedError, NotThereError
from labwright.web.fields import field_of
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

NEEDED: Final = {"insert": Verb.DELETE, "update": Verb.UPDATE, "delete": Verb.INSERT}
"""What somebody must be allowed who takes something back."""
PIECE: Final = 500
"""Rows of which is asked at once whose they are."""


@dataclass(frozen=True)
class Step:
    """What happened to a row: the attributes that the person may see, each with what it was and what it became."""

    change: lw.Change
    values: Mapping[str, tuple[Any, Any]]
    why: str | None


def steps(sheet: Sheet, key: Mapping[str, Any]) -> list[Step]:
    """What happened to a row, newest first.

    Raises
    ------
    NotThereError
        When the row is not there for this person; that it was deleted is told to those who may see all rows.
    NotAllowedError
        When the database itself keeps the history from the person's role.
    """
    sees_all = sheet.need(Verb.READ) is Scope.ALL
    if not sees_all:
        sheet.row(key)
    try:
        found = _history(sheet, key)
    except lw.errors.AccessError as error:
        raise NotAllowedError(f"The database does not let you see the history of {sheet.title}.") from error
    if not found:
        raise NotThereError(f"There never was such a row in {sheet.title}.")
    seen = found if sees_all else _of_this_row(found)
    return [Step(change, dict(_values(sheet, change)), _why(sheet.desk, change)) for change in seen]


def _history(sheet: Sheet, key: Mapping[str, Any]) -> list[lw.Change]:
    """What happened to a row; without what is large, where some of that is gone or too large to be read."""
    heavy = [name for name, a in sheet.table.heading.items() if field_of(a).is_heavy]
    with TemporaryDirectory(prefix="labwright-") as folder:  # only the names of attached files are told
        try:
            return list(sheet.table.history(dict(key), download_path=folder))
        except (lw.errors.DataError, lw.errors.CodecError, lw.errors.MissingExternalFile):
            return list(sheet.table.history(dict(key), without=heavy))


def _why(desk: Desk, change: lw.Change | lw.ChangeSet) -> str | None:
    """The reason of a change, unless somebody else answers with it a doubt of values that the person does not see."""
    if change.why is None or ALTHOUGH not in change.why or change.who == desk.person.name:
        return change.why
    whole = None if change.id is None else _found(desk, change.id)
    return change.why if whole is not None and all(_is_whole(desk, name) for name in whole.rows) else None


def _found(desk: Desk, number: str) -> lw.ChangeSet | None:
    try:
        return lw.find_change(number, desk.workspace.project)
    except lw.errors.AccessError:  # by the role of the person
        return None


def _is_whole(desk: Desk, name: str) -> bool:
    """Whether the person sees all of the rows of a table, by its name in the database."""
    known = desk.workspace.name_of(name)
    sheet = None if known is None else desk.find(known)
    return sheet is not None and sheet.is_whole and sheet.reach(Verb.READ) is Scope.ALL


def _of_this_row(found: Sequence[lw.Change]) -> Sequence[lw.Change]:
    """Without what is older than the row: another one that had its key may have been somebody else's."""
    began = next((place for place, change in enumerate(found) if change.op == "insert"), len(found))
    return found[: began + 1]


def _values(sheet: Sheet, change: lw.Change) -> Iterator[tuple[str, tuple[Any, Any]]]:
    names = change.changed if change.op == "update" else tuple(change.new or change.old or ())
    for name in names:
        if name in sheet.heading and name not in sheet.key:
            yield name, ((change.old or {}).get(name), (change.new or {}).get(name))


def recent(desk: Desk, by: str | None = None, limit: int = 20) -> list[lw.ChangeSet]:
    """The newest changes in tables that the person may read all of, and their own, newest first."""
    schemas = {sheet.schema: sheet.table.schema for sheet in desk.sheets()}
    found = [c for schema in schemas.values() for c in lw.changes(schema, by=by, limit=limit)]
    seen = [c for c in found if set(c.rows) <= _readable(desk, c)]
    newest = sorted(seen, key=lambda c: c.when, reverse=True)[:limit]
    return [replace(change, why=_why(desk, change)) for change in newest]


def _readable(desk: Desk, change: lw.ChangeSet) -> set[str]:
    """The tables in which the person may know of a change: what they did themselves they know in any."""
    is_own = change.who == desk.person.name
    return {str(s.table.id) for s in desk.sheets() if is_own or s.need(Verb.READ) is Scope.ALL}


def change_of(desk: Desk, number: str) -> lw.ChangeSet:
    """A change by its number, however long ago.

    Raises
    ------
    NotThereError
        When there is none, or none that is the person's own or in a table that they may read all of.
    """
    found = _found(desk, number)
    if found is None or not set(found.rows) & _readable(desk, found):
        raise NotThereError("There is no such change.")
    return found


def undo(desk: Desk, change: lw.ChangeSet, why: str = "") -> str:
    """Take a change back, all of it, in whatever schema; returns the number of the change that this is.

    Raises
    ------
    NotAllowedError
        When some of it is in a table where the person might not do it, or in rows that their right does not reach.
    ClashError
        When it cannot be done, and why might tell what the person may not see.
    """
    touched = _touched(desk, lw.find_change(change.id, desk.workspace.project) or change)
    may_delete = all(_may_delete_results(desk, sheet.table, set()) for sheet, _ in touched)
    with desk.acting():
        _check_owned(touched, change)  # what is changed or goes
        try:
            number = lw.undo(change, why=why or None, with_results=may_delete)
        except lw.LabwrightError as error:
            if may_delete and all(sheet.is_whole and scope is Scope.ALL for sheet, scope in touched):
                raise
            text = "This cannot be taken back: something was changed since, or refers to it. Nothing was done."
            raise ClashError(text) from error
        _check_owned(touched, change)  # what has come back
    return number


def may_undo(desk: Desk, change: lw.ChangeSet) -> bool:
    """Whether the person might take a change back, as far as that is known before it is tried."""
    try:
        return change.undone is None and bool(_touched(desk, change))
    except NotAllowedError:
        return False


def _check_owned(touched: Iterable[tuple[Sheet, Scope]], change: lw.ChangeSet) -> None:
    for sheet, scope in touched:
        keys = sheet.table.keys_of_change(change) if scope is not Scope.ALL else []
        for start in range(0, len(keys), PIECE):
            sheet.check_owned(scope, keys[start : start + PIECE])


def _touched(desk: Desk, change: lw.ChangeSet) -> list[tuple[Sheet, Scope]]:
    """The tables of a change, in all of which the person might take it back, with how far their rights for it reach."""
    found = []
    for name, done in change.rows.items():
        known = desk.workspace.name_of(name)
        sheet = None if known is None else desk.find(known)
        where = sheet.title if sheet else "a table that you do not see"
        for op in done:
            # an update of their own did not touch what they do not see
            is_hidden = sheet is None or (op == "update" and not sheet.is_whole and change.who != desk.person.name)
            scope = None if sheet is None or is_hidden else sheet.reach(NEEDED[op])
            if sheet is None or scope is None or (scope is not Scope.ALL and is_lab_book(desk.workspace, sheet.schema)):
                raise NotAllowedError(f"You may not take this back: it changed rows of {where}.")
            found.append((sheet, scope))
    return found


def _may_delete_results(desk: Desk, table: Any, seen: set[str]) -> bool:
    """Whether the person may delete all that is computed of a table, and what is computed of that."""
    for child in {str(reference.table) for reference in table.referenced_by()} - seen:
        seen.add(child)
        known = desk.workspace.name_of(child)
        if known is not None and not _fills_itself(desk, known):
            continue
        sheet = None if known is None else desk.find(known)
        if sheet is None or sheet.reach(Verb.DELETE) is not Scope.ALL:
            return False
        if not _may_delete_results(desk, sheet.table, seen):
            return False
    return True


def _fills_itself(desk: Desk, name: str) -> bool:
    """Whether rows of a table are computed; those of a part are as those of its master."""
    master: Any = desk.workspace.tables()[".".join(name.split(".")[:2])]
    return str(master.tier) in TIERS
