"""Taking changes back: one of a row, or all that was one change, as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from labwright.core.alike import alike
from labwright.core.errors import DataError, DuplicateError, IntegrityError, LabwrightError, QueryError
from labwright.core.graph import Graph
from labwright.core.heading import Heading
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query.conditions import Condition, Constant, Equal, InQuery, Keys, Negated, Text, conjunction
from labwright.query.expr import Project as Projected
from labwright.query.expr import Source, restrict, take
from labwright.query.scalar import parse_scalar
from labwright.sql.acting import current, new_change
from labwright.sql.database import Database
from labwright.sql.dml import delete_rows, rows_that, update_row
from labwright.sql.freeze import lock_rows
from labwright.sql.history import keep_rows, mark_undone, note_row, restore_rows, shadow_source
from labwright.tables.forgetting import forget_computed
from labwright.tables.keeping import mode_of
from labwright.tables.past import IS_RECORD, Change, ChangeSet, tables_with
from labwright.tables.project import Project, default_project
from labwright.tables.results import delete_results

Key = tuple[Any, ...]
Undoable = Change | ChangeSet | str
PIECE: Final = 1_000


def undo(
    what: Undoable | Iterable[Undoable],
    *,
    why: str | None = None,
    project: Project | None = None,
    with_results: bool = True,
) -> str:
    """Take changes back, all of them or none.

    An update is undone for the attributes that it changed. What was deleted comes back whole, with its parts and
    results; what was inserted goes, with what was computed of it since. That is a change as well, and can be undone.

    Parameters
    ----------
    what : Change, ChangeSet, str, or several of them
        What happened to one row, or a whole change, also by its number.
    why : str, optional
        The reason.
    project : Project, optional
        Where it happened; by default where the change was read, else the default project.
    with_results : bool
        Whether what was computed of rows may go with them; else it keeps them, as what people have entered does.

    Returns
    -------
    str
        The number of the change that this is.

    Raises
    ------
    QueryError
        When it is given something else.
    LabwrightError
        When somebody has undone it already, a row was changed since, or its key was given to another.
    IntegrityError
        When the parents of a row are gone, or rows that somebody has entered since refer to one that should go.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert1((1,))
    ...     _ = Mouse.delete(prompt=False)
    ...     _ = lw.undo(lw.changes(schema)[0])
    ...     len(Mouse)
    1
    """
    items = _items(what)
    found = (i.project for i in items if not isinstance(i, str) and i.project is not None)
    database = (project or next(found, None) or default_project()).database
    number, turns = new_change(), list(_in_turn(database, items))
    with _undoing(number, why or "undo"), database.connection.atomic():
        database.connection.stamp()
        for wanted in turns:
            _Undo(database, wanted, number, with_results).run()
    return number


def _items(what: Undoable | Iterable[Undoable]) -> list[Undoable]:
    """What is to be undone, one by one."""
    given = [what] if isinstance(what, Undoable) or not isinstance(what, Iterable) else list(what)
    for item in given:
        if not isinstance(item, Undoable):
            raise QueryError(
                "undo takes a Change, a ChangeSet, the number of one, which is a text, or a list of these, not "
                f"{item!r} ({type(item).__name__}). See labwright.changes(schema) for those there are."
            )
    if not given:
        raise DataError("There is nothing to undo: the list of changes is empty.")
    return given


@contextmanager
def _undoing(number: str, why: str) -> Iterator[None]:
    token = current.set(replace(current.get(), why=why, change=number, inserts=True))
    try:
        yield
    finally:
        current.reset(token)


def _in_turn(database: Database, items: Sequence[Undoable]) -> Iterator[dict[TableId, list[Condition]]]:
    """The records of each item, the newest item first."""
    for item in sorted(items, key=_when, reverse=True):
        if isinstance(item, Change):
            yield {item.table: [Equal("_n", _number(item))]}
        else:
            id_ = item if isinstance(item, str) else item.id
            found = tables_with(database, id_)
            if not found:
                raise LabwrightError(f"There is no change {id_!r}. See labwright.changes(schema) for those there are.")
            yield {table.id: [Equal("_change", id_)] for table in found}


def _when(item: Undoable) -> tuple[str, int]:
    moment = item.when.isoformat() if not isinstance(item, str) and item.when is not None else ""
    return (moment, (item.number or 0) if isinstance(item, Change) else 0)


def _number(change: Change) -> int:
    if change.number is None:
        raise LabwrightError(
            f"The insert of the row {dict(change.key)} of {change.table} was not noted, so it cannot be undone. Delete "
            "the row instead; inserts are noted within `with labwright.change():`."
        )
    return change.number


@dataclass
class _Work:
    """What is to be done in one table, by the numbers of records and by keys."""

    table: TableDef
    restored: dict[Key, int] = field(default_factory=dict)
    removed: list[Key] = field(default_factory=list)
    updated: dict[Key, int] = field(default_factory=dict)
    last: dict[Key, int] = field(default_factory=dict)
    """The last record of the change for each key."""


class _Undo:
    """Undoing the records that meet conditions, within a transaction."""

    def __init__(
        self, database: Database, wanted: Mapping[TableId, Sequence[Condition]], number: str, with_results: bool
    ) -> None:
        self.database, self.with_results = database, with_results
        self.dialect = database.dialect
        self.number = number
        self.tables = {id_: database.find(id_) for id_ in wanted}
        self.wanted = {id_: conjunction(conditions) for id_, conditions in wanted.items()}

    def run(self) -> None:
        for id_ in self.wanted:
            self._claim(id_)
        work = {id_: self._plan(id_) for id_ in self.wanted}
        order = [work[id_] for id_ in self._parents_first()]
        try:
            with self.database.connection.atomic():
                self._restore(order)
                self._update(order)
                self._remove(order)
        except DuplicateError:  # what came later stands where something should come back
            self._remove(order)
            self._restore(order)
            self._update(order)

    def _parents_first(self) -> tuple[TableId, ...]:
        edges = [(p, t.id) for t in self.tables.values() for p in t.parents if p in self.tables and p != t.id]
        return tuple(Graph(self.tables, edges).loose_order())

    def _claim(self, id_: TableId) -> None:
        """Mark the records as undone: only one who tries finds them all unmarked."""
        table, where = self.tables[id_], self.wanted[id_]
        shadow = shadow_source(table)
        undone = self.database.execute(mark_undone(self.dialect, table, where, self.number))
        node = restrict(shadow, conjunction([where, Negated(Equal("_undone", self.number))]))
        rows = self._rows(node, ("_change", "_undone", "_until_by"))
        if rows:
            raise LabwrightError(
                f"The change {rows[0][0]!r} of {id_} was undone already, by the change {rows[0][1]!r}. Nothing was "
                "done."
            )
        if not undone:
            raise LabwrightError(f"The history of {id_} no longer has this change: it was pruned. Nothing was done.")
        for (change,) in set(self._rows(restrict(shadow, where), ("_change",))):
            again = Equal("_undone", change)
            self.database.execute(mark_undone(self.dialect, table, again, None))

    def _rows(self, node: Any, names: Sequence[str]) -> list[tuple[Any, ...]]:
        statement, plan = self.database.query(node, list(names))
        return [tuple(row) for row in plan.rows(self.database.fetch(statement))]

    def _plan(self, id_: TableId) -> _Work:
        """From the records of the change to what it did to each row as a whole."""
        table = self.tables[id_]
        work, key = _Work(table), table.heading.primary_key
        node = take(restrict(shadow_source(table), self.wanted[id_]), (("_n", False),), None, 0)
        first: dict[Key, tuple[int, str]] = {}
        last: dict[Key, tuple[int, str]] = {}
        for number, op, *values in self._rows(node, ("_n", "_op", *key)):
            first.setdefault(tuple(values), (number, op))
            last[tuple(values)] = (number, op)
        for row, (number, op) in first.items():
            was, is_ = op != "insert", last[row][1] != "delete"
            if was and is_:
                work.updated[row] = number
            elif was:
                work.restored[row] = number
            elif is_:
                work.removed.append(row)
            work.last[row] = last[row][0]
        self._check(work)
        return work

    def _check(self, work: _Work) -> None:
        """Refuse to overwrite what others have done since."""
        table = work.table
        self._lock(table, [*work.updated, *work.removed])
        for row in self._present(table, list(work.restored)):
            raise LabwrightError(
                f"The key {_shown(table, row)} of {table.id} was given to another row since, so the deleted one cannot "
                "come back. Nothing was undone. Delete or rename that row first."
            )
        there = set(self._present(table, [*work.updated, *work.removed]))
        for row in (*work.updated, *work.removed):
            if row not in there:
                raise LabwrightError(
                    f"The row {_shown(table, row)} of {table.id} was deleted since. Nothing was undone. Undo that "
                    "first."
                )
        for rows in _pieces(work.removed):
            later = self._later(work, rows)
            for row in rows:
                self._compare(table, row, later.get(row), list(table.heading))

    def _lock(self, table: TableDef, rows: Sequence[Key]) -> None:
        if rows and self.dialect.native_schemas:
            where = rows_that(self.dialect, table, self._keys(table, rows))
            self.database.fetch(lock_rows(self.dialect, table.id, where))

    def _present(self, table: TableDef, rows: Sequence[Key]) -> list[Key]:
        if not rows:
            return []
        source = Source(table.id.schema, table.id.name, table.heading)
        names = table.heading.primary_key
        if not names:
            return [()] if self.database.exists(source) else []
        return self._rows(restrict(source, self._keys(table, rows)), names)

    def _keys(self, table: TableDef, rows: Sequence[Key]) -> Condition:
        names = tuple(table.heading.primary_key)
        return Keys(names, tuple(rows)) if names else Constant(True)

    def _later(self, work: _Work, rows: Sequence[Key]) -> dict[Key, dict[str, Any]]:
        """Rows as the change left them, where others have changed them since; the others are as they are."""
        shadow, names = shadow_source(work.table), tuple(work.table.heading)
        since = Text(parse_scalar(f"_n > {min(work.last[row] for row in rows)}", shadow.heading))
        records = restrict(shadow, conjunction([since, self._keys(work.table, rows), IS_RECORD]))
        found: dict[Key, dict[str, Any]] = {}
        for number, *values in self._rows(take(records, (("_n", False),), None, 0), ("_n", *names)):
            record = dict(zip(names, values, strict=True))
            key = tuple(record[n] for n in work.table.heading.primary_key)
            if number > work.last.get(key, number):
                found.setdefault(key, record)
        return found

    def _now(self, table: TableDef, row: Key) -> dict[str, Any]:
        source = Source(table.id.schema, table.id.name, table.heading)
        (values,) = self._rows(restrict(source, self._keys(table, [row])), tuple(table.heading))
        return dict(zip(table.heading, values, strict=True))

    def _compare(self, table: TableDef, row: Key, after: dict[str, Any] | None, names: Sequence[str]) -> None:
        if after is None:
            return
        now = self._now(table, row)
        for name in names:
            if not alike(after[name], now[name]):
                raise LabwrightError(
                    f"The row {_shown(table, row)} of {table.id} was changed since: {name} was {after[name]!r} after "
                    f"the change and is {now[name]!r} now. Nothing was undone. Undo the later change first, or update "
                    "the row."
                )

    def _restore(self, order: Sequence[_Work]) -> None:
        for work in order:
            if work.restored:
                self._check_parents(work)
                numbers = Keys(("_n",), tuple((n,) for n in work.restored.values()))
                if mode_of(self.database, work.table) != "triggers":
                    self._note(work.table, list(work.restored))
                for statement in restore_rows(self.dialect, work.table, numbers):
                    self.database.execute(statement)

    def _check_parents(self, work: _Work) -> None:
        numbers = Keys(("_n",), tuple((n,) for n in work.restored.values()))
        for fk in work.table.foreign_keys:
            if fk.parent == work.table.id:
                continue
            parent = self._parent(fk, work.table)
            refers = [Negated(Equal(c, None)) for c in fk.columns]
            missing = conjunction([numbers, *refers, Negated(InQuery(fk.columns, parent))])
            node = take(restrict(shadow_source(work.table), missing), (("_n", False),), 1, 0)
            for row in self._rows(node, fk.columns):
                key = dict(zip(fk.parent_columns, row, strict=True))
                raise IntegrityError(
                    f"Rows of {work.table.id} cannot come back, since {fk.parent} has no row with {key} any more. "
                    "Nothing was undone. Undo the change that deleted it first."
                )

    def _parent(self, fk: ForeignKey, child: TableDef) -> Projected:
        parent = self.database.find(fk.parent)
        source = Source(parent.id.schema, parent.id.name, parent.heading)
        items = tuple(zip(fk.columns, fk.parent_columns, strict=True))
        named = Heading(replace(parent.heading[p], name=c, in_key=c in child.heading) for c, p in items)
        return Projected(source, items, named)

    def _update(self, order: Sequence[_Work]) -> None:
        for work in order:
            for rows in _pieces(list(work.updated)):
                before, later = self._before(work, rows), self._later(work, rows)
                for row in rows:
                    self._update_row(work.table, row, before[row], later.get(row))

    def _before(self, work: _Work, rows: Sequence[Key]) -> dict[Key, dict[str, Any]]:
        """Rows as they were, but for their keys."""
        names, of = tuple(work.table.heading.secondary_attributes), {work.updated[row]: row for row in rows}
        records = restrict(shadow_source(work.table), Keys(("_n",), tuple((n,) for n in of)))
        return {of[n]: dict(zip(names, values, strict=True)) for n, *values in self._rows(records, ("_n", *names))}

    def _update_row(self, table: TableDef, row: Key, before: dict[str, Any], after: dict[str, Any] | None) -> None:
        names = table.heading.secondary_attributes
        reached = after if after is not None else self._now(table, row)
        changed = [n for n in names if not alike(before[n], reached[n])]
        self._compare(table, row, after, changed)
        encoded = {n: self.database.encode(table.heading[n], before[n]) for n in changed}
        key = {
            n: self.database.encode(table.heading[n], v)
            for n, v in zip(table.heading.primary_key, row, strict=True)
        }  # fmt: skip
        if encoded:
            self._keep(table, [row], "update")
            self.database.execute(update_row(self.dialect, table, key, encoded))

    def _remove(self, order: Sequence[_Work]) -> None:
        for work in reversed(order):
            if work.removed:
                self._keep(work.table, work.removed, "delete")
                condition = self._keys(work.table, work.removed)
                if self.with_results:
                    delete_results(self.database, work.table, condition)
                try:
                    forget_computed(self.database, work.table, rows_that(self.dialect, work.table, condition))
                    self.database.execute(delete_rows(self.dialect, work.table, condition))
                except IntegrityError as error:
                    raise IntegrityError(
                        f"Rows of {work.table.id} that were inserted cannot go, since rows that came later refer to "
                        f"them. Nothing was undone. Delete those first. ({error})"
                    ) from error

    def _keep(self, table: TableDef, rows: Sequence[Key], op: str) -> None:
        """Keep what this takes away, where no trigger does."""
        if mode_of(self.database, table) != "triggers":
            where = rows_that(self.dialect, table, self._keys(table, rows))
            self.database.execute(keep_rows(self.dialect, table, where, op))

    def _note(self, table: TableDef, rows: Sequence[Key]) -> None:
        types = [table.heading[n].stored for n in table.heading.primary_key]
        encoded = [tuple(self.dialect.encode(t, v) for t, v in zip(types, row, strict=True)) for row in rows]
        self.database.connection.executemany(note_row(self.dialect, table), encoded)


def _pieces(rows: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """So many that their values may be in memory; for each piece the records are read through."""
    return (rows[start : start + PIECE] for start in range(0, len(rows), PIECE))


def _shown(table: TableDef, row: Key) -> str:
    return ", ".join(f"{n}={v!r}" for n, v in zip(table.heading.primary_key, row, strict=True)) or "(the only one)"
