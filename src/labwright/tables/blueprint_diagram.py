"""Tables as nodes and edges of a diagram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from labwright.define.format import format_spec
from labwright.define.names import is_table_name
from labwright.define.table import ForeignKey, TableDef, TableId, inherited_names, to_spec
from labwright.tables.diagram_model import DiagramEdge, DiagramNode


def diagram_nodes(tables: Mapping[TableId, TableDef]) -> list[DiagramNode]:
    """One node per table."""
    return [_node(table) for table in tables.values()]


def diagram_edges(tables: Mapping[TableId, TableDef]) -> list[DiagramEdge]:
    """One edge per reference to a table that is among them; a table's reference to itself is not drawn."""
    return [
        _edge(table, fk)
        for table in tables.values()
        for fk in table.foreign_keys
        if fk.parent in tables and fk.parent != table.id
    ]


def _node(table: TableDef) -> DiagramNode:
    inherited = set(inherited_names(table))
    return DiagramNode(
        str(table.id),
        ".".join(table.id.class_path),
        table.id.parsed.tier if is_table_name(table.id.name) else "manual",
        table.id.schema,
        tooltip=format_spec(to_spec(table, lambda i: i.class_path)),
        has_own_key=any(n not in inherited for n in table.heading.primary_key),
        master=None if table.id.master is None else str(table.id.master),
    )


def _edge(table: TableDef, fk: ForeignKey) -> DiagramEdge:
    return DiagramEdge(
        str(fk.parent),
        str(table.id),
        _kind(table, fk.columns),
        attributes=fk.columns,
        renamed=tuple(fk.renames.items()),
        nullable=fk.nullable,
    )


def _kind(table: TableDef, columns: Iterable[str]) -> Literal["whole", "partial", "secondary"]:
    key, columns = set(table.heading.primary_key), set(columns)
    if not columns <= key:
        return "secondary"
    return "whole" if columns == key else "partial"
