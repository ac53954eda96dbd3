"""Actions that a lab has declared, done by one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import labwright as lw
from labwright.web.desk.changing.deleting import delete
from labwright.web.desk.refusals import NotAllowedError, RefusalError
from labwright.web.desk.screens.offers import Offers, broken, defaults_of
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Row, Sheet


class Hand(lw.Guarded):
    """A table in the hands of a person, who may do to it what the sheet permits."""

    def __init__(self, sheet: Sheet, rows: Any, overridden: str) -> None:
        super().__init__(rows)
        self._sheet, self._overridden = sheet, overridden

    def insert(self, rows: Sequence[Row], parts: Mapping[str, Sequence[Row]] | None = None) -> None:
        self._sheet.insert(rows, parts, overridden=self._overridden)

    def update(self, key: Row, changes: Row) -> None:
        self._sheet.update(_key(self._sheet, key), changes, overridden=self._overridden)

    def delete(self, key: Row) -> None:
        delete(self._sheet, _key(self._sheet, key))


def _key(sheet: Sheet, row: Row) -> dict[str, Any]:
    return {name: row[name] for name in sheet.key}


def act(
    desk: Desk, action: Any, key: Row | None = None, fields: Mapping[str, Any] | None = None, overridden: str = ""
) -> str:
    """Do it, as one change of the person; returns what they are told.

    Raises
    ------
    NotAllowedError
        When the person may not do this, or something in it.
    NotThereError
        When there is no such row.
    BrokenError
        When the lab's code fails. Nothing was changed then.
    LabwrightError
        When it does not go with the data, or the action says so.
    """
    sheets = Offers(desk).sheets(action) or []
    first = sheets[0]
    if not first.may(Verb(action.verb)):
        raise NotAllowedError(f"You may not do this to {first.title}.")
    if key is not None:
        first.row(key)
    hands = [Hand(s, s.rows(key) if key is not None and s is first else s.rows(), overridden) for s in sheets]
    try:
        with desk.acting(action.title):
            said = action(*hands, **{**defaults_of(action.options), **(fields or {})})
    except (RefusalError, lw.LabwrightError):
        raise
    except Exception as error:
        raise broken(sheets, f"{action.title!r}", error) from error
    return str(said) if said is not None else "Done."
