"""What two sides have made, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from tests.interop.rows import Row

import labwright as lw
from labwright.define.comparable import comparable
from labwright.define.table import TableDef

KEPT: Final = ("_since", "_by")
"""Hidden columns of tables that keep their history."""


def moved(table: TableDef, schema: str) -> TableDef:
    """The same table as it would be in another schema, without the history that only we keep."""
    own = f"{table.id.schema}."
    lineages = {a: a.lineage.replace(own, f"{schema}.") for a in table.heading.values() if a.lineage}
    return replace(
        comparable(table),
        hidden=tuple(name for name in table.hidden if name not in KEPT),
        history=None,
        id=replace(table.id, schema=schema),
        heading=table.heading.map(lambda a: replace(a, lineage=lineages.get(a))),
        foreign_keys=tuple(replace(fk, parent=replace(fk.parent, schema=schema)) for fk in table.foreign_keys),
    )


def rows_of(table: Any, *order: str) -> list[Row]:
    """All rows, by key."""
    return list(table().to_dicts(order_by=order or "KEY"))


def copied(theirs: lw.Schema, name: str, **options: Any) -> lw.Schema:
    """Another schema, declared by what `describe` says of the tables of `theirs`."""
    schema = lw.Schema(name, **options)
    context: dict[str, Any] = {}
    for cls in theirs:
        if not issubclass(cls, lw.Part):
            parts = {p.__name__: _described(p) for p in cls().schema.part_classes(cls)}
            context[cls.__name__] = schema(_described(cls, **parts), context=context)
    schema.ensure_declared()
    return schema


def _described(cls: type[lw.Table], **members: Any) -> Any:
    return type(cls.__name__, (cls.__mro__[1],), {"definition": cls.describe(), **members})
