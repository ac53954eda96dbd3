"""Which tables depend on which, across schemas, under the names that users know them by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from labwright.core.graph import Graph
from labwright.define.names import is_service_table, is_table_name, parse_full_name
from labwright.define.table import ForeignKey, TableDef, TableId

if TYPE_CHECKING:
    from labwright.sql.database import Database


def ancestors(database: Database, ids: Iterable[TableId]) -> Graph[TableId]:
    """`ids`, the tables that they refer to, theirs, and so on."""
    found: dict[TableId, tuple[TableId, ...]] = {}
    todo = list(ids)
    while todo:
        id_ = todo.pop()
        if id_ not in found:
            found[id_] = tuple(dict.fromkeys(fk.parent for fk in references(database.find(id_))))
            todo += found[id_]
    return Graph(found, [(p, id_) for id_, parents in found.items() for p in parents if p != id_])


def descendants(database: Database, ids: Iterable[TableId]) -> Graph[TableId]:
    """`ids`, the tables that refer to them, those that refer to these, and so on."""
    found: dict[TableId, None] = {}
    edges: list[tuple[TableId, TableId]] = []
    todo = list(ids)
    while todo:
        found |= dict.fromkeys(todo)
        steps = [(fk.parent, id_) for id_, fk in database.children(todo) if fk.parent != id_]
        edges += steps
        todo = [id_ for id_ in dict.fromkeys(child for _, child in steps) if id_ not in found]
    return Graph(found, edges)


def references(table: TableDef) -> list[ForeignKey]:
    """The foreign keys of a table, but those to service tables."""
    return [fk for fk in table.foreign_keys if not is_service_table(fk.parent.name)]


def in_order(graph: Graph[TableId]) -> list[TableId]:
    """Parents first, and parts behind their master as soon as all else that they refer to is there."""
    order = graph.loose_order()
    parts: dict[TableId, list[TableId]] = {}
    for id_ in order:
        if is_table_name(id_.name) and (master := id_.parsed.master) is not None:
            parts.setdefault(TableId(id_.schema, master), []).append(id_)
    done: dict[TableId, None] = {}
    for id_ in order:
        done[id_] = None
        for part in parts.get(id_, ()):
            if all(p in done for p in graph.parents(part)):
                done[part] = None
    return list(done)


def reference_info(table: TableDef, fk: ForeignKey) -> dict[str, Any]:
    """What the classic generation tells of a reference.

    ``primary`` says that it is within the key, ``attr_map`` which attributes here stand for which of the parent,
    ``aliased`` that some are renamed, ``multi`` that one row of the parent may have several here.
    """
    key = set(table.heading.primary_key)
    return {
        "primary": key.issuperset(fk.columns),
        "attr_map": dict(zip(fk.columns, fk.parent_columns, strict=True)),
        "aliased": bool(fk.renames),
        "multi": key != set(fk.columns),
    }


class Dependencies:
    """The graph of the tables that a connection has met, by full name; read when it is first asked for.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._graph: Graph[TableId] | None = None

    def load(self, force: bool = True) -> None:
        """Read the tables of the schemas in use, and all that these refer to or that refer to them."""
        if self._graph is None or force:
            self._graph = self._read()

    def _read(self) -> Graph[TableId]:
        database = self._database
        own = [t.id for name in list(database.connection.schemas) for t in database.tables(name).values()]
        below = descendants(database, own)
        return ancestors(database, below)

    @property
    def _loaded(self) -> Graph[TableId]:
        self.load(force=False)
        assert self._graph is not None
        return self._graph

    def _name(self, id_: TableId) -> str:
        return self._database.dialect.full_name(id_.schema, id_.name)

    def _table(self, name: str) -> TableDef:
        return self._database.find(TableId(*parse_full_name(name)))

    @property
    def nodes(self) -> dict[str, dict[str, set[str]]]:
        """The tables, each with its primary key."""
        return {self._name(i): {"primary_key": set(self._database.find(i).heading.primary_key)} for i in self._loaded}

    @property
    def edges(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Parent, child, and how the child refers to it."""
        return [(self._name(fk.parent), self._name(t.id), reference_info(t, fk)) for t, fk in self._references()]

    def _references(self) -> Iterator[tuple[TableDef, ForeignKey]]:
        for id_ in self._loaded:
            table = self._database.find(id_)
            yield from ((table, fk) for fk in references(table))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and TableId(*parse_full_name(name)) in self._loaded

    def __iter__(self) -> Iterator[str]:
        return map(self._name, self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)

    def parents(self, name: str, primary: bool | None = None) -> Mapping[str, dict[str, Any]]:
        """The tables that `name` refers to, and how; `primary` asks for references in the key alone, or below it."""
        table = self._table(name)
        return _chosen([(self._name(fk.parent), reference_info(table, fk)) for fk in references(table)], primary)

    def children(self, name: str, primary: bool | None = None) -> Mapping[str, dict[str, Any]]:
        """The tables that refer to `name`, and how."""
        found = self._database.children([self._table(name).id])
        return _chosen([(self._name(i), reference_info(self._database.find(i), fk)) for i, fk in found], primary)

    def ancestors(self, name: str) -> list[str]:
        """`name` and the tables above it, the nearest first."""
        return [self._name(i) for i in reversed(in_order(ancestors(self._database, [self._table(name).id])))]

    def descendants(self, name: str) -> list[str]:
        """`name` and the tables below it, parents first."""
        return [self._name(i) for i in in_order(descendants(self._database, [self._table(name).id]))]

    def topo_sort(self) -> list[str]:
        """All tables, parents first and parts behind their master."""
        return [self._name(i) for i in in_order(self._loaded)]


def _chosen(found: Iterable[tuple[str, dict[str, Any]]], primary: bool | None) -> dict[str, dict[str, Any]]:
    chosen: dict[str, dict[str, Any]] = {}
    for name, info in found:
        if primary is None or info["primary"] == primary:
            chosen.setdefault(name, info)
    return chosen
