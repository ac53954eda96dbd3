"""What of the tables in a database the classes of a module can say."""

from __future__ import annotations

import keyword
from collections.abc import Collection, Mapping
from dataclasses import replace

from labwright.core.errors import DefinitionError
from labwright.define.format import format_spec
from labwright.define.names import is_table_name
from labwright.define.parser import parse
from labwright.define.table import ForeignKey, TableDef, TableId, to_spec
from labwright.sql.database import Database


def sayable(database: Database, schema: str) -> tuple[dict[TableId, TableDef], list[str]]:
    """The tables of a schema as classes can declare them, and a line for all that these leave out.

    Only tables that other programs made, or that lost their master, have something to leave out.
    """
    tables = database.tables(schema).values()
    kept: dict[TableId, TableDef] = {}
    notes: list[str] = []
    for table in sorted(tables, key=lambda t: (t.id.master is not None, len(t.id.name), t.id.name)):
        reason = _reason(table, kept)
        if reason:
            notes.append(f"{table.id.name}: {reason}")
        else:
            kept[table.id] = table
    kept = {t.id: t for t in tables if t.id in kept}
    for id_, table in kept.items():
        lost = [fk for fk in table.foreign_keys if not _can_be_said(fk, database, kept, schema)]
        notes += [f"{id_.name}: its reference ({', '.join(fk.columns)}) to {fk.parent}" for fk in lost]
        kept[id_] = replace(table, foreign_keys=tuple(fk for fk in table.foreign_keys if fk not in lost))
    return kept, notes


def _reason(table: TableDef, kept: Mapping[TableId, TableDef]) -> str:
    """Why no class can declare a table; empty where one can."""
    id_ = table.id
    twin = next((other for other in kept if other.class_path == id_.class_path), None)
    if not is_table_name(id_.name):
        return "no class has a table of this name"
    if id_.master is not None and id_.master not in kept:
        return f"a part without its master {id_.master.name}"
    if keyword.iskeyword(id_.class_path[-1]):
        return f"{id_.class_path[-1]!r} is a word of Python"
    if twin is not None:
        return f"its class is called as that of {twin.name}"
    try:
        parse(format_spec(to_spec(table, lambda i: i.class_path)))
    except DefinitionError as error:
        return str(error).partition("\n")[0]
    return ""


def _can_be_said(fk: ForeignKey, database: Database, kept: Collection[TableId], schema: str) -> bool:
    """Whether a class says a reference: it leads to the whole key of a table that has a class."""
    if fk.parent not in kept and (fk.parent.schema == schema or not is_table_name(fk.parent.name)):
        return False
    parent = database.tables(fk.parent.schema).get(fk.parent.name)
    return parent is None or set(fk.parent_columns) == set(parent.heading.primary_key)
