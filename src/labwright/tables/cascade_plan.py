"""What a deletion reaches: a graph of tables, laid out in the order in which their keys are found.

Rows of a table are affected where some of their columns are among the keys of affected rows of another. Often those
keys need not be looked up anew for each table: a scan that inherits ``subject_id`` from its session, which inherits it
from its subject, is known by the subject. Such a table passes on what it was given. Keys are set aside only where a
table is reached in several ways, where its children do not hold what it was given, or where they have no index for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from labwright.core.errors import IntegrityError, MissingTableError
from labwright.core.graph import Graph
from labwright.core.types import Type
from labwright.define.names import is_table_name
from labwright.define.table import SINGLETON, TableDef, TableId
from labwright.sql.database import Database
from labwright.sql.freeze import Shape
from labwright.sql.hidden import hidden_column
from labwright.sql.references import Reference

PartIntegrity = Literal["enforce", "cascade", "ignore"]


@dataclass(frozen=True, slots=True)
class Edge:
    """Rows of `target` are affected where `columns` are among the `source_columns` of affected rows of `source`."""

    source: TableId
    source_columns: tuple[str, ...]
    target: TableId
    columns: tuple[str, ...]
    upward: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Rows are affected where `columns` are among the columns `own` of the keys set aside for `keys`.

    For a root that is given by a condition on its key, `keys` is the root and the columns are those of the condition.
    `filled` are columns that must have a value, or the row refers to nothing.
    """

    keys: TableId
    columns: tuple[str, ...]
    own: tuple[str, ...]
    filled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """How the affected rows of one table are found.

    Parameters
    ----------
    id : TableId
    table : TableDef or None
        None for a table that is not a pipeline's.
    shape : Shape
        What is set aside of its rows.
    links : tuple of Link
        Each of them makes a row affected.
    frozen : bool
        Whether its keys are set aside.
    knot : tuple of Edge
        Edges among the tables that reach each other, this one among them; they are followed until nothing is added.
    """

    id: TableId
    table: TableDef | None
    shape: Shape
    links: tuple[Link, ...]
    frozen: bool
    knot: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class CascadeGraph:
    """Everything that a deletion from `root` can reach.

    Parameters
    ----------
    root : TableId
    tables : mapping
        The reached tables; None for what is not a table of a pipeline.
    edges : tuple of Edge
        By which rows are affected.
    to_masters : tuple of Edge
        From the reached parts to their masters, whether or not these are affected.
    """

    root: TableId
    tables: Mapping[TableId, TableDef | None]
    edges: tuple[Edge, ...]
    to_masters: tuple[Edge, ...] = ()

    @cached_property
    def graph(self) -> Graph[TableId]:
        """The tables by all edges."""
        return Graph(self.tables, ((e.source, e.target) for e in self.edges))

    @cached_property
    def deletion_order(self) -> tuple[TableId, ...]:
        """The tables, children first."""
        references = Graph(
            self.tables, ((e.source, e.target) for e in self.edges if not e.upward and e.source != e.target)
        )
        refuse_cycles(references, "delete from")
        return references.order()[::-1]

    def into(self, id_: TableId) -> list[Edge]:
        """The edges that lead to a table."""
        return [e for e in self.edges if e.target == id_]

    def out_of(self, id_: TableId) -> list[Edge]:
        """The edges that leave a table."""
        return [e for e in self.edges if e.source == id_]

    def knot(self, id_: TableId) -> tuple[Edge, ...]:
        """The edges among the tables that `id_` reaches and that reach it."""
        mutual = (self.graph.descendants(id_) & self.graph.ancestors(id_)) | {id_}
        return tuple(e for e in self.edges if e.source in mutual and e.target in mutual)

    def to_itself(self, id_: TableId) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """The references of a table to itself."""
        return [(e.columns, e.source_columns) for e in self.edges if e.source == e.target == id_ and not e.upward]


def explore(database: Database, root: TableId, *, masters: bool = False) -> CascadeGraph:
    """Follow the foreign keys of all schemas from `root` on.

    Parameters
    ----------
    masters : bool
        Whether affected parts affect their masters.
    """
    tables: dict[TableId, TableDef | None] = {root: database.find(root)}
    edges: dict[Edge, None] = {}
    upward: list[Edge] = []
    front, references = [root], database.references()
    while front:
        to_masters = [edge for id_ in front for edge in _to_master(database, id_)]
        found = [*_downward(references, front), *(to_masters if masters else ())]
        upward += to_masters
        edges.update(dict.fromkeys(found))
        front = list(dict.fromkeys(e.target for e in found if e.target not in tables))
        tables.update((id_, find_table(database, id_)) for id_ in front)
    return CascadeGraph(root, tables, tuple(edges), tuple(upward))


def _downward(references: Mapping[TableId, Iterable[Reference]], ids: Iterable[TableId]) -> Iterator[Edge]:
    for id_ in ids:
        for child, fk in references.get(id_, ()):
            yield Edge(id_, fk.parent_columns, child, fk.columns)


def _to_master(database: Database, part: TableId) -> list[Edge]:
    """How a part refers to its master: by itself, or over another part whose key tells the master."""
    master = master_of(part)
    table = find_table(database, part) if master is not None else None
    if master is None or table is None:
        return []
    found = []
    for reference in table.foreign_keys:
        if reference.parent == master:
            found.append(Edge(part, reference.columns, master, reference.parent_columns, upward=True))
        elif reference.parent != part and master_of(reference.parent) == master:
            here = dict(zip(reference.parent_columns, reference.columns, strict=True))
            found += [
                replace(edge, source=part, source_columns=tuple(here[c] for c in edge.source_columns))
                for edge in _to_master(database, reference.parent)
                if set(edge.source_columns) <= here.keys()
            ]
    return list(dict.fromkeys(found))


def turned(edge: Edge) -> Edge:
    """The same pairs of rows, seen from the other end."""
    return Edge(edge.target, edge.columns, edge.source, edge.source_columns)


def master_of(id_: TableId) -> TableId | None:
    """The master of a part, None for other tables.

    Examples
    --------
    >>> str(master_of(TableId("lab", "_scan__frame")))
    'lab._scan'
    """
    master = id_.parsed.master if is_table_name(id_.name) else None
    return TableId(id_.schema, master) if master is not None else None


def find_table(database: Database, id_: TableId) -> TableDef | None:
    """The table, also when it was made after the catalogue was read; None for what is not a pipeline's."""
    for _ in range(2):
        try:
            return database.find(id_)
        except MissingTableError:
            database.forget(id_.schema)
    return None


def refuse_cycles(graph: Graph[TableId], doing: str) -> None:
    """Raise `IntegrityError` when tables refer to each other in a circle."""
    cycles = graph.cycles()
    if cycles:
        circle = " -> ".join(map(str, (*cycles[0], cycles[0][0])))
        raise IntegrityError(
            f"Cannot {doing} tables that refer to each other in a circle: {circle}. No order is right for that; remove "
            "one of these references first."
        )


def plan_steps(graph: CascadeGraph, given: Sequence[str] | None = None) -> tuple[Step, ...]:
    """How the affected rows of each table are found, sources first.

    Parameters
    ----------
    graph : CascadeGraph
    given : sequence of str, optional
        The key attributes of the root that decide which of its rows are affected, when these do.
    """
    steps: dict[TableId, Step] = {}
    for id_ in graph.graph.loose_order():
        steps[id_] = _plan_step(graph, id_, steps, given)
    return tuple(steps.values())


def _plan_step(graph: CascadeGraph, id_: TableId, steps: Mapping[TableId, Step], given: Sequence[str] | None) -> Step:
    knot, table = graph.knot(id_), graph.tables[id_]
    incoming = [e for e in graph.into(id_) if e not in knot]
    links = tuple(dict.fromkeys(link(steps[e.source], e, table) for e in incoming))
    outgoing = graph.out_of(id_)
    shape = _shape(id_, table, outgoing)
    if id_ == graph.root and given is not None and not knot:
        asked = Link(id_, tuple(given), tuple(given))
        if all(_passes(asked, e, graph.tables[e.target]) for e in outgoing):
            return Step(id_, table, shape, (asked,), frozen=False)
    several = id_ == graph.root or bool(knot) or len(links) > 1
    frozen = (several and bool(shape.key)) or not all(_passes(links[0], e, graph.tables[e.target]) for e in outgoing)
    if frozen and not shape.key:
        raise IntegrityError(
            f"The table {id_} refers to rows that would be deleted, and has no primary key by which its own rows could "
            "be set aside. Delete its rows first."
        )
    return Step(id_, table, shape, links, frozen, knot)


def link(source: Step, edge: Edge, table: TableDef | None) -> Link:
    """What an edge means, given how the rows of its source are found."""
    if source.frozen:
        return _filled(Link(source.id, edge.columns, edge.source_columns), edge, table)
    return _filled(_passed(source.links[0], edge), edge, table)


def _passed(given: Link, edge: Edge) -> Link:
    """What a link to the source of an edge means for its target."""
    here = dict(zip(edge.source_columns, edge.columns, strict=True))
    return Link(given.keys, tuple(here[c] for c in given.columns), given.own)


def _filled(given: Link, edge: Edge, table: TableDef | None) -> Link:
    """A row with a NULL in one column of a reference refers to nothing, whatever the other columns hold."""
    rest = (c for c in edge.columns if c not in given.columns)
    empty = tuple(c for c in rest if table is None or (c in table.heading and table.heading[c].nullable))
    pairs = sorted(zip(given.columns, given.own, strict=True))
    return Link(given.keys, tuple(c for c, _ in pairs), tuple(o for _, o in pairs), empty)


def _passes(given: Link, edge: Edge, target: TableDef | None) -> bool:
    """Whether the target of an edge can be reached by what reached its source."""
    if given.filled or not set(given.columns) <= set(edge.source_columns):
        return False
    columns = _passed(given, edge).columns
    return set(columns) == set(edge.columns) or (target is not None and _is_indexed(target, columns))


def _is_indexed(table: TableDef, columns: Sequence[str]) -> bool:
    """Whether an index begins with `columns`, in any order."""
    indexes = [table.key_columns, *(fk.columns for fk in table.foreign_keys), *(i.columns for i in table.indexes)]
    return any(set(index[: len(columns)]) == set(columns) for index in indexes)


def _shape(id_: TableId, table: TableDef | None, outgoing: Iterable[Edge]) -> Shape:
    key = table.key_columns if table is not None and _has_key(table) else ()
    columns = tuple(dict.fromkeys((*key, *(c for e in outgoing for c in e.source_columns))))
    return Shape(id_, key, columns, {c: _type(table, c) for c in columns} if table is not None else {})


def _has_key(table: TableDef) -> bool:
    """Tables of others may have none."""
    return bool(table.heading.primary_key) or SINGLETON in table.hidden


def _type(table: TableDef, column: str) -> Type:
    attribute = hidden_column(SINGLETON) if column == SINGLETON else table.heading[column]
    return attribute.stored or Type("text")
