"""Changing and deleting many rows at once: a look at what would happen, and then exactly that, or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.changing.checking import becoming, check
from labwright.web.desk.changing.deleting import Loss, delete_agreed, losses_of
from labwright.web.desk.keys import key_of
from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import field_of
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.grid.listing import Listing
    from labwright.web.desk.sheet import Sheet

MOST: Final = 5_000
"""So many rows can be changed at once from a page."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """Rows that somebody means to do something to.

    Parameters
    ----------
    sheet : Sheet
    rows : sequence of mapping
        Their keys, and what else was read of them.
    """

    sheet: Sheet
    rows: Sequence[Row]

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The keys alone."""
        return [{name: row[name] for name in self.sheet.key} for row in self.rows]

    @property
    def mark(self) -> str:
        """A text that is another one as soon as any of what was read is."""
        fields = {name: field_of(self.sheet.heading[name]) for name in (self.rows[0] if self.rows else ())}
        lines = ("\0".join(fields[n].edit(v) if v is not None else "\1" for n, v in row.items()) for row in self.rows)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def chosen(listing: Listing, ticked: Sequence[str], name: str | None = None) -> Chosen:
    """The rows with these keys, or all of a listing when there are none.

    Parameters
    ----------
    listing : Listing
    ticked : sequence of str
        Keys as addresses have them.
    name : str, optional
        The attribute that is read with the keys.

    Raises
    ------
    BadRequestError
        When there are none, or too many.
    """
    sheet = listing.view.sheet
    rows = sheet.rows([key_of(sheet, text) for text in ticked]) if ticked else listing.rows
    return chosen_of(sheet, rows, name)


def chosen_of(sheet: Sheet, rows: Any, name: str | None = None) -> Chosen:
    """These rows of a table.

    Raises
    ------
    BadRequestError
        When there are none, or too many.
    """
    if not sheet.key:
        raise BadRequestError(f"The rows of {sheet.title} have no key, by which one could be told from another.")
    found = rows.proj(*([name] if name else [])).to_dicts(order_by="KEY", limit=MOST + 1)
    if not found:
        raise BadRequestError(f"There is no such row in {sheet.title}.")
    if len(found) > MOST:
        raise BadRequestError(f"These are more than {MOST:,} rows, which is the most at once. Narrow them by filters.")
    return Chosen(sheet, found)


def changeable(sheet: Sheet) -> list[str]:
    """The columns whose values can be changed where they are."""
    if not sheet.may(Verb.UPDATE) or sheet.tier not in ("manual", "lookup", "part"):
        return []
    return [name for name, a in sheet.heading.items() if field_of(a).column.is_editable]


def need_changeable(sheet: Sheet, name: str) -> None:
    """Refuse to change a column that is not to be changed so.

    Raises
    ------
    BadRequestError
    """
    sheet.need(Verb.UPDATE)
    if name not in changeable(sheet):
        raise BadRequestError(f"{sheet.title} has no column {name!r} that can be changed here.")


def replaced(rows: Chosen, name: str, value: Any) -> list[tuple[Any, int]]:
    """What those rows have now that would have another value, and how many have it; the most frequent first."""
    field = field_of(rows.sheet.heading[name])
    values = [row[name] for row in rows.rows if row[name] != value]
    texts = [None if now is None else field.edit(now) for now in values]
    meant = dict(zip(texts, values, strict=True))
    return [(meant[text], count) for text, count in Counter(texts).most_common()]


def change_all(rows: Chosen, name: str, value: Any, why: str = "", overridden: str = "") -> str:
    """Give an attribute of all rows one value, in one change; returns its number.

    Raises
    ------
    NotAllowedError
        When the person may not change one of them.
    ConflictError
        When somebody has changed one of them meanwhile.
    CheckError
        When a check of the lab's finds something, and it is not `overridden` by a reason.
    """
    need_changeable(rows.sheet, name)
    sheet, keys = rows.sheet, rows.keys
    scope = sheet.need(Verb.UPDATE)
    sheet.check_owned(scope, keys)
    why = check([(sheet, becoming(sheet, keys, {name: value}))], overridden, why)
    with sheet.desk.acting(why or None) as number:
        sheet.check_owned(scope, keys)
        for key, row in zip(keys, rows.rows, strict=True):
            if row[name] != value:
                sheet.table.update1({**key, name: value}, expected={name: row[name]})
        sheet.check_owned(scope, keys)
    return number


def losses_with(rows: Chosen) -> list[Loss]:
    """What would go with these rows."""
    rows.sheet.need(Verb.DELETE)
    return losses_of(rows.sheet, rows.keys)


def delete_all(rows: Chosen, count: int, why: str = "") -> str:
    """Delete rows with all that depends on them, all or none; returns the number of the change.

    Parameters
    ----------
    rows : Chosen
    count : int
        How many rows of all tables were said to go.
    why : str

    Raises
    ------
    NotAllowedError
        When the person may not delete all of that.
    ClashError
        When it is not as many any more.
    """
    return delete_agreed(rows.sheet, [rows.keys], lambda going: sum(loss.rows for loss in going) == count, why)


def need_own(rows: Chosen, verb: Verb) -> None:
    """Refuse early what would be refused later.

    Raises
    ------
    NotAllowedError
        When it may not be done to one of the rows.
    """
    rows.sheet.check_owned(rows.sheet.need(verb), rows.keys)
