"""What belongs to a person: rows of the tables that say whose their rows are, and computations that they follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.jobs.status import statuses
from labwright.web.notices.following import followed
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.jobs.board import Standing
    from labwright.web.desk.sheet import Sheet

NEWEST: Final = 5
COUNTED: Final = 1000
"""Rows are counted up to here."""


@dataclass(frozen=True)
class Own:
    """The rows of a table that are a person's.

    Parameters
    ----------
    sheet : Sheet
    count : int
        At most one more than `COUNTED`.
    rows : sequence of mapping
        The keys of the last ones.
    condition : mapping of str to str
        Attributes and values that find them in the grid; empty where that takes more.
    """

    sheet: Sheet
    count: int
    rows: Sequence[Mapping[str, Any]]
    condition: Mapping[str, str]


def own_rows(desk: Desk) -> list[Own]:
    """The rows of a person in tables that say whose their rows are, where the person may see what says it."""
    told = (sheet for sheet in desk.sheets() if sheet.table.table_def.owner and sheet.tells_owners)
    return [own for own in map(_own, told) if own is not None]


def _own(sheet: Sheet) -> Own | None:
    person = sheet.desk.person.name
    found = sheet.rows(sheet.table.owned_by(person).proj())
    count = int(found.count(at_most=COUNTED + 1))
    if not count:
        return None
    order = [f"{name} DESC" for name in sheet.key]
    rows = found.proj().to_dicts(order_by=order or None, limit=NEWEST)
    return Own(sheet, count, rows, dict(_condition(sheet, person)))


def _condition(sheet: Sheet, person: str) -> Iterator[tuple[str, str]]:
    """The attribute that names the owner, where it is one and the person sees it."""
    owner = sheet.table.table_def.owner
    for link in sheet.references:
        if owner in (link.sheet.title, *link.attributes) and len(link.attributes) == 1:
            yield next(iter(link.attributes)), person
            return


def failing(desk: Desk, *, is_alone: bool = False) -> list[tuple[Sheet, Standing]]:
    """Tables with failed computations that the person has started; who is alone here has started them all."""
    standings = statuses(desk)
    mine = standings.keys() if is_alone else followed(desk.workspace.keeping, desk.person.name)
    found = [(desk.sheet(name), s) for name, s in standings.items() if s.progress is not None and s.progress.error]
    return [(sheet, s) for sheet, s in found if sheet.name in mine and sheet.reach(Verb.POPULATE) is Scope.ALL]
