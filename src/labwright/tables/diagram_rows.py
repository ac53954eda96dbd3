"""The rows that a diagram is about: all, those that a deletion reaches, those downstream or upstream of some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from labwright.core.errors import IntegrityError, LabwrightError, QueryError
from labwright.core.graph import Graph
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import AllOf, AnyOf, Condition, Constant, InQuery, as_operand
from labwright.query.expr import Node
from labwright.tables.blueprint_diagram import diagram_edges, diagram_nodes
from labwright.tables.cascade import DeletePlan
from labwright.tables.cascade_plan import PartIntegrity, explore, find_table
from labwright.tables.diagram_model import DiagramModel
from labwright.tables.project import Project
from labwright.tables.table import Table
from labwright.tables.tiers import tiers

if TYPE_CHECKING:
    from labwright.sql.database import Database


MOST: Final = 500
"""How many tables one query may ask; where every table refers to two others, the ways to it double."""


class DiagramRows(Protocol):
    """Which rows of its tables a diagram means."""

    @property
    def project(self) -> Project:
        """The project that has them."""
        ...

    def counts(self, ids: Iterable[TableId]) -> dict[TableId, int]:
        """How many rows of each of the tables `ids` are meant, as it is now."""
        ...

    def condition(self, id_: TableId) -> Condition | None:
        """What rows of a table have to meet; None for a table that is not concerned."""
        ...


@dataclass(frozen=True)
class EveryRow:
    """All rows of all tables."""

    project: Project

    def counts(self, ids: Iterable[TableId]) -> dict[TableId, int]:
        """How many rows the tables have."""
        return _counts(self, ids)

    def condition(self, id_: TableId) -> Condition | None:
        """None is left out."""
        return Constant(True)


@dataclass(frozen=True)
class DeletedRows:
    """The rows that a deletion would reach, found as the deletion finds them."""

    table: Table
    part_integrity: PartIntegrity

    @property
    def project(self) -> Project:
        """The project that has them."""
        return self.table.project

    def counts(self, ids: Iterable[TableId]) -> dict[TableId, int]:
        """How many rows would go; where parts would lose their masters, they are counted all the same."""
        database, root = self.table.db, self.table.id
        graph = explore(database, root, masters=self.part_integrity == "cascade")
        with DeletePlan(database, graph, self.table.query_node(), "ignore") as plan:
            found = dict(plan.preview())
        return {id_: found.get(id_, 0) for id_ in ids}

    def condition(self, id_: TableId) -> Condition | None:
        """A deletion sets keys aside rather than asking for them again."""
        raise QueryError(
            "The rows that a deletion reaches have no expression; counts() tells how many there are. Use "
            "Diagram(...).restrict(rows) for those downstream of some."
        )


@dataclass(frozen=True)
class Way:
    """Rows whose values of `columns` are among those of `own` in `rows`."""

    columns: tuple[str, ...]
    own: tuple[str, ...]
    rows: Node

    def condition(self) -> Condition:
        """The way as a condition."""
        found = expr.distinct(self.rows, self.own)
        named = {c: o for c, o in zip(self.columns, self.own, strict=True) if c != o}
        return InQuery(self.columns, expr.project(found, (), named) if named else found)

    def down(self, fk: ForeignKey) -> Way | None:
        """The way on to rows that refer to these; None where they do not hold what tells these."""
        there = dict(zip(fk.parent_columns, fk.columns, strict=True))
        if not set(self.columns) <= there.keys():
            return None
        return Way(tuple(there[c] for c in self.columns), self.own, self.rows)

    def up(self, fk: ForeignKey) -> Way | None:
        """The way on to rows that these refer to; None where what tells these does not tell those."""
        own = dict(zip(self.columns, self.own, strict=True))
        if not set(fk.columns) <= own.keys():
            return None
        return Way(fk.parent_columns, tuple(own[c] for c in fk.columns), self.rows)


@dataclass(frozen=True)
class FollowedRows:
    """Rows that follow from some over references.

    Parameters
    ----------
    project : Project
    ways : mapping
        How the rows of each table follow, for the tables that are concerned.
    every : bool
        Whether rows have to follow in all of these ways, or in one of them.
    seeds : mapping
        The rows that were given.
    """

    project: Project
    ways: Mapping[TableId, tuple[Way, ...]] = field(hash=False)
    every: bool
    seeds: Mapping[TableId, Condition] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    def counts(self, ids: Iterable[TableId]) -> dict[TableId, int]:
        """How many rows follow."""
        return _counts(self, ids)

    def condition(self, id_: TableId) -> Condition | None:
        """What rows of a table have to meet to follow; None for a table that nothing leads to."""
        items = [*self._seed(id_), *(way.condition() for way in self.ways.get(id_, ()))]
        if len(items) < 2:
            return items[0] if items else None
        return AllOf(tuple(items)) if self.every else AnyOf(tuple(items))

    def _seed(self, id_: TableId) -> Iterator[Condition]:
        if id_ in self.seeds:
            yield self.seeds[id_]


def _counts(rows: DiagramRows, ids: Iterable[TableId]) -> dict[TableId, int]:
    database = rows.project.database
    found = {}
    for id_ in ids:
        condition = rows.condition(id_)
        if condition is not None:
            found[id_] = database.count(_restricted(database, id_, condition))
    return found


def _restricted(database: Database, id_: TableId, condition: Condition) -> Node:
    source = expr.Source(id_.schema, id_.name, database.find(id_).heading)
    return expr.restrict(source, condition)


def rows_of(rows: DiagramRows, id_: TableId) -> Any:
    """The rows of a table that are meant, as an expression."""
    made: Any = tiers["free"]
    return made(rows.project, str(id_)).restrict(condition_of(rows, id_))


def condition_of(rows: DiagramRows, id_: TableId) -> Condition:
    """What rows of a table have to meet.

    Raises
    ------
    QueryError
        When nothing leads to the table.
    """
    condition = rows.condition(id_)
    if condition is None:
        raise QueryError(f"Nothing in this diagram leads to rows of {id_}.")
    return condition


def as_table(given: Any) -> Table:
    """A table, restricted or not, whose rows a diagram follows."""
    table = as_operand(given)
    if not isinstance(table, Table):
        raise QueryError(
            f"A diagram follows the rows of a table, such as Session & key, not {type(given).__name__}. Those of a "
            "projection or a join restrict their table: Session & rows."
        )
    table.ready()
    return table


def deletion(table: Table, part_integrity: PartIntegrity) -> tuple[DiagramModel, DeletedRows]:
    """Everything that a deletion would reach, and its rows."""
    if part_integrity not in ("enforce", "cascade", "ignore"):
        raise LabwrightError(f"part_integrity is 'enforce', 'cascade' or 'ignore', not {part_integrity!r}.")
    graph = explore(table.db, table.id, masters=part_integrity == "cascade")
    return _model({i: t for i, t in graph.tables.items() if t is not None}), DeletedRows(table, part_integrity)


def upstream(table: Table) -> tuple[DiagramModel, FollowedRows]:
    """Everything that a table refers to, and the rows that its rows come from."""
    tables = _above(table.db, table.id)
    graph = Graph(tables, ((i, p) for i, t in tables.items() for p in t.parents if p != i))
    found = _Following(table, tables, every=False)
    for id_ in _ordered(graph):
        for fk in (fk for fk in tables[id_].foreign_keys if fk.parent != id_):
            direct = Way(fk.parent_columns, fk.columns, found.node(id_))
            found.follow(fk.parent, [w.up(fk) for w in found.known(id_)], direct)
    return _model(tables), found.rows()


def downstream(table: Table, ids: Iterable[TableId], before: DiagramRows | None) -> FollowedRows:
    """The rows of the tables `ids` that follow from those of a table, and from those `before`."""
    tables = {i: t for i in ids if (t := find_table(table.db, i)) is not None}
    if table.id not in tables:
        raise QueryError(f"{table.id} is not in this diagram. Its tables are: {', '.join(map(str, tables))}.")
    if isinstance(before, DeletedRows) or (isinstance(before, FollowedRows) and not before.every):
        raise QueryError(
            "The rows of this diagram are chosen already; restrict a diagram of tables, as Diagram(schema)."
        )
    edges = [(fk, i) for i, t in tables.items() for fk in t.foreign_keys if fk.parent in tables and fk.parent != i]
    found = _Following(table, tables, every=True)
    for id_ in _ordered(Graph(tables, ((fk.parent, i) for fk, i in edges))):
        for fk, child in (e for e in edges if e[0].parent == id_ and found.reaches(id_)):
            direct = Way(fk.columns, fk.parent_columns, found.node(id_))
            found.follow(
                child, [None if _may_be_empty(tables[child], fk) else w.down(fk) for w in found.known(id_)], direct
            )
    return _both(before, found.rows()) if isinstance(before, FollowedRows) else found.rows()


def _both(one: FollowedRows, two: FollowedRows) -> FollowedRows:
    ways = {i: (*one.ways.get(i, ()), *two.ways.get(i, ())) for i in (*one.ways, *two.ways)}
    seeds = dict(one.seeds)
    for id_, condition in two.seeds.items():
        seeds[id_] = AllOf((seeds[id_], condition)) if id_ in seeds else condition
    return FollowedRows(one.project, {i: tuple(dict.fromkeys(w)) for i, w in ways.items()}, True, seeds)


class _Following:
    """Follows the rows of a table along references, table by table."""

    def __init__(self, table: Table, tables: Mapping[TableId, TableDef], *, every: bool) -> None:
        node = table.query_node()
        self._project = table.project
        self._tables = tables
        self._every = every
        self._nodes = {table.id: node}
        self._seeds = {table.id: node.condition if isinstance(node, expr.Restrict) else Constant(True)}
        self._ways: dict[TableId, dict[Way, None]] = {}
        self._sizes = {id(node): 1}

    def reaches(self, id_: TableId) -> bool:
        """Whether any row of a table follows."""
        return id_ in self._seeds or id_ in self._ways

    def known(self, id_: TableId) -> list[Way]:
        """The ways to a table; none to that with which it began."""
        return list(self._ways.get(id_, ()))

    def node(self, id_: TableId) -> Node:
        """The rows that were found of a table, all ways to which are known by now."""
        if id_ not in self._nodes:
            size = self._size(id_)
            condition = self.rows().condition(id_)
            assert condition is not None
            source = expr.Source(id_.schema, id_.name, self._tables[id_].heading)
            self._nodes[id_] = expr.restrict(source, condition)
            self._sizes[id(self._nodes[id_])] = size
        return self._nodes[id_]

    def _size(self, id_: TableId) -> int:
        """How many tables the rows of one are asked of: each as often as there are ways to it."""
        size = 1 + sum(self._sizes[id(way.rows)] for way in self.known(id_))
        if size > MOST:
            raise QueryError(
                f"More than {MOST} ways lead to rows of {id_}, too many for one query. Begin at a table that is "
                "nearer, or let Diagram.cascade count what depends on the rows."
            )
        return size

    def follow(self, there: TableId, passed: Sequence[Way | None], direct: Way) -> None:
        """Go on to a table: by the ways that led to the one before, where all of them lead on, else directly."""
        ways = [w for w in passed if w is not None]
        self._ways.setdefault(there, {}).update(dict.fromkeys(ways if ways and len(ways) == len(passed) else [direct]))

    def rows(self) -> FollowedRows:
        """What was found."""
        return FollowedRows(self._project, {i: tuple(w) for i, w in self._ways.items()}, self._every, self._seeds)


def _may_be_empty(table: TableDef, fk: ForeignKey) -> bool:
    return any(table.heading[c].nullable for c in fk.columns)


def _ordered(graph: Graph[TableId]) -> tuple[TableId, ...]:
    cycles = graph.cycles()
    if cycles:
        circle = " -> ".join(map(str, (*cycles[0], cycles[0][0])))
        raise IntegrityError(f"Rows cannot be followed along references in a circle: {circle}.")
    return graph.order()


def _above(database: Database, root: TableId) -> dict[TableId, TableDef]:
    """A table and everything that it refers to, in all schemas."""
    found: dict[TableId, TableDef] = {}
    front = [root]
    while front:
        found.update((id_, database.find(id_)) for id_ in front)
        front = list(dict.fromkeys(p for id_ in front for p in found[id_].parents if p not in found))
    return found


def _model(tables: Mapping[TableId, TableDef]) -> DiagramModel:
    return DiagramModel.of(diagram_nodes(tables), diagram_edges(tables))
