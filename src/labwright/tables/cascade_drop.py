"""Dropping tables with all tables that depend on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType

from labwright.catalogue.holds import refuse_held
from labwright.core.errors import IntegrityError
from labwright.core.graph import Graph
from labwright.define.table import TableId
from labwright.sql.database import Database
from labwright.sql.ddl import drop, drop_whole_schema
from labwright.sql.dialect import Fragment
from labwright.sql.freeze import count_rows
from labwright.tables.cascade_plan import master_of, refuse_cycles
from labwright.tables.cascade_table import NOBODY, counted


class DropPlan:
    """Tables to drop; nothing is done before `execute`.

    Parameters
    ----------
    database : Database
    tables : sequence of TableId
        In the order in which they can go.
    schema : str, optional
        A schema to drop with them.
    """

    verb = "drop"
    owners = NOBODY

    def __init__(self, database: Database, tables: Sequence[TableId], schema: str | None = None) -> None:
        self.tables = tuple(tables)
        self._database = database
        self._schema = schema

    def __enter__(self) -> DropPlan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def preview(self) -> list[tuple[TableId, int]]:
        """The tables and their rows, parents first."""
        return [(id_, self._count(id_)) for id_ in reversed(self.tables)]

    def __str__(self) -> str:
        return counted(self.preview())

    def _count(self, id_: TableId) -> int:
        return int(self._database.fetch(count_rows(self._database.dialect, id_, Fragment("1 = 1")))[0][0])

    def execute(self) -> int:
        """Drop the tables, and return how many: all or none, except on MySQL and MariaDB, which cannot undo it.

        Raises
        ------
        TransactionError
            Within a transaction, since MySQL and MariaDB would end it.
        """
        connection, dialect = self._database.connection, self._database.dialect
        try:
            if self._schema is None:
                drop(connection, dialect, self.tables)
            else:
                drop_whole_schema(connection, dialect, self._schema)
        finally:
            for schema in {*(id_.schema for id_ in self.tables), *filter(None, [self._schema])}:
                self._database.forget(schema)
        return len(self.tables)


def plan_drop(database: Database, ids: Iterable[TableId], *, parts_alone: bool = False) -> DropPlan:
    """Plan to drop tables and, in all schemas, every table that depends on them.

    Raises
    ------
    IntegrityError
        When a part would be dropped and its master would stay, unless `parts_alone` allows it.
    """
    found, graph = _dependents(database, ids)
    for id_ in found:
        master = master_of(id_)
        if master is not None and master not in found and not parts_alone:
            raise IntegrityError(
                f"{id_} is a part of {master}, and a master and its parts go together. Nothing was dropped. "
                f"Drop {master}, or pass part_integrity='ignore' to drop the part alone."
            )
    return DropPlan(database, graph.order()[::-1])


def plan_drop_schema(database: Database, schema: str) -> DropPlan:
    """Plan to drop a schema with all its tables.

    Raises
    ------
    IntegrityError
        When tables of other schemas depend on it; names them. When objects of it are held for what is no row.
    """
    refuse_held(database, schema)
    own = [t.id for t in database.tables(schema).values()]
    found, graph = _dependents(database, own)
    others = [str(id_) for id_ in found if id_.schema != schema]
    if others:
        raise IntegrityError(
            f"Tables of other schemas depend on {schema!r}: {', '.join(others)}. Nothing was dropped. Drop those first."
        )
    return DropPlan(database, graph.order()[::-1], schema)


def drop_quick(database: Database, id_: TableId) -> None:
    """Drop one table alone.

    Raises
    ------
    IntegrityError
        When other tables depend on it; names them.
    """
    children = [str(child) for child, _ in database.children([id_]) if child != id_]
    if children:
        raise IntegrityError(
            f"{', '.join(dict.fromkeys(children))} depend on {id_}. Nothing was dropped. Drop those first, or use "
            "drop(), which drops them too."
        )
    DropPlan(database, [id_]).execute()


def _dependents(database: Database, ids: Iterable[TableId]) -> tuple[list[TableId], Graph[TableId]]:
    """Tables with all that depend on them, and the references among these."""
    found = dict.fromkeys(ids)
    edges: dict[tuple[TableId, TableId], None] = {}
    front, references = list(found), database.references()
    while front:
        pairs = [(id_, child) for id_ in front for child, _ in references.get(id_, ())]
        edges.update(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))
        front = list(dict.fromkeys(child for _, child in pairs if child not in found))
        found.update(dict.fromkeys(front))
    graph = Graph(found, edges)
    refuse_cycles(graph, "drop")
    return list(found), graph
