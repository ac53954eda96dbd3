"""The rows that the rows of a key will come from: those of the tables that a table depends on, while its make runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import LabwrightError, MakeError, QueryError
from labwright.core.graph import Graph
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import AnyOf, Condition, InQuery, as_operand, make_condition
from labwright.tables.table import Table
from labwright.tables.tiers import tiers

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Key = Mapping[str, Any]


@dataclass(frozen=True)
class _Rows:
    """Rows of a table, and what is known of their values, once for each key."""

    table: TableDef
    condition: Condition
    known: tuple[Key, ...]

    @property
    def node(self) -> expr.Node:
        return expr.restrict(_source(self.table), self.condition)

    def over(self, columns: Mapping[str, str], there: TableDef) -> _Rows:
        """Rows of another table, whose columns have the values that `columns` have here."""
        if self.known and columns.keys() <= self.known[0].keys():
            return _with_values(there, [{columns[c]: key[c] for c in columns} for key in self.known])
        found = expr.distinct(self.node, tuple(columns))
        named = {theirs: own for own, theirs in columns.items() if own != theirs}
        node = expr.project(found, (), named) if named else found
        return _Rows(there, InQuery(tuple(columns.values()), node), ())


def _source(table: TableDef) -> expr.Source:
    return expr.Source(table.id.schema, table.id.name, table.heading)


def _with_values(table: TableDef, keys: Sequence[Key]) -> _Rows:
    wanted = list(map(dict, keys))
    return _Rows(table, make_condition(table.heading, wanted[0] if len(wanted) == 1 else wanted), tuple(wanted))


class Upstream:
    """What ``self.upstream`` is within make: ``self.upstream[Session]`` are the sessions that belong to the key.

    Parameters
    ----------
    table : AutoPopulate
    keys : sequence of mapping
        What make was called for.
    """

    def __init__(self, table: AutoPopulate, keys: Sequence[Key]) -> None:
        self.table_id: Final = table.id
        self._table = table
        self._keys = keys

    def __getitem__(self, table: Any) -> Any:
        """The rows of a table, or of a part of one, given as a class or by name."""
        given = table if isinstance(table, str) else as_operand(table)
        if isinstance(given, str):
            made: Any = tiers["free"]
            id_ = self._named(given)
            return made(self._table.project, str(id_)).restrict(self._condition(id_))
        if not isinstance(given, Table):
            raise QueryError(f"self.upstream takes a table or its name, not {type(given).__name__}.")
        given.ready()
        return given.restrict(self._condition(self._named(str(given.id))))

    def __repr__(self) -> str:
        return f"<upstream of {type(self._table).__name__}: {', '.join(self._names)}>"

    def _named(self, name: str) -> TableId:
        plain = name.translate({ord(quote): None for quote in '`"[]'})
        for id_ in (*self._above, *self._parts):
            if plain in (str(id_), ".".join(id_.class_path), ".".join((id_.schema, *id_.class_path))):
                return id_
        raise QueryError(
            f"{type(self._table).__name__} does not depend on {plain}, so no row of it belongs to the key. It "
            f"depends on: {', '.join(self._names) or 'nothing'}."
        )

    @property
    def _names(self) -> list[str]:
        return [".".join(id_.class_path) for id_ in self._above]

    def _condition(self, id_: TableId) -> Condition:
        rows = self._rows.get(id_) or self._of_part(id_)
        if not rows:
            raise QueryError(
                f"The key of {type(self._table).__name__} does not say which rows of {id_} belong to it, since the "
                "reference to it is not part of the key. Read the table itself."
            )
        items = tuple(dict.fromkeys(r.condition for r in rows))
        return items[0] if len(items) == 1 else AnyOf(items)

    @cached_property
    def _above(self) -> dict[TableId, TableDef]:
        """All that the table depends on."""
        database, own = self._table.db, self._table.table_def
        found: dict[TableId, TableDef] = {}
        front = [p for p in own.parents if p != own.id]
        while front:
            found.update((id_, database.find(id_)) for id_ in front)
            front = list(dict.fromkeys(p for id_ in front for p in found[id_].parents if p not in found))
        return found

    @cached_property
    def _parts(self) -> dict[TableId, TableDef]:
        """The parts of these."""
        database = self._table.db
        return {
            id_: table
            for schema in {i.schema for i in self._above}
            for table in database.tables(schema).values()
            if (id_ := table.id) not in self._above and id_ != self._table.id and id_.master in self._above
        }

    @cached_property
    def _rows(self) -> dict[TableId, list[_Rows]]:
        """The rows of all these, as each way leads to them."""
        own = self._table.table_def
        found: dict[TableId, list[_Rows]] = {}
        for fk in _outward(own):
            found.setdefault(fk.parent, []).extend(self._told(fk))
        edges = [(id_, fk.parent) for id_, table in self._above.items() for fk in _outward(table)]
        for id_ in Graph(self._above, edges).order():  # children first
            for fk in _outward(self._above[id_]):
                columns = dict(zip(fk.columns, fk.parent_columns, strict=True))
                made = [rows.over(columns, self._above[fk.parent]) for rows in found.get(id_, ())]
                found.setdefault(fk.parent, []).extend(made)
        return found

    def _told(self, fk: ForeignKey) -> list[_Rows]:
        """The rows of a parent that the key itself tells."""
        told = [(c, p) for c, p in zip(fk.columns, fk.parent_columns, strict=True) if c in self._keys[0]]
        values = [{p: key[c] for c, p in told} for key in self._keys]
        return [_with_values(self._above[fk.parent], values)] if told else []

    def _of_part(self, id_: TableId) -> list[_Rows]:
        part = self._parts.get(id_)
        if part is None or id_.master is None:
            return []
        key = set(part.heading.primary_key)
        fk = next(fk for fk in part.foreign_keys if fk.parent == id_.master and set(fk.columns) <= key)
        columns = dict(zip(fk.parent_columns, fk.columns, strict=True))
        return [rows.over(columns, part) for rows in self._rows.get(id_.master, ())]


def _outward(table: TableDef) -> list[ForeignKey]:
    """References to other tables."""
    return [fk for fk in table.foreign_keys if fk.parent != table.id]


_computing: Final[ContextVar[Upstream | None]] = ContextVar("labwright_upstream", default=None)


@contextmanager
def computing(table: AutoPopulate, keys: Sequence[Key]) -> Iterator[None]:
    """Within the block, the make of a table runs for some keys."""
    token = _computing.set(Upstream(table, keys))
    try:
        yield
    finally:
        _computing.reset(token)


def refuse_within_make(table: AutoPopulate) -> None:
    """Refuse to fill a table while the make of one runs.

    Raises
    ------
    MakeError
    """
    found = _computing.get()
    if found is not None:
        raise MakeError(
            f"{type(table).__name__} cannot be filled while the make of {found.table_id} runs: its rows would be "
            f"stored even where that fails. Fill it before; a reference (-> {type(table).__name__}) says so."
        )


def refuse_jobs_within_make(name: str) -> None:
    """Refuse to change jobs while the make of a table runs: it would come to pass only if that is stored.

    Raises
    ------
    MakeError
    """
    found = _computing.get()
    if found is not None:
        raise MakeError(
            f"{name} cannot be changed while the make of {found.table_id} runs. To give up a key, raise an exception, "
            "which is told with the key; to have it left out, ignore it afterwards, or leave it out of key_source."
        )


def upstream_of(table: AutoPopulate) -> Upstream:
    """What the rows that are being made come from.

    Raises
    ------
    LabwrightError
        Outside of the table's make.
    """
    found = _computing.get()
    if found is None or found.table_id != table.id:
        raise LabwrightError(
            f"{type(table).__name__}.upstream is what the key of a running make comes from, so it is there in make "
            f"alone. Elsewhere use Diagram.trace({type(table).__name__} & key)."
        )
    return found
