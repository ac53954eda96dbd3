"""Classes for the tables that only the database knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labwright.define.names import is_table_name, to_camel_case
from labwright.define.table import TableDef
from labwright.tables.tiers import tiers

if TYPE_CHECKING:
    from labwright.tables.schema import Schema
    from labwright.tables.table import Table


def spawn(schema: Schema) -> dict[str, type[Table]]:
    """Make a class for each table that has none; returns those of masters by name."""
    schema.ensure_declared()
    tables = schema.project.database.tables(schema.database_name)
    missing = [
        t for n, t in tables.items() if is_table_name(n) and not schema.has_class_for(n) and _has_master(t, tables)
    ]
    made: dict[str, type[Table]] = {}
    for table in sorted(missing, key=lambda t: t.id.parsed.master is not None):
        cls = schema.adopt(table.id.name, _new_class(schema, table))
        if table.id.parsed.master is None:
            made[cls.__name__] = cls
    return made


def _has_master(table: TableDef, tables: Mapping[str, TableDef]) -> bool:
    """Whether the master of a part is there, which somebody may have dropped by force."""
    master = table.id.parsed.master
    return master is None or master in tables


def _new_class(schema: Schema, table: TableDef) -> type[Table]:
    parsed = table.id.parsed
    base: Any = tiers[parsed.tier]
    members: dict[str, Any] = {"__doc__": table.comment, "__module__": __name__}
    if parsed.master is not None:
        members["master"] = schema[parsed.master]
    cls: type[Table] = type(to_camel_case(parsed.base), (base,), members)
    if parsed.master is not None:
        setattr(schema[parsed.master], cls.__name__, cls)
    return cls
