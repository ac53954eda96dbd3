"""Whose rows are: those of the person that a table's owner refers to, else of who entered them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labwright.core.errors import DefinitionError, did_you_mean
from labwright.core.heading import Heading
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query.conditions import InQuery
from labwright.query.expr import Join, Node, Project, restrict, summarise
from labwright.sql.hidden import BY
from labwright.sql.history import full_source

if TYPE_CHECKING:
    from labwright.sql.database import Database

MARK = "owner_of_row_"
"""The beginning of the names under which owners are looked for."""


def check_owner(table: TableDef) -> None:
    """Refuse an owner that is none of the table's references.

    Raises
    ------
    DefinitionError
        Names the references.
    """
    if table.owner and owning_reference(table) is None:
        names = [fk.parent.class_path[-1] for fk in table.foreign_keys]
        raise DefinitionError(
            f"Table {table.id}: its owner {table.owner!r} is none of its references."
            f"{did_you_mean(table.owner, names)} They are: {', '.join(names) or 'none'}."
        )


def owning_reference(table: TableDef) -> ForeignKey | None:
    """The reference that owns the rows: named by the class that it leads to, or by an attribute that it brings."""
    named = [fk for fk in table.foreign_keys if table.owner == fk.parent.class_path[-1]]
    brought = [fk for fk in table.foreign_keys if table.owner in fk.columns]
    return next(iter((*named, *brought)), None) if table.owner else None


def owner_columns(table: TableDef) -> tuple[str, ...]:
    """The columns of the table itself that tell the owner; empty where its rows inherit it."""
    reference = owning_reference(table)
    if reference is not None:
        return reference.columns
    return (BY,) if BY in table.hidden else ()


def owner_source(
    database: Database, table: TableDef, seen: Sequence[TableId] = ()
) -> tuple[TableDef, tuple[str, ...]] | None:
    """The table whose rows say whose those of `table` are, and its columns that do; None where nobody knows."""
    columns = owner_columns(table)
    if columns:
        return table, columns
    above = (owner_source(database, p, (*seen, table.id)) for _, p in owning_parents(database, table, seen))
    return next((found for found in above if found is not None), None)


def count_owners(database: Database, table: TableDef, rows: Node) -> dict[Any, int]:
    """How many of `rows` each owner has; None stands for rows without one."""
    owned = _owned(database, table, ())
    if owned is None:
        count = database.count(rows)
        return {None: count} if count else {}
    node, width = owned
    key = tuple(table.heading.primary_key)
    chosen = restrict(node, InQuery(key, rows)) if key else node
    names = [f"{MARK}{i}" for i in range(width)]
    summed = summarise(names, chosen, {"row_count": "count(*)"})
    statement, plan = database.query(summed, [*names, "row_count"])
    found = plan.rows(database.fetch(statement))
    return {(owner[0] if width == 1 else tuple(owner)): n for *owner, n in found}


def owned_rows(database: Database, table: TableDef) -> tuple[Node, list[str]] | None:
    """The keys of a table with the owners of its rows, and the attributes that name these; None where nobody knows."""
    owned = _owned(database, table, ()) if table.heading.primary_key else None
    return None if owned is None else (owned[0], [f"{MARK}{i}" for i in range(owned[1])])


def _owned(database: Database, table: TableDef, seen: Sequence[TableId]) -> tuple[Node, int] | None:
    """The rows of a table with their owners, and how many attributes name one."""
    source, columns = full_source(table), owner_columns(table)
    key = table.heading.primary_key
    if columns:
        return _named(source, key, columns), len(columns)
    for fk, parent in owning_parents(database, table, seen):
        found = _owned(database, parent, (*seen, table.id))
        if found is not None:
            node, width = found
            marks = [f"{MARK}{i}" for i in range(width)]
            items = (*zip(fk.columns, fk.parent_columns, strict=True), *((m, m) for m in marks))
            heading = Heading(replace(node.heading[old], name=new) for new, old in items)
            above = Project(node, items, heading)
            added = [replace(heading[m], in_key=False) for m in marks]
            both = Heading([*source.heading.values(), *added])
            return _kept(Join(source, above, fk.columns, False, both), [*key, *marks]), width
    return None


def owning_parents(
    database: Database, table: TableDef, seen: Sequence[TableId] = ()
) -> Iterator[tuple[ForeignKey, TableDef]]:
    """The parents, those in the key first: rows belong to whom their inputs belong to."""
    key = set(table.heading.primary_key)
    for fk in sorted(table.foreign_keys, key=lambda fk: not set(fk.columns) <= key):
        if fk.parent not in seen and fk.parent != table.id:
            yield fk, database.find(fk.parent)


def _named(source: Node, key: Sequence[str], columns: Sequence[str]) -> Node:
    owners = [(f"{MARK}{i}", column) for i, column in enumerate(columns)]
    items = (*((n, n) for n in key), *owners)
    marked = [replace(source.heading[c], name=m, in_key=False, lineage=None) for m, c in owners]
    return Project(source, items, Heading([*(source.heading[n] for n in key), *marked]))


def _kept(node: Node, names: Sequence[str]) -> Node:
    return Project(node, tuple((n, n) for n in names), Heading(node.heading[n] for n in names))
