"""Entering very many rows at once, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from labwright.web.desk.changing.checking import check, checks_of
from labwright.web.desk.refusals import NotAllowedError
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

Duplicates = Literal["refuse", "skip", "replace"]
"""What becomes of a row whose key is there already."""


def insert_batches(
    sheet: Sheet, batches: Iterable[Any], duplicates: Duplicates = "refuse", why: str = "", overridden: str = ""
) -> tuple[str, int]:
    """Enter rows, batch by batch, in one transaction.

    Parameters
    ----------
    sheet : Sheet
    batches : iterable of sequences of mappings, or of Arrow tables
    duplicates : {'refuse', 'skip', 'replace'}
        What becomes of a row whose key is there already. To replace rows takes the right to change them.
    why : str
    overridden : str
        Why it is right in spite of all doubt that checks of the lab's have; it is kept with `why`.

    Returns
    -------
    number : str
        Of the change.
    count : int
        Of the rows that were given.
    """
    scope, count = sheet.need(Verb.INSERT), 0
    if duplicates == "replace":
        sheet.need(Verb.UPDATE)
        _check_sees_all(sheet)
    options = {"skip_duplicates": duplicates == "skip", "replace": duplicates == "replace"}
    is_checked = bool(checks_of(sheet))
    with sheet.desk.acting(". ".join(filter(None, [why, overridden])) or None) as number:
        for batch in batches:
            keys = _keys(sheet, batch)
            if is_checked:
                check([(sheet, batch if isinstance(batch, list) else batch.to_pylist())], overridden)
            if duplicates == "replace":
                sheet.check_owned(sheet.need(Verb.UPDATE), (sheet.table & keys).keys())
            sheet.table.insert(batch, **options)
            sheet.check_owned(scope, keys)
            count += len(batch)
    return number, count


def _check_sees_all(sheet: Sheet) -> None:
    if len(sheet.heading) < len(sheet.table.heading):
        raise NotAllowedError(f"You do not see all of {sheet.title}, so you may not replace its rows. Change them.")


def _keys(sheet: Sheet, batch: Any) -> list[dict[str, Any]]:
    """The keys of a batch, whose names have been looked at."""
    if isinstance(batch, list):
        sheet.check_known(batch)
        return [{n: row[n] for n in sheet.key if n in row} for row in batch]
    sheet.check_known([dict.fromkeys(batch.column_names)])
    keys: list[dict[str, Any]] = batch.select([n for n in sheet.key if n in batch.column_names]).to_pylist()
    return keys
