"""Deleting rows and dropping tables with everything that depends on them.

>>> plan = plan_delete(database, TableId("lab", "subject"), node)    # doctest: +SKIP
>>> print(plan)                                                      # doctest: +SKIP
table            rows
lab.subject         1
lab.session        12
lab.__scan         57
>>> plan.execute()                                                   # doctest: +SKIP
1
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from types import TracebackType
from typing import Final

from labwright.core.errors import IntegrityError, LabwrightError, LockError, TransactionError
from labwright.define.table import TableDef, TableId
from labwright.query.conditions import AllOf, AnyOf, Condition, Constant, InQuery, Negated
from labwright.query.expr import Node, Restrict, Source
from labwright.sql.database import Database
from labwright.sql.dml import delete_rows, rows_that
from labwright.sql.given import key_names
from labwright.sql.runs import fills_itself
from labwright.tables.cascade_drop import DropPlan, drop_quick, plan_drop, plan_drop_schema
from labwright.tables.cascade_plan import CascadeGraph, PartIntegrity, explore, master_of, plan_steps
from labwright.tables.cascade_run import MASTERS_ADVICE, Cascade, Lock, depending, explain, is_refusal
from labwright.tables.cascade_table import confirm, counted
from labwright.tables.delete_preview import DeletePreview, preview_of
from labwright.tables.forgetting import forget_computed
from labwright.tables.keeping import change_rows, kept_in_cascade
from labwright.tables.refused import telling

__all__ = [
    "DeletePlan",
    "DropPlan",
    "PartIntegrity",
    "confirm",
    "delete_quick",
    "drop_quick",
    "plan_delete",
    "plan_drop",
    "plan_drop_schema",
]

LOCKS: Final[tuple[Lock, ...]] = ("root", "all")
"""Whose rows are locked in the first attempt and in the second: to lock all is surer, slower and seldom needed."""


def plan_delete(
    database: Database, id_: TableId, node: Node, *, part_integrity: PartIntegrity = "enforce"
) -> DeletePlan:
    """Plan to delete rows of one table and, in all schemas, everything that depends on them.

    Parameters
    ----------
    database : Database
    id_ : TableId
        The table.
    node : Node
        Its rows: the table, restricted.
    part_integrity : {'enforce', 'cascade', 'ignore'}
        What happens where rows of a part would go without the row of its master: an error, the master's row goes too
        with everything that depends on it, or nothing.

    Returns
    -------
    DeletePlan

    Raises
    ------
    IntegrityError
        For parts alone under ``'enforce'``, and where tables refer to each other in a circle.
    """
    if part_integrity not in ("enforce", "cascade", "ignore"):
        raise LabwrightError(f"part_integrity is 'enforce', 'cascade' or 'ignore', not {part_integrity!r}.")
    master = master_of(id_)
    if part_integrity == "enforce" and master is not None:
        raise IntegrityError(
            f"{id_} is a part of {master}. Nothing was deleted. {MASTERS_ADVICE.format(master=master)}"
        )
    graph = explore(database, id_, masters=part_integrity == "cascade")
    return DeletePlan(database, graph, node, part_integrity)


class DeletePlan:
    """What a deletion will do; nothing is done before `execute`.

    As a context manager it forgets at the end what it has shown.
    """

    verb = "delete"

    def __init__(
        self,
        database: Database,
        graph: CascadeGraph,
        node: Node,
        part_integrity: PartIntegrity,
    ) -> None:
        self.id = graph.root
        self.deleted: Mapping[TableId, int] = {}
        self._database = database
        self._node = node
        self._part_integrity = part_integrity
        self._shown: dict[TableId, int] | None = None
        self.owners: Mapping[TableId, Sequence[str]] = {}
        self._follow(graph)

    def _follow(self, graph: CascadeGraph) -> None:
        graph.deletion_order  # noqa: B018 - a circle is told now
        self._graph = graph
        self._steps = plan_steps(graph, key_names(self._node))  # and so is a table whose rows cannot be told apart

    def __enter__(self) -> DeletePlan:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._shown = None

    def preview(self) -> list[tuple[TableId, int]]:
        """The tables that lose rows and how many, parents first.

        What is shown binds: `execute` deletes nothing when more rows than these would go.

        Raises
        ------
        IntegrityError
            As `execute` does for parts without their masters.
        """
        if self._shown is None:
            with self._database.connection.atomic(), self._cascade("none") as cascade:
                self._prepare(cascade)
                self._shown = cascade.counts()
                self.owners = {id_: list(found) for id_, found in cascade.owners().items()}
        return [(id_, rows) for id_, rows in self._shown.items() if rows]

    def look(self) -> DeletePreview:
        """What would go; it binds nobody."""
        with self._database.connection.atomic(), self._cascade("none") as cascade:
            self._prepare(cascade)
            return preview_of(cascade.counts(), cascade.owners(), cascade.objects())

    def __str__(self) -> str:
        return counted(self.preview(), self.owners)

    def execute(self) -> int:
        """Delete the rows, all or none, and return how many of the table itself.

        How many of every table is in `deleted` afterwards. Rows that others add to the affected ones meanwhile, in
        tables that they may have made since, make the deletion start over, with more of the rows locked.

        Raises
        ------
        IntegrityError
            When rows that you may not see depend on these, or parts would lose their masters.
        AccessError
            When the database does not let you delete from one of the tables.
        """
        for lock in LOCKS:
            try:
                with telling(self._database, *filter(None, self._graph.tables.values())):
                    return self._attempt(lock)
            except (IntegrityError, LockError) as error:
                if lock == "all" or not self._may_repeat(error):
                    raise (explain(error) if is_refusal(error) else error) from error.__cause__
                self._look_again()
        raise AssertionError

    def _look_again(self) -> None:
        """Others may have made a table that refers to these."""
        self._database.forget_references()
        self._follow(explore(self._database, self.id, masters=self._part_integrity == "cascade"))

    def _attempt(self, lock: Lock) -> int:
        kept = kept_in_cascade(self._database, self.id, self._graph.tables)
        with self._database.connection.atomic(), self._cascade(lock) as cascade:
            if kept.any:
                self._database.connection.stamp()
            self._prepare(cascade)
            deleted = cascade.delete(kept.copied)
            self._compare(deleted)
        self.deleted = deleted
        return deleted[self.id]

    def _may_repeat(self, error: LabwrightError) -> bool:
        """A lost lock ends a whole transaction, so it can be repeated only where the transaction is ours."""
        if isinstance(error, IntegrityError):
            return is_refusal(error)
        return not self._database.connection.in_transaction

    def _cascade(self, lock: Lock) -> Cascade:
        """A run; one that locks everything takes the rows that are there now, and none that meet a condition later."""
        steps = plan_steps(self._graph) if lock == "all" else self._steps
        return Cascade(self._database, self._graph, steps, self._node, lock=lock)

    def _prepare(self, cascade: Cascade) -> None:
        cascade.freeze()
        if self._part_integrity == "enforce":
            cascade.check_parts()

    def _compare(self, deleted: Mapping[TableId, int]) -> None:
        """Refuse to delete what was not shown."""
        if self._shown is None:
            return
        shown = {id_: self._shown.get(id_, 0) for id_ in deleted}
        more = [f"{id_}: {n} instead of {shown[id_]}" for id_, n in deleted.items() if n > shown[id_]]
        if more:
            raise TransactionError(
                f"More rows would go than were shown, since others have added some meanwhile ({', '.join(more)}). "
                "Nothing was deleted. Look again, and repeat it."
            )


def delete_quick(database: Database, id_: TableId, node: Node) -> int:
    """Delete rows of one table alone, and return how many.

    Raises
    ------
    IntegrityError
        When rows of other tables depend on them; names one of those tables.
    """
    table = database.find(id_)
    try:
        with telling(database, table):
            if _is_simple(node) or not table.heading.primary_key:
                return _delete_directly(database, table, node)
            graph = CascadeGraph(id_, {id_: table}, ())
            return DeletePlan(database, graph, node, "ignore")._attempt("root")
    except IntegrityError as error:
        if not is_refusal(error):
            raise
        raise depending(error, id_, [child for child, _ in database.children([id_])]) from error


def _delete_directly(database: Database, table: TableDef, node: Node) -> int:
    """A condition that looks at the row alone goes into the DELETE; a table without a key has one row at most."""
    if _is_simple(node):
        condition = node.condition if isinstance(node, Restrict) else Constant(True)
    else:
        condition = Constant(database.exists(node))
    deletion, where = delete_rows(database.dialect, table, condition), rows_that(database.dialect, table, condition)
    with database.connection.atomic() if fills_itself(table.id) else nullcontext():
        forget_computed(database, table, where)
        return change_rows(database, table, deletion, where, "delete")


def _is_simple(node: Node) -> bool:
    if isinstance(node, Restrict):
        return isinstance(node.node, Source) and not _looks_elsewhere(node.condition)
    return isinstance(node, Source)


def _looks_elsewhere(condition: Condition) -> bool:
    """Whether rows of tables have to be read to tell."""
    if isinstance(condition, Negated):
        return _looks_elsewhere(condition.item)
    if isinstance(condition, AllOf | AnyOf):
        return any(map(_looks_elsewhere, condition.items))
    return isinstance(condition, InQuery)
