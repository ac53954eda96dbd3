"""What was computed of rows, which goes with them: it can be computed again."""

from __future__ import annotations

from dataclasses import replace

from labwright.core.heading import Heading
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query.conditions import Condition, InQuery
from labwright.query.expr import Node, Project, Source, restrict
from labwright.sql.database import Database
from labwright.tables.cascade import plan_delete
from labwright.tables.cascade_plan import master_of

_FILLED = frozenset({"imported", "computed"})


def fills_itself(id_: TableId) -> bool:
    """Whether the rows of a table, or those of its master, are computed.

    Examples
    --------
    >>> [fills_itself(TableId("lab", name)) for name in ("mouse", "__score", "__score__part")]
    [False, True, True]
    """
    master = master_of(id_) or id_
    return master.parsed.tier in _FILLED


def delete_results(database: Database, table: TableDef, these: Condition) -> None:
    """Delete what was computed of rows, with all that was computed of that in turn.

    Where somebody has entered rows that refer to such results, they stay, and so do the results.

    Parameters
    ----------
    table : TableDef
    these : Condition
        Which of its rows.
    """
    for id_, fk in database.children([table.id]):
        if fills_itself(id_) and master_of(id_) is None:
            child = database.find(id_)
            source = Source(id_.schema, id_.name, child.heading)
            _delete(database, id_, restrict(source, InQuery(fk.columns, _parents(table, fk, these, child))))


def _parents(table: TableDef, fk: ForeignKey, these: Condition, child: TableDef) -> Node:
    """The rows, with the names by which others refer to them."""
    source = restrict(Source(table.id.schema, table.id.name, table.heading), these)
    items = tuple(zip(fk.columns, fk.parent_columns, strict=True))
    named = Heading(replace(table.heading[p], name=c, in_key=c in child.heading) for c, p in items)
    return Project(source, items, named)


def _delete(database: Database, id_: TableId, rows: Node) -> None:
    with plan_delete(database, id_, rows) as plan:
        if all(fills_itself(of) for of, count in plan.preview() if count):
            plan.execute()
