"""The carrying out of a cascade: keys set aside, parts checked against masters, rows counted or deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Literal

from labwright.core.errors import AccessError, IntegrityError, LabwrightError, MissingTableError
from labwright.core.heading import Attribute
from labwright.define.table import SINGLETON, TableDef, TableId
from labwright.query.expr import Node, Restrict, Source
from labwright.sql.compiler import compile_select
from labwright.sql.database import Database
from labwright.sql.decode import Row
from labwright.sql.dialect import Fragment
from labwright.sql.freeze import (
    Freezer,
    KeySet,
    Memory,
    all_of,
    any_of,
    count_among,
    count_by,
    count_rows,
    delete_matching,
    filled,
    freezer_for,
    lock_rows,
    none_of,
    select_rows,
    unreferenced,
)
from labwright.sql.given import GivenKeys
from labwright.sql.history import keep_rows
from labwright.sql.object_sizes import count_objects
from labwright.sql.statement import Statement
from labwright.tables.cascade_plan import CascadeGraph, Edge, Link, Step, link, master_of, turned
from labwright.tables.forgetting import forget_computed
from labwright.tables.owner import owned_rows, owner_columns

Lock = Literal["none", "root", "all"]
"""Whose rows are locked before the first one goes."""
MASTERS_ADVICE: Final = (
    "A master and its parts go together: delete from {master} instead, or pass part_integrity='cascade' to delete "
    "those masters too, or 'ignore' to leave them without these parts."
)


class Cascade:
    """One run over a planned cascade, within a transaction; a context manager that clears the keys away.

    Parameters
    ----------
    database : Database
    graph : CascadeGraph
    steps : sequence of Step
    node : Node
        The rows of the root.
    lock : {'none', 'root', 'all'}
    """

    def __init__(
        self, database: Database, graph: CascadeGraph, steps: tuple[Step, ...], node: Node, *, lock: Lock = "none"
    ) -> None:
        self.database = database
        self.dialect = database.dialect
        self.graph = graph
        self.steps: Mapping[TableId, Step] = {s.id: s for s in steps}
        self.node = node
        self.lock = lock if self.dialect.native_schemas else "none"
        self.keys: dict[TableId, KeySet] = {}
        self.copied: Collection[TableId] = ()
        self.freezer: Freezer = (
            freezer_for(database.connection, self.dialect, graph.root.schema)
            if any(s.frozen for s in steps)
            else Memory(database.connection, self.dialect)  # which has nothing to prepare
        )

    def __enter__(self) -> Cascade:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        (self.freezer.close if kind is None else self.freezer.abandon)()

    def freeze(self) -> None:
        """Set aside the keys of all affected rows."""
        done: set[TableId] = set()
        for step in self.steps.values():
            if step.id not in done:
                done |= self._freeze_knot(step) if step.knot else self._freeze_one(step)

    def _freeze_one(self, step: Step) -> set[TableId]:
        if step.frozen:
            keys = self.keys[step.id] = self.freezer.create(step.shape, unique=len(step.links) > 1)
            with _naming(step.id, "reading"):
                self.freezer.fill(keys, self._selects(step))
        elif step.id == self.graph.root:
            self.keys[step.id] = GivenKeys(self.dialect, step.shape, self.node)
        if self.lock == "all" or (step.id == self.graph.root and self.lock == "root" and not self._is_locked(step)):
            self._lock(step)
        return {step.id}

    def _is_locked(self, root: Step) -> bool:
        """Whether the query that has found the rows of the root has locked them as well."""
        return root.frozen and self._locks_as_it_reads

    @property
    def _locks_as_it_reads(self) -> bool:
        return isinstance(self.node, Source) or (isinstance(self.node, Restrict) and isinstance(self.node.node, Source))

    def _selects(self, step: Step) -> Iterator[Statement]:
        if step.id == self.graph.root:
            yield from self._chosen(step)
        for where in self._affected_by_links(step):
            yield select_rows(self.dialect, step.id, step.shape.columns, where)

    def _chosen(self, step: Step) -> Iterator[Statement]:
        """The rows of the root; a table without a key has one at most, and a hidden column to tell it by."""
        if SINGLETON in step.shape.key:
            if self.database.exists(self.node):
                yield select_rows(self.dialect, step.id, step.shape.columns, Fragment("1 = 1"))
            return
        found = compile_select(self.node, self.dialect, step.shape.columns, output=False)
        locks = self.lock != "none" and self._locks_as_it_reads and not step.knot
        yield Statement(f"{found.sql} FOR UPDATE", found.params) if locks else found

    def _lock(self, step: Step) -> None:
        for where in self.affected(step):
            self.database.fetch(lock_rows(self.dialect, step.id, where))

    def _freeze_knot(self, first: Step) -> set[TableId]:
        """Follow the edges among tables that reach each other until no row is added."""
        members = list(dict.fromkeys([first.id, *(end for e in first.knot for end in (e.source, e.target))]))
        news: list[tuple[TableId, KeySet]] = []
        for id_ in members:
            self.keys[id_] = self.freezer.create(self.steps[id_].shape, unique=True)
        for id_ in members:
            news += self._grow(id_, list(self._selects(self.steps[id_])))
        while news:
            source, added = news.pop()
            for edge in (e for e in first.knot if e.source == source):
                news += self._grow(edge.target, list(self._reached(edge, added)))
            self.freezer.discard(added)
        if self.lock != "none":
            for id_ in members:
                self._lock(self.steps[id_])
        return set(members)

    def _grow(self, id_: TableId, selects: list[Statement]) -> list[tuple[TableId, KeySet]]:
        if not selects:
            return []
        with _naming(id_, "reading"):
            added = self.freezer.grow(self.keys[id_], selects)
        if added.size:
            return [(id_, added)]
        self.freezer.discard(added)
        return []

    def _reached(self, edge: Edge, keys: KeySet) -> Iterator[Statement]:
        for where in keys.among(edge.columns, edge.source_columns):
            yield select_rows(self.dialect, edge.target, self.steps[edge.target].shape.columns, where)

    def affected(self, step: Step) -> Iterator[Fragment]:
        """Conditions that together are met by the affected rows."""
        if step.frozen:
            keys = self.keys[step.id]
            yield from keys.among(step.shape.key, step.shape.key) if keys.size else ()
        else:
            yield from self._affected_by_links(step)

    def _affected_by_links(self, step: Step) -> Iterator[Fragment]:
        for way in step.links:
            yield from self._matching(way)

    def _matching(self, way: Link) -> Iterator[Fragment]:
        keys = self.keys[way.keys]
        if keys.size:
            rest = filled(self.dialect, way.filled)
            yield from (all_of(found, *rest) for found in keys.among(way.columns, way.own))

    def check_parts(self) -> None:
        """Raise `IntegrityError` when parts would go and their masters stay."""
        for step in self.steps.values():
            master = master_of(step.id)
            if master is not None and (left := self._without_master(step, master)):
                raise IntegrityError(
                    f"{left} rows of the part {step.id} would be deleted, but not the rows of its master {master} that "
                    f"they belong to. Nothing was deleted. {MASTERS_ADVICE.format(master=master)}"
                )

    def _without_master(self, step: Step, master: TableId) -> int:
        """How many affected rows of a part have a master that stays."""
        if master not in self.steps:
            return self._count(step.id, list(self.affected(step)))
        edges = [turned(e) for e in self.graph.to_masters if e.source == step.id]
        ways = [link(self.steps[master], e, step.table) for e in edges]
        if step.links and set(step.links) <= set(ways) and not step.knot:
            return 0
        staying = none_of([where for way in ways for where in self._matching(way)])
        return self._count(step.id, [all_of(where, staying) for where in self.affected(step)])

    def _count(self, id_: TableId, conditions: list[Fragment]) -> int:
        if not conditions:
            return 0
        with _naming(id_, "reading"):
            return int(self.database.fetch(count_rows(self.dialect, id_, any_of(conditions)))[0][0])

    def counts(self) -> dict[TableId, int]:
        """The number of affected rows of each table, parents first."""
        return {id_: self._affected_count(self.steps[id_]) for id_ in reversed(self.graph.deletion_order)}

    def _affected_count(self, step: Step) -> int:
        return self.keys[step.id].size if step.frozen else self._count(step.id, list(self.affected(step)))

    def owners(self) -> dict[TableId, dict[str, int]]:
        """Whose the affected rows are, and how many each has; those who own most come first."""
        return {id_: found for id_, step in self.steps.items() if (found := self._owners(step))}

    def objects(self) -> dict[TableId, tuple[int, int]]:
        """How many objects the affected rows of each table refer to, and how large these are."""
        return {id_: found for id_, step in self.steps.items() if (found := self._objects(step)) is not None}

    def _objects(self, step: Step) -> tuple[int, int] | None:
        columns = [] if step.table is None else [a.name for a in step.table.heading.values() if _tells_object(a)]
        conditions = list(self.affected(step)) if columns else []
        if not conditions:
            return None
        ((number, size),) = self.database.fetch(count_objects(self.dialect, step.id, columns, any_of(conditions)))
        return int(number), int(size)

    def _owners(self, step: Step) -> dict[str, int]:
        conditions = list(self.affected(step))
        if step.table is None or not conditions:
            return {}
        try:
            with self.database.connection.atomic():  # the transaction that is open goes on after an error
                rows = self._count_owners(step.table, any_of(conditions))
        except (AccessError, MissingTableError):
            return {}  # this user may not read the tables that tell
        return {", ".join(map(str, row[:-1])): int(row[-1]) for row in rows if None not in row}

    def _count_owners(self, table: TableDef, where: Fragment) -> Sequence[Row]:
        columns = owner_columns(table)
        query = count_by(self.dialect, table.id, columns, where) if columns else self._inherited(table, where)
        return [] if query is None else self.database.fetch(query)

    def _inherited(self, table: TableDef, where: Fragment) -> Statement | None:
        """The query for the owners of rows that belong to whom their inputs belong to."""
        owned = owned_rows(self.database, table)
        if owned is None:
            return None
        node, names = owned
        key = table.heading.primary_key
        found = compile_select(node, self.dialect, [*key, *names], output=False)
        return count_among(self.dialect, found, names, key, select_rows(self.dialect, table.id, key, where))

    def delete(self, copied: Collection[TableId] = ()) -> dict[TableId, int]:
        """Delete all affected rows, children first, and return how many of each table; those of `copied` are kept."""
        self.copied = copied
        return {id_: self._delete(self.steps[id_]) for id_ in self.graph.deletion_order}

    def _delete(self, step: Step) -> int:
        with _naming(step.id, "deleting from"):
            if self.graph.to_itself(step.id):
                return self._peel(step)
            return sum(max(self._run(step, where), 0) for where in self.affected(step))

    def _run(self, step: Step, where: Fragment) -> int:
        """Without a savepoint of its own: the cascade fails as a whole."""
        run = self.database.connection.execute
        if step.id in self.copied and step.table is not None:
            copy = keep_rows(self.dialect, step.table, where, "delete")
            run(copy.sql, copy.params, write=True)
        forget_computed(self.database, step.table, where)
        deletion = delete_matching(self.dialect, step.id, where)
        return run(deletion.sql, deletion.params, write=True).rowcount

    def _peel(self, step: Step) -> int:
        """Delete from a table that refers to itself: first the rows that no other row refers to, and so on."""
        gone, references = 0, self.graph.to_itself(step.id)
        while gone < self.keys[step.id].size:
            free = self.freezer.create(step.shape)
            left = self.affected(step)
            self.freezer.fill(free, [unreferenced(self.dialect, step.shape, references, where) for where in left])
            for where in free.among(step.shape.key, step.shape.key):
                gone += self._run(step, where)
            if not free.size:
                raise IntegrityError(f"Rows of {step.id} refer to each other in a circle: none of them can go first.")
            self.freezer.discard(free)
        return gone


@contextmanager
def _naming(id_: TableId, doing: str) -> Iterator[None]:
    """Tell which table may not be used."""
    try:
        yield
    except AccessError as error:
        told = AccessError(
            f"The database does not permit {doing} {id_}, where rows are to go. Nothing was deleted. Ask for "
            f"the right to that table, or its owner to delete those rows. ({error})"
        )
        told.violation = error.violation
        raise told from error


def _tells_object(attribute: Attribute) -> bool:
    """Whether its values say where an object is, and how large."""
    type_, stored = attribute.type, attribute.stored
    return type_ is not None and type_.codec is not None and stored is not None and stored.kind == "json"


def is_refusal(error: LabwrightError) -> bool:
    """Whether the database refused to delete rows that others refer to."""
    return (
        isinstance(error, IntegrityError)
        and error.violation is not None
        and error.violation.reason in ("has_children", "other")
    )


def explain(error: LabwrightError) -> IntegrityError:
    """The error of a database that refused a cascade, for its users."""
    child = error.violation.table if error.violation is not None else None
    return _told(
        error,
        f"{f'Rows of {child}' if child else 'Rows of another table'} refer to rows that were to be deleted, and are "
        "not among them: they came in meanwhile, or you may not see them. Nothing was deleted. Try again, or ask the "
        f"owner of that table. ({error})",
    )


def depending(error: LabwrightError, id_: TableId, children: list[TableId]) -> IntegrityError:
    """The error of a database that refused to delete rows alone."""
    named = error.violation.table if error.violation is not None else None
    child = named or " or ".join(dict.fromkeys(map(str, children))) or "another table"
    return _told(
        error,
        f"Rows of {child} refer to these rows of {id_}. Nothing was deleted. Delete those first, or use delete(), "
        "which deletes them too.",
    )


def _told(error: LabwrightError, message: str) -> IntegrityError:
    told = IntegrityError(message)
    told.violation = error.violation
    return told
