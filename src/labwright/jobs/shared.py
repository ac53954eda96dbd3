"""The queue of one table beside those that workers of other programs take keys from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labwright.define.job_table import job_names
from labwright.jobs.job import Job, Refreshed, WorkerId
from labwright.jobs.peers import PAUSE, Peers, find_peers
from labwright.jobs.queue import LOST, Queue
from labwright.query import expr
from labwright.query.conditions import AndList, make_condition
from labwright.query.expr import Node
from labwright.sql.peer_jobs import Entry
from labwright.sql.statement import Statement

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Key = Mapping[str, Any]


class SharedQueue(Queue):
    """A queue whose claims hold for workers of other programs as well, where such keep tables of jobs.

    Parameters
    ----------
    table : AutoPopulate
    """

    def __init__(self, table: AutoPopulate) -> None:
        super().__init__(table)
        self._peers: Peers | None = None

    @property
    def peers(self) -> Peers:
        """The others' tables of jobs."""
        if self._peers is None:
            self._peers = find_peers(self.table.db, self.table_def, self.table)
        return self._peers

    def refresh(
        self,
        *restrictions: Any,
        priority: int | None = None,
        delay: float = 0.0,
        stale_timeout: float | None = None,
    ) -> Refreshed:
        """The same, after looking at what has become of keys elsewhere."""
        self._peers = None  # others may have come meanwhile
        if self.peers:
            self._agree()
        return super().refresh(*restrictions, priority=priority, delay=delay, stale_timeout=stale_timeout)

    def _agree(self) -> None:
        """Try again what was cleared elsewhere, and let nothing be held there that nobody here has."""
        failed = self._keys("error")
        for (key, message), said in zip(failed, self.peers.known([key for key, _ in failed]), strict=True):
            if not said:
                super().reset(key)
            elif "ours" in said:
                self.peers.failed(key, message, "")
        held = self.peers.held()
        if held:
            here = [key for key, _ in self._keys("reserved", held)]
            self.peers.let_go(key for key in held if key not in here)

    def _keys(self, status: str, among: Sequence[Key] | None = None) -> list[tuple[dict[str, Any], str]]:
        """The keys of jobs of one status, and the messages of their errors."""
        jobs = self._jobs()
        names = job_names(jobs.key)
        given = AndList([{names["status"]: status}, *([] if among is None else [list(among)])])
        return self._read(expr.restrict(jobs.source, make_condition(jobs.table.heading, given)))

    def _read(self, node: Node) -> list[tuple[dict[str, Any], str]]:
        jobs, database = self._jobs(), self.table.db
        message = job_names(jobs.key)["error_message"]
        statement, plan = database.query(node, [*jobs.key, message])
        rows = plan.dicts(database.look_up(statement))
        return [({n: row[n] for n in jobs.key}, row[message]) for row in rows]

    def claim(
        self,
        worker: WorkerId,
        limit: int,
        *,
        lease: float,
        restrictions: Sequence[Any] = (),
        attempts: int = LOST,
        priority: int | None = None,
    ) -> list[Job]:
        """The same, but for keys that somebody holds elsewhere."""
        more: Any = {"lease": lease, "restrictions": restrictions, "attempts": attempts, "priority": priority}
        while jobs := super().claim(worker, limit, **more):
            mine = self._reserved(worker, jobs) if self.peers else jobs
            if mine:
                return mine
        return []

    def _reserved(self, worker: WorkerId, jobs: Sequence[Job]) -> list[Job]:
        """Those of the jobs that could be reserved elsewhere too, and were not computed before."""
        mine = []
        for job in jobs:
            held = self.peers.take(job.key, worker)
            if held is None:
                mine.append(job)
            else:
                self._give_way(job, held)
        there = self._there(mine)
        for job in mine:
            if self._ident(job.key) in there:
                self.finish(job)
        return [job for job in mine if self._ident(job.key) not in there]

    def _give_way(self, job: Job, held: Entry) -> None:
        """Leave a job to whom it belongs elsewhere."""
        if held.status == "error":
            super().fail(job, held.message, held.stack)
        elif held.status == "ignore":
            super().ignore(job.key)
        else:
            super().release([job], PAUSE)

    def _there(self, jobs: Sequence[Job]) -> set[tuple[Any, ...]]:
        """The keys that have rows: others say that they are done with a key once these are stored."""
        keys = [{n: job.key[n] for n in self._named} for job in jobs]
        rows = (type(self.table)() & keys).proj().to_dicts() if keys else []
        return {self._ident(row) for row in rows}

    @property
    def _named(self) -> list[str]:
        own = self.table.primary_key
        return [n for n in self._jobs().key if n in own]

    def _ident(self, key: Key) -> tuple[Any, ...]:
        return tuple(key[n] for n in self._named)

    def closing(self, keys: Sequence[Key]) -> list[Statement]:
        """What is to be run in the transaction that stores the results of keys."""
        return self.peers.done(keys)

    def finish(self, job: Job) -> None:
        """Say that a job is done, whose rows somebody else has stored."""
        connection = self.table.db.connection
        with connection.transaction:
            fence = self.fence(job).statement
            if connection.execute(fence.sql, fence.params, write=True).rowcount:
                self.finish_elsewhere(job.key)

    def finish_elsewhere(self, key: Key) -> None:
        """Let others know that a key is done."""
        for statement in self.closing([key]):
            self.table.db.connection.execute(statement.sql, statement.params, write=True)

    def fail(self, job: Job, message: str, stack: str, *, retry_in: float | None = None) -> bool:
        """The same, elsewhere as well."""
        if not self.peers:
            return super().fail(job, message, stack, retry_in=retry_in)
        with self.table.db.connection.transaction:
            ours = super().fail(job, message, stack, retry_in=retry_in)
            if ours and retry_in is None:
                self.fail_elsewhere(job.key, message, stack)
            elif ours:
                self.peers.let_go([job.key])
        return ours

    def fail_elsewhere(self, key: Key, message: str, stack: str) -> None:
        """Let others know that a key failed."""
        self.peers.failed(key, message, stack)

    def release(self, jobs: Collection[Job], delay: float = 0.0) -> int:
        """The same, elsewhere as well."""
        if not self.peers:
            return super().release(jobs, delay)
        return sum(self._release(job, delay) for job in jobs)

    def _release(self, job: Job, delay: float) -> int:
        with self.table.db.connection.transaction:
            count = super().release([job], delay)
            if count:
                self.peers.let_go([job.key])
        return count

    def ignore(self, *keys: Key) -> None:
        """The same, elsewhere as well."""
        super().ignore(*keys)
        for key in keys:
            self.peers.ignore(key)

    def reset(self, *restrictions: Any) -> int:
        """The same, elsewhere as well."""
        if self.peers:
            jobs = self._jobs()
            chosen = self._condition(jobs.table.heading, restrictions)
            self.forget(jobs.source if chosen is None else expr.restrict(jobs.source, chosen))
        return super().reset(*restrictions)

    def forget(self, jobs: Node) -> None:
        """Let others forget which of some jobs failed, or are to be ignored."""
        if self.peers:
            status = job_names(self._jobs().key)["status"]
            stuck = make_condition(jobs.heading, [{status: "error"}, {status: "ignore"}])
            self.peers.clear(key for key, _ in self._read(expr.restrict(jobs, stuck)))
