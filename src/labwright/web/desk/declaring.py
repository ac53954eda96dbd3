"""Making tables: by definitions that refer to what the person may see."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.refusals import BadRequestError, ClashError, NotAllowedError
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

BASES: Final[Mapping[str, type[lw.Table]]] = MappingProxyType(
    {"manual": lw.Manual, "lookup": lw.Lookup, "imported": lw.Imported, "computed": lw.Computed}
)
"""The classes of tiers."""


def declare(
    desk: Desk, schema: str, title: str, tier: str, definition: str, parts: Mapping[str, str] | None = None
) -> Sheet:
    """Make a table, with its parts.

    Parameters
    ----------
    desk : Desk
    schema : str
        Made as well, where it is not there.
    title : str
        The name of the table as a class has it, such as ``Session``.
    tier : str
        One of `BASES`.
    definition : str
    parts : mapping of str to str
        Definitions of parts by name.

    Raises
    ------
    NotAllowedError
        When the person may not do this.
    ClashError
        When there is such a table already.
    """
    for name in (title, *(f"{title}.{part}" for part in parts or {})):
        if desk.rights.scope(Verb.DECLARE, schema, name) is None:
            raise NotAllowedError(f"You may not make the table {name} in the schema {schema}.")
    if not desk.workspace.takes(schema):
        raise BadRequestError(f"The schema {schema} is none of this project's.")
    name = f"{schema}.{title}"
    if name in desk.workspace.tables(max_age=0):
        raise ClashError(f"There is a table {name} already.")
    body: dict[str, Any] = {part: type(part, (lw.Part,), {"definition": d}) for part, d in (parts or {}).items()}
    made = lw.Schema(schema, connection=desk.workspace.project)
    table: Any = made(type(title, (BASES[tier],), {"definition": definition, **body}), context=_known(desk, schema))
    for one in (table, *(getattr(table, part) for part in parts or {})):
        _check_parents(desk, one)
    made.list_tables()  # declares it
    desk.workspace.tables(max_age=0)
    return desk.sheet(name)


def _check_parents(desk: Desk, table: Any) -> None:
    """Refuse references to parts that the person may not read, which classes of their masters lead to."""
    for reference in table.table_def.foreign_keys:
        known = desk.workspace.name_of(str(reference.parent))
        if known is not None and desk.find(known) is None:
            raise BadRequestError("The definition refers to a table that is not here.")


def _known(desk: Desk, schema: str) -> dict[str, Any]:
    """What a definition may refer to: ``Mouse`` in its own schema, ``colony.Mouse`` in another one."""
    found: dict[str, Any] = {}
    for sheet in desk.sheets():
        if sheet.master_name is None:
            place = found if sheet.schema == schema else vars(found.setdefault(sheet.schema, SimpleNamespace()))
            place[sheet.title] = sheet.table
    return found
