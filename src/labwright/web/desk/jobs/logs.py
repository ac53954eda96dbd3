"""What the workers of this server have written, for those who may know all that may stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from labwright.web.desk.jobs.board import TIERS
from labwright.web.desk.jobs.filling import Filling
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet


def logs_of(filling: Filling) -> Mapping[str, str]:
    """The end of what each of the last workers for a table has written, by its name; nothing of what is not for them.

    A log may have any value in it that the workers have read: it is for those who steer all tables that these fill,
    and see all rows of them, and of all tables that these are made of, with each attribute.
    """
    sheet = filling.sheet
    crews = sheet.desk.workspace.crews
    if not all(_knows(sheet.desk, str(table.id)) for table in crews.tables(sheet.name)):
        return {}
    return {name: log for name, log in crews.logs(sheet.name).items() if log.strip()}


def _knows(desk: Desk, table: str) -> bool:
    sheet = _sheet(desk, table)
    if sheet is None or sheet.tier not in TIERS or not Filling(sheet).may_steer:
        return False
    return all(_sees(_sheet(desk, str(above.id))) for above in sheet.table.ancestors(as_objects=True))


def _sheet(desk: Desk, table: str) -> Sheet | None:
    name = desk.workspace.name_of(table)
    return None if name is None else desk.find(name)


def _sees(sheet: Sheet | None) -> bool:
    if sheet is None or sheet.reach(Verb.READ) is not Scope.ALL:
        return False
    return sheet.is_whole and all(part.is_whole for part in sheet.parts)
