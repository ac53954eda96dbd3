"""What a table's class says of it: the definition, and beside it rules, owner, history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labwright.core.errors import DefinitionError
from labwright.define.names import is_table_name
from labwright.define.table import TableDef, TableId
from labwright.sql.hidden import BY, SINCE
from labwright.sql.metadata import METADATA
from labwright.tables.owner import check_owner

if TYPE_CHECKING:
    from labwright.tables.schema import Schema
    from labwright.tables.table import Table


def definition_of(cls: type[Table], schema: Schema, name: str) -> str:
    """The definition that a class gives, or a property of its instances, which may ask for schema and names already."""
    found = getattr(cls, "definition", None)
    if isinstance(found, property):
        before = cls._schema, cls._table_name
        cls._schema, cls._table_name = schema, name
        try:
            found = cls().definition
        finally:
            cls._schema, cls._table_name = before
    if not isinstance(found, str):
        raise DefinitionError(
            f"{cls.__name__} has no definition: set `definition` to a text in the definition language."
        )
    return found


def as_declared(cls: type[Table], table: TableDef) -> TableDef:
    """The table that the definition of `cls` gives, with what the class says of it."""
    keeps = cls._keeps_history
    assert cls._schema is not None
    if keeps is None and is_entered(table.id):
        keeps = bool(cls._schema.project.config["history.enabled"])
    hidden = (*table.hidden, SINCE, BY) if keeps else table.hidden
    if cls.tier in ("imported", "computed") and cls._schema.project.config["jobs.add_job_metadata"]:
        hidden += METADATA
    declared = replace(table, owner=cls.owner, history=keeps, hidden=hidden)
    check_owner(declared)
    return declared


def is_entered(id_: TableId) -> bool:
    """Whether people enter the rows: a Manual or Lookup table, or a part of one.

    Examples
    --------
    >>> is_entered(TableId("lab", "session__trial")), is_entered(TableId("lab", "__unit"))
    (True, False)
    """
    if not is_table_name(id_.name):
        return False
    parsed = id_.parsed
    tier = TableId(id_.schema, parsed.master).parsed.tier if parsed.master is not None else parsed.tier
    return tier in ("manual", "lookup")
