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

import random
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final

from labwright.core.errors import IntegrityError, LabwrightError, LockError, TransactionError
from labwright.define.table import TableDef, TableId
from labwright.query.conditions import AllOf, AnyOf, Condition, Constant, InQuery, Negated
from labwright.query.expr import Node, Restrict, Source
from labwright.sql.database import Database
from labwright.sql.dml import delete_rows
from labwright.tables.cascade_drop import DropPlan, drop_quick, plan_drop, plan_drop_schema
from labwright.tables.cascade_plan import CascadeGraph, PartIntegrity, Step, explore, master_of, plan_steps
from labwright.tables.cascade_run import MASTERS_ADVICE, Cascade, explain
from labwright.tables.cascade_table import confirm, counted

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

LOCKS: Final = ("root", "all", "all")
"""Whose rows are locked in each attempt: locking all of them is sure to succeed, and is seldom needed."""


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
    return DeletePlan(database, graph, plan_steps(graph), node, part_integrity)


class DeletePlan:
    """What a deletion will do; nothing is done before `execute`.

    As a context manager it forgets at the end what it has shown.
    """

    verb = "delete"

    def __init__(
        self,
        database: Database,
        graph: CascadeGraph,
        steps: tuple[Step, ...],
        node: Node,
        part_integrity: PartIntegrity,
    ) -> None:
        graph.deletion_order  # noqa: B018 - a circle is told now
        self.id = graph.root
        self.deleted: Mapping[TableId, int] = {}
        self._database = database
        self._graph = graph
        self._steps = steps
        self._node = node
        self._part_integrity = part_integrity
        self._shown: dict[TableId, int] | None = None

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
        return [(id_, rows) for id_, rows in self._shown.items() if rows]

    def __str__(self) -> str:
        return counted(self.preview())

    def execute(self) -> int:
        """Delete the rows, all or none, and return how many of the table itself.

        How many of every table is in `deleted` afterwards. Rows that others add to the affected ones meanwhile make the
        deletion start over, with more of the rows locked.

        Raises
        ------
        IntegrityError
            When rows that you may not see depend on these, or parts would lose their masters.
        AccessError
            When the database does not let you delete from one of the tables.
        """
        attempts = iter(LOCKS)
        while True:
            lock = next(attempts)
            try:
                self.deleted = self._delete(lock)
            except (_Refused, LockError) as error:
                self._give_up(error, last=lock == LOCKS[-1] and not list(attempts))
            else:
                return self.deleted[self.id]

    def _give_up(self, error: LabwrightError, *, last: bool) -> None: ...
