"""How far many tables are, asked in few statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from labwright.jobs.key_source import missing_keys, restricted_source
from labwright.jobs.table import JobTable, TableProgress
from labwright.sql.declare import table_names
from labwright.sql.job_states import counts_with, side_by_side
from labwright.sql.statement import Statement

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

BATCH: Final = 50
"""Tables that are counted by one statement: databases limit how much may be in one."""


def progress_of(*tables: Any) -> list[TableProgress]:
    """How far tables are that fill themselves, as ``Table.jobs.counts()`` says it of one: a statement for each fifty.

    Parameters
    ----------
    *tables : table classes or instances
        Of one project, which fill themselves.

    Returns
    -------
    list of TableProgress
        One for each table, in their order.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Weight(lw.Computed):
    ...         definition = "-> Mouse"
    ...         def make(self, key):
    ...             self.insert1(key)
    ...     Mouse.insert([(1,), (2,), (3,)])
    ...     _ = Weight.populate("mouse < 3")
    ...     [(found.done, found.total) for found in lw.progress_of(Weight)]
    [(2, 3)]
    """
    found = [table() if isinstance(table, type) else table for table in tables]
    declared = {s: _names(t) for s, t in {t.database: t for t in found}.items()}
    counting = [_counting(t, JobTable(t).table_name in declared[t.database]) for t in found]
    counted: list[TableProgress] = []
    for start in range(0, len(found), BATCH):
        counted += _ask(found[start].db, counting[start : start + BATCH])
    return counted


def _names(table: AutoPopulate) -> set[str]:
    table.ready()
    return table_names(table.db.connection, table.db.dialect, table.database)


def _counting(table: AutoPopulate, has_jobs: bool) -> Statement:
    """The statement that counts for one table."""
    table.ready()
    wanted, count = restricted_source(table, ()), table.db.statements.count
    total, remaining = (count(q.query_node()) for q in (wanted, missing_keys(table, wanted)))
    if not has_jobs:
        return counts_with(None, total, remaining)
    return table.jobs.queue.run(lambda jobs: counts_with(jobs, total, remaining))


def _ask(database: Any, counting: Sequence[Statement]) -> list[TableProgress]:
    """Many of them in one."""
    found: list[list[tuple[Any, ...]]] = [[] for _ in counting]
    for place, *row in database.look_up(side_by_side(counting)):
        found[place].append(tuple(row))
    return [TableProgress.of(rows) for rows in found]


__all__ = ["progress_of"]
