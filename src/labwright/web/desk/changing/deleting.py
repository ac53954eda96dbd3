"""Deleting rows with all that depends on them: what would go, and whose it is, before it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.refusals import BadRequestError, ClashError, NotAllowedError
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet


OTHERWISE: Final = "What would be deleted is not what was agreed any more. Look at it again."


@dataclass(frozen=True)
class Loss:
    """What one table would lose.

    Parameters
    ----------
    name : str
        The table, as the app calls it; empty for one that the person may not read.
    rows : int
    objects, size : int
        Values in stores, and their bytes.
    owners : sequence of str
        Nobody's name for a table that the person may not read, nor where they may not see what tells it.
    allowed : bool
        Whether the person may delete them.
    """

    name: str
    rows: int
    objects: int
    size: int
    owners: Sequence[str]
    allowed: bool


def losses(sheet: Sheet, key: Mapping[str, Any]) -> list[Loss]:
    """What would go with a row, parents first.

    Raises
    ------
    NotThereError
        When there is no such row for this person.
    """
    sheet.row(key)
    return _losses(sheet, key)


def losses_of(sheet: Sheet, *conditions: Any) -> list[Loss]:
    """What would go with all rows that the person may see and that meet all conditions."""
    return _losses(sheet, sheet.rows(*conditions).proj())


def _losses(sheet: Sheet, which: Any) -> list[Loss]:
    if sheet.master_name is not None:
        master = sheet.master_name.rpartition(".")[2]
        raise BadRequestError(f"Rows of {sheet.title} go with their {master}, or are removed in the form of it.")
    found = (sheet.table & which).delete_preview()
    return [_loss(sheet, table) for table in found.tables]


def _loss(sheet: Sheet, table: Any) -> Loss:
    name = sheet.desk.workspace.name_of(f"{table.schema}.{table.table}")
    other = None if name is None else sheet.desk.find(name)
    return Loss(
        name=other.name if other else "",
        rows=table.rows,
        objects=table.objects,
        size=table.bytes,
        owners=table.owners if other is not None and other.tells_owners else (),
        allowed=other is not None and _may(other, table),
    )


def _may(sheet: Sheet, loss: Any) -> bool:
    """Whether the person may delete all of these; rows of which nobody knows the owner are nobody's own."""
    scope = sheet.reach(Verb.DELETE)
    if scope is None or scope is Scope.ALL:
        return scope is not None
    return loss.owned == loss.rows and set(loss.owners) <= set(sheet.people(scope))


def delete(sheet: Sheet, key: Mapping[str, Any], why: str = "") -> str:
    """Delete a row with all that depends on it; returns the number of the change.

    Raises
    ------
    NotAllowedError
        When the person may not delete all of that.
    """
    sheet.need(Verb.DELETE)
    with sheet.desk.acting(why or None) as number:
        _delete(sheet, key, losses(sheet, key))
    return number


def delete_agreed(sheet: Sheet, conditions: Sequence[Any], agreed: Callable[[Sequence[Loss]], bool], why: str) -> str:
    """Delete all rows that meet all conditions with what depends on them, if what goes is what was agreed.

    Raises
    ------
    NotAllowedError
        When the person may not delete all of that.
    ClashError
        When it is not what was agreed.
    """
    sheet.need(Verb.DELETE)
    with sheet.desk.acting(why or None) as number:
        going = losses_of(sheet, *conditions)
        if not agreed(going):
            raise ClashError(OTHERWISE)
        _delete(sheet, sheet.rows(*conditions).proj(), going)
    return number


def _delete(sheet: Sheet, which: Any, going: Sequence[Loss]) -> None:
    for loss in going:
        if not loss.allowed:
            raise NotAllowedError(_refusal(loss))
    gone = (sheet.table & which).delete(prompt=False, transaction=False)
    if going and not gone:  # somebody else has deleted them since they were looked at
        raise ClashError(OTHERWISE)


def _refusal(loss: Loss) -> str:
    what = f"rows of {loss.name}" if loss.name else "rows of a table that you do not see"
    whose = f" of {', '.join(loss.owners)}" if loss.owners else ""
    return f"You may not delete this: {loss.rows} {what}{whose} would go with it. Ask whoever they belong to."
