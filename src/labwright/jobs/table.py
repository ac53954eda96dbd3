"""``Table.jobs``: the queue of a table as people see it, ask it and change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import DataError, MissingAttributeError
from labwright.core.generation import Generation
from labwright.define.job_table import MAX_MESSAGE, job_names
from labwright.define.table import TableId
from labwright.jobs.job import WorkerId
from labwright.jobs.key_source import missing_keys, restricted_source
from labwright.jobs.queue import MAX_STACK, shortened
from labwright.jobs.shared import SharedQueue
from labwright.jobs.upstream import refuse_jobs_within_make
from labwright.query import expr
from labwright.query.expr import Node
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.dialect import Fragment
from labwright.sql.dml import delete_rows
from labwright.sql.job_states import counts, counts_with, drop_jobs, finish, give_up, take_back, workers
from labwright.sql.jobs import EVERYTHING, Jobs
from labwright.tables.project import Project
from labwright.tables.query import QueryExpression

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

BY_HAND: Final = 86400.0
"""Seconds for which `JobTable.reserve` holds a key, since nobody renews the lease."""
_STATES: Final = ("pending", "reserved", "success", "error", "ignore")


@dataclass(frozen=True, slots=True)
class TableProgress:
    """How far a table is.

    Parameters
    ----------
    total : int
        Keys of the key source.
    remaining : int
        Those that have no rows.
    pending : int
        Jobs that may be claimed.
    scheduled : int
        Jobs that wait for their time.
    reserved, success, error, ignore : int
        Jobs of that status.

    Examples
    --------
    >>> TableProgress(total=5, remaining=2, error=1).done
    3
    """

    total: int
    remaining: int
    pending: int = 0
    scheduled: int = 0
    reserved: int = 0
    success: int = 0
    error: int = 0
    ignore: int = 0

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> TableProgress:
        """What the database counts: names of numbers and states, how many, and how many of these wait."""
        found = {str(name): (int(n), int(waits)) for name, n, waits in rows}
        waits = sum(waits for _, waits in found.values())
        counts = {name: n for name, (n, _) in found.items()}
        return cls(**counts | {"pending": counts.get("pending", 0) - waits, "scheduled": waits})

    @property
    def done(self) -> int:
        """Keys that have rows."""
        return self.total - self.remaining


@dataclass(frozen=True, slots=True)
class RunningWorker:
    """A worker that holds jobs.

    Parameters
    ----------
    worker : str
        New for each start.
    host : str
    pid : int
    user, engine_job : str
    jobs : int
        How many it holds.
    lease_left : float
        Seconds until its last lease ends unless it is renewed; negative when it has given no sign of life for longer.
    progress : float or None
        From 0 to 1, where make tells it.

    Examples
    --------
    >>> print(RunningWorker("5f0e", "node7", 4711, "ana", "slurm 12_3", 4, 41.6, 0.5))
    ana on node7 (process 4711, slurm 12_3) has 4 keys, 50% done; its lease goes for 42 s more
    """

    worker: str
    host: str
    pid: int
    user: str
    engine_job: str
    jobs: int
    lease_left: float
    progress: float | None

    def __str__(self) -> str:
        engine = f", {self.engine_job}" if self.engine_job else ""
        done = "" if self.progress is None else f", {100 * self.progress:.0f}% done"
        left = (
            f"goes for {self.lease_left:.0f} s more" if self.lease_left > 0 else f"ended {-self.lease_left:.0f} s ago"
        )
        keys = "1 key" if self.jobs == 1 else f"{self.jobs:,} keys"
        return f"{self.user} on {self.host} (process {self.pid}{engine}) has {keys}{done}; its lease {left}"


class JobTable(QueryExpression):
    """The jobs of a table that fills itself: a query like any other, and what can be done to them.

    Parameters
    ----------
    target : AutoPopulate
        The table that is filled.

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
    ...             raise ValueError("no scales")
    ...     Mouse.insert([(1,), (2,)])
    ...     isinstance(Weight.jobs, lw.JobTable), Weight.jobs.refresh()["added"]
    ...     _ = Weight.populate("mouse = 1", reserve_jobs=True, suppress_errors=True)
    ...     Weight.jobs.errors.proj("error_message").to_dicts()
    ...     Weight.jobs.errors.reset()
    (True, 2)
    [{'mouse': 1, 'error_message': 'ValueError: no scales'}]
    1
    """

    def __init__(
        self, target: AutoPopulate, node: Node | None = None, operands: Iterable[QueryExpression] = ()
    ) -> None:
        self._target: AutoPopulate = type(target)()
        self._queue = SharedQueue(self._target)
        self._restricted = node
        self._operands = tuple(operands)

    @property
    def target(self) -> AutoPopulate:
        """The table that is filled."""
        return self._target

    @property
    def queue(self) -> SharedQueue:
        """From which workers take keys."""
        return self._queue

    @property
    def id(self) -> TableId:
        """Schema and table name."""
        return self._queue.table_def.id

    @property
    def table_name(self) -> str:
        """The name of the table in the database."""
        return self.id.name

    @property
    def is_declared(self) -> bool:
        """Whether the table is in the database; it is made when it is first needed."""
        return self.id.name in table_names(self.db.connection, self.db.dialect, self.id.schema)

    def query_node(self) -> Node:
        """The algebra node behind this expression."""
        if self._restricted is not None:
            return self._restricted
        table = self._queue.table_def
        return expr.Source(table.id.schema, table.id.name, table.heading)

    @property
    def sources(self) -> tuple[QueryExpression, ...]:
        """The tables whose rows this reads."""
        return (self,) if self._restricted is None else (JobTable(self._target), *self._operands)

    @property
    def identity(self) -> object:
        """What is the same for all expressions that read the same table."""
        return JobTable, type(self._target)

    @property
    def generation(self) -> Generation:
        """Which generation of the language the operators speak."""
        return self._target.generation

    @property
    def project(self) -> Project:
        """The project that the table belongs to."""
        return self._target.project

    @property
    def db(self) -> Database:
        """The database that holds the rows."""
        return self._target.db

    def ready(self) -> None:
        """Look whether the table is there; it is made when there is something to keep in it."""
        self._queue.look()
        for operand in self._operands:
            operand.ready()

    def derive(self, node: Node, *operands: Any) -> QueryExpression:
        """Some of the jobs are jobs still, so that they can be reset or deleted."""
        if isinstance(node, expr.Source):  # a condition that all meet
            return self
        if isinstance(node, expr.Restrict) and isinstance(node.node, expr.Source):
            others = [s for s in self.sources_with(operands) if s.identity != self.identity]
            return JobTable(self._target, node, others)
        return super().derive(node, *operands)

    @property
    def names(self) -> Mapping[str, str]:
        """What the attributes of jobs are called beside those of the key."""
        return job_names(self._queue.table_def.heading.primary_key)

    def _in_state(self, status: str) -> JobTable:
        found = self & {self.names["status"]: status}
        assert isinstance(found, JobTable)
        return found

    @property
    def pending(self) -> JobTable:
        """Jobs that nobody has begun, or that are to be tried again; also those that wait for their time."""
        return self._in_state("pending")

    @property
    def scheduled(self) -> JobTable:
        """Pending jobs that wait for their time."""
        found = self.pending & f"{self.names['scheduled_time']} >= utc_timestamp() + interval 1 second"
        assert isinstance(found, JobTable)
        return found

    @property
    def reserved(self) -> JobTable:
        """Jobs that a worker has."""
        return self._in_state("reserved")

    @property
    def errors(self) -> JobTable:
        """Jobs that failed and are not tried again by themselves."""
        return self._in_state("error")

    @property
    def ignored(self) -> JobTable:
        """Jobs that nobody is to do."""
        return self._in_state("ignore")

    @property
    def completed(self) -> JobTable:
        """Jobs that succeeded; these are kept with the setting ``jobs.keep_completed`` alone."""
        return self._in_state("success")

    def refresh(
        self,
        *restrictions: Any,
        delay: float = 0,
        priority: int | None = None,
        stale_timeout: float | None = None,
        orphan_timeout: float | None = None,
    ) -> dict[str, int]:
        """Bring in new keys, and remove jobs whose keys are not to be computed any more.

        Parameters
        ----------
        *restrictions : conditions
            Only keys that meet all of them are brought in.
        delay : float
            Seconds before which the new jobs are not claimed.
        priority : int, optional
            Of the new jobs; lower goes first.
        stale_timeout : float, optional
            0 leaves waiting jobs whose keys have gone; by default as ``jobs.stale_timeout`` says.
        orphan_timeout : float, optional
            Take jobs back that were reserved so many seconds ago or more. Those of workers that died come back by
            themselves when their leases end.

        Returns
        -------
        dict
            ``added``, ``removed``, ``orphaned``, and ``re_pended``: completed ones whose rows were deleted since.
        """
        orphaned = 0
        if orphan_timeout is not None and orphan_timeout > 0:
            orphaned = self._queue.change(lambda jobs: take_back(jobs, orphan_timeout))
        again = self._count_undone(restrictions)
        done = self._queue.refresh(*restrictions, priority=priority, delay=delay, stale_timeout=stale_timeout)
        return {
            "added": done.added - again,
            "removed": done.removed - again,
            "orphaned": orphaned,
            "re_pended": again,
        }

    def _count_undone(self, restrictions: Iterable[Any]) -> int:
        """How many completed jobs are to be done again, since their rows are gone."""
        if not self.project.config["jobs.keep_completed"]:
            return 0
        gone = missing_keys(self._target, restricted_source(self._target, restrictions))
        return len(JobTable(self._target).completed.restrict(gone, semantic_check=False))

    def _job_of(self, key: Mapping[str, Any]) -> JobTable:
        """The job of one key."""
        heading = self._queue.table_def.heading
        missing = [n for n in heading.primary_key if key.get(n) is None]
        if missing:
            raise MissingAttributeError(
                f"A key of {self.id} needs a value for {', '.join(map(repr, missing))}. Given: {dict(key)}."
            )
        found = JobTable(self._target) & {n: key[n] for n in heading.primary_key}
        assert isinstance(found, JobTable)
        return found

    def _meaning(self, jobs: Jobs) -> Fragment:
        node = self.query_node()
        return jobs.where(node.condition) if isinstance(node, expr.Restrict) else EVERYTHING

    def reserve(self, key: Mapping[str, Any]) -> bool:
        """Take a key, for code that computes without `populate`; `complete` or `error` has to follow within a day.

        Returns
        -------
        bool
            False when there is no pending job for it.
        """
        refuse_jobs_within_make(f"{self._called}.jobs")
        only = self._job_of(key)
        condition = {n: key[n] for n in only.primary_key}
        return bool(self._queue.claim(WorkerId.new(), 1, lease=BY_HAND, restrictions=[condition]))

    def complete(self, key: Mapping[str, Any], duration: float | None = None) -> None:
        """Say that a key is computed, whoever has it.

        Parameters
        ----------
        key : mapping
        duration : float, optional
            Seconds; by default since it was reserved.
        """
        refuse_jobs_within_make(f"{self._called}.jobs")
        only, keep = self._job_of(key), bool(self.project.config["jobs.keep_completed"])
        self._queue.change(lambda jobs: finish(jobs, only._meaning(jobs), duration, keep=keep))
        self._queue.finish_elsewhere(key)

    def error(self, key: Mapping[str, Any], error_message: str, error_stack: str | None = None) -> None:
        """Say that a key failed, whoever has it.

        Parameters
        ----------
        key : mapping
        error_message : str
        error_stack : str, optional
            The traceback.

        Raises
        ------
        DataError
            When there is no job for it.
        """
        refuse_jobs_within_make(f"{self._called}.jobs")
        only, message = self._job_of(key), shortened(error_message, MAX_MESSAGE)
        stack = None if error_stack is None else shortened(error_stack, MAX_STACK)
        if not self._queue.change(lambda jobs: give_up(jobs, only._meaning(jobs), message, stack)):
            raise DataError(
                f"There is no job for {dict(key)} in {self.id}. Jobs come in by {self._called}.jobs.refresh()."
            )
        self._queue.fail_elsewhere(key, message, stack or "")

    def ignore(self, key: Mapping[str, Any]) -> None:
        """Let nobody compute a key, whether there is a job for it or not."""
        refuse_jobs_within_make(f"{self._called}.jobs")
        self._queue.ignore(key)

    def reset(self) -> int:
        """Let those of these jobs that failed or are ignored be done after all; return how many."""
        refuse_jobs_within_make(f"{self._called}.jobs")
        if not self.is_declared:
            return 0
        self._queue.forget(self.query_node())
        return self._queue.change(lambda jobs: jobs.reset(self._meaning(jobs)))

    def delete(self) -> int:
        """Remove these jobs, without asking; return how many. `refresh` brings in what is still to be computed."""
        refuse_jobs_within_make(f"{self._called}.jobs")
        if not self.is_declared:
            return 0
        self.ready()
        node = self.query_node()
        self._queue.forget(node)
        if not isinstance(node, expr.Restrict):
            return self._queue.change(lambda jobs: finish(jobs, EVERYTHING, None, keep=False))
        return self._queue.change(lambda jobs: delete_rows(jobs.dialect, jobs.table, node.condition))

    delete_quick = delete

    def drop(self) -> None:
        """Drop the table of jobs, without asking. It is made anew when it is needed."""
        drop_jobs(self.db.connection, self.db.dialect, self.id)
        self.db.derived.pop(self.id, None)

    drop_quick = drop

    def progress(self) -> dict[str, int]:
        """How many jobs there are of each status, and in all."""
        found = dict.fromkeys(_STATES, 0)
        if self.is_declared:
            rows = self._queue.run(lambda jobs: self.db.look_up(counts(jobs)))
            found |= {str(status): int(n) for status, n, _ in rows}
        return {**found, "total": sum(found.values())}

    def counts(self) -> TableProgress:
        """How many keys there are in all, without rows, and in each state of the queue: one query."""
        self._target.ready()
        wanted = restricted_source(self._target, ())
        count = self.db.statements.count
        total, remaining = (count(q.query_node()) for q in (wanted, missing_keys(self._target, wanted)))
        if self.is_declared:
            rows = self._queue.run(lambda jobs: self.db.look_up(counts_with(jobs, total, remaining)))
        else:
            rows = self.db.look_up(counts_with(None, total, remaining))
        return TableProgress.of(rows)

    def workers(self) -> list[RunningWorker]:
        """Who holds jobs now, those that are not heard of any more among them."""
        if not self.is_declared:
            return []
        rows = self._queue.run(lambda jobs: self.db.look_up(workers(jobs)))
        return [
            RunningWorker(
                worker, host, int(pid), user, engine, int(count), float(left), None if p is None else float(p)
            )
            for worker, host, pid, user, engine, count, left, p in rows
        ]

    @property
    def _called(self) -> str:
        return type(self._target).__name__


__all__ = ["JobTable", "RunningWorker", "TableProgress"]
