"""Where a worker works: the queue of one table, and all that it takes to compute its keys."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from labwright.core.errors import LabwrightError
from labwright.jobs.code import code_of
from labwright.jobs.heartbeat import Heartbeat
from labwright.jobs.job import Job, WorkerId
from labwright.jobs.key_source import has_default_source, restricted_source
from labwright.jobs.make import Attempt, Maker
from labwright.jobs.outcome import Outcome
from labwright.jobs.patience import backoff, never, passes, patiently
from labwright.jobs.provenance import Provenance, version_of
from labwright.jobs.queue import LOST
from labwright.jobs.runner import Runner, Task
from labwright.jobs.shared import SharedQueue
from labwright.sql.statement import Statement

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

T = TypeVar("T")
logger = logging.getLogger(__name__)
LEASE: Final = 60.0
POLL: Final = 1.0
"""Seconds between looks for new keys, at least."""
SELDOM: Final = 20
"""So many times longer than a look takes nobody looks again."""
LONG: Final = 0.05
"""Seconds of computing after which it is worth telling the tables that go on from there at once."""
BATCH: Final = 1.0
"""Seconds of work that are claimed at once."""
MOST: Final = 500
"""Keys that are claimed at once at most."""
RETURN: Final = 5.0
"""Seconds in which it is tried to give back what was not computed, which is free anyway when its lease is over."""


@dataclass
class Limit:
    """How many more times make may be called."""

    left: int | None = None

    def of(self, wanted: int) -> int:
        """As many as wanted, or as many as are left."""
        return wanted if self.left is None else min(wanted, self.left)

    def spend(self, count: int) -> None:
        """Count calls."""
        if self.left is not None:
            self.left -= count


@dataclass
class Post:
    """Where a worker works: the queue of one table, and all that it takes to compute its keys.

    Parameters
    ----------
    table : AutoPopulate
    worker : WorkerId
    heart : Heartbeat
    limit : Limit
    restrictions : sequence of conditions
    make_kwargs : mapping
    lease : float
    stopping : callable
        Asked between keys whether to stop.
    priority : int, optional
        Of new jobs; only these are claimed, and those that go before them.
    """

    table: AutoPopulate
    worker: WorkerId
    heart: Heartbeat
    limit: Limit
    restrictions: Sequence[Any] = ()
    make_kwargs: Mapping[str, Any] = field(default_factory=dict)
    lease: float = LEASE
    stopping: Callable[[], bool] = never
    priority: int | None = None

    def __post_init__(self) -> None:
        self.queue = SharedQueue(self.table)
        if version_of(self.table) == "git":
            self.worker = replace(self.worker, version=code_of(type(self.table)).version)
        self._maker = Maker(self.table, self.make_kwargs)
        self._maker.timed = self.heart.given
        self._runner = Runner(self._maker, closing=self._closing)
        self._provenance = Provenance(self.table, self.worker, self.worker.engine)
        self._held: dict[tuple[Any, ...], Job] = {}
        self._at_once = 1
        self._unsure = False
        self._tries: list[float] = []
        self._next_look = 0.0
        self.children: list[Post] = []

    def insist(self, wanted: bool) -> None:
        """Take it for an error that a make leaves a key without rows, also where older code may."""
        self._maker.must_insert |= wanted

    def refresh(self, *, now: bool) -> None:
        """Bring new keys into the queue: `now`, or when it is time to look for some again.

        What takes long is done seldom, since any number of workers do it.
        """
        began = time.monotonic()
        if now or began >= self._next_look:
            self._patiently(lambda: self.queue.refresh(*self.restrictions, priority=self.priority))
            self._next_look = time.monotonic() + max(POLL, SELDOM * (time.monotonic() - began))

    def feeds(self, other: Post) -> bool:
        """Whether keys of `other` come of the rows of this table, by the references alone."""
        default = has_default_source(type(other.table))
        parents = {fk.parent for fk in other.table.table_def.foreign_keys}
        return default and self.table.id in parents and set(self.table.primary_key) <= set(other.table.primary_key)

    def work(self) -> Iterator[Outcome]:
        """Compute what can be claimed, until there is nothing left."""
        while not self.stopping() and self.limit.of(1):
            jobs = self._patiently(self._claim)
            if not jobs:
                return
            began = time.perf_counter()
            yield from self._batch(jobs)
            self._pace(len(jobs), time.perf_counter() - began, suspect=jobs[0].attempt > 1)

    def _patiently(self, call: Callable[[], T]) -> T:
        return patiently(call, stopping=self.stopping)

    def _claim(self) -> list[Job]:
        if self._unsure:
            self.queue.give_back(self.worker)
        self._unsure = True
        limit = self.limit.of(self._at_once)
        jobs = self._but_one_suspect(
            self.queue.claim(
                self.worker, limit, lease=self.lease, restrictions=self.restrictions, priority=self.priority
            )
        )
        self._unsure = False
        return jobs

    def _but_one_suspect(self, jobs: list[Job]) -> list[Job]:
        """Give back keys that may have ended a worker, but for one by itself: no other is lost, and blamed, with it."""
        fresh, suspects = [j for j in jobs if j.attempt == 1], [j for j in jobs if j.attempt > 1]
        kept, others = (fresh, suspects) if fresh else (jobs[:1], jobs[1:])
        self.queue.release(others)
        return kept

    def _pace(self, count: int, seconds: float, *, suspect: bool) -> None:
        """Claim as many at once as take about a second; go up gently, since keys differ."""
        fitting = 1 if suspect else int(BATCH * count / max(seconds, 1e-6))
        self._at_once = max(1, min(MOST, 4 * self._at_once, fitting))

    def _batch(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        self._held.update((tuple(job.key.values()), job) for job in jobs)
        self.limit.spend(len(jobs))
        try:
            self.heart.hold(self.queue, jobs)
            self._patiently(self._provenance.ensure)
            for task in self._tasks(jobs):
                yield from self._settled(self._runner.run(task))
            yield from self._settled(self._runner.flush())
        finally:
            self._release()

    def _tasks(self, jobs: Sequence[Job]) -> Iterator[Task]:
        size = len(jobs) if self._maker.takes_many else 1
        for start in range(0, len(jobs), size):
            ours = [job for job in jobs[start : start + size] if self.heart.holds(self.queue, job)]
            if self.stopping():
                return
            if ours:
                yield Task(tuple(j.key for j in ours), tuple(map(self.queue.fence, ours)))

    def _settled(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            job = self._held[tuple(outcome.key.values())]
            settled: Outcome = self._patiently(lambda job=job, outcome=outcome: self._settle(job, outcome))  # type: ignore[misc]  # bound now
            del self._held[tuple(outcome.key.values())]
            self.heart.drop(self.queue, job)
            yield settled

    def _settle(self, job: Job, outcome: Outcome) -> Outcome:
        """Note in the queue what became of a job; what is stored has been noted with that."""
        if outcome.state == "error":
            outcome = self._reconsidered(job, outcome)
        if outcome.state == "skipped":
            self.queue.finish(job)
        elif outcome.state == "error":
            self.queue.fail(job, outcome.message, outcome.stack)
        elif outcome.state == "retry":
            return self._try_again(job, outcome)
        elif outcome.duration > LONG:
            for child in self.children:
                child.queue.enter(*child.restrictions, dict(job.key), priority=child.priority)
        return outcome

    def _reconsidered(self, job: Job, outcome: Outcome) -> Outcome:
        """What an error is where its key is gone, or was and is back: it is no wonder then that it failed."""
        if self._is_gone(job):
            return replace(outcome, state="skipped", error=None)
        back = outcome.error is not None and self._maker.is_overtaken(outcome.error)
        return replace(outcome, state="retry") if back else outcome

    def _is_gone(self, job: Job) -> bool:
        """Whether there is nothing to compute any more."""
        return not restricted_source(self.table, [dict(job.key)])

    def _try_again(self, job: Job, outcome: Outcome) -> Outcome:
        pause = backoff(job.attempt) if job.attempt < LOST else None
        self.queue.fail(job, outcome.message, outcome.stack, retry_in=pause)
        if pause is None:
            return outcome.given_up()
        self._tries.append(time.monotonic() + pause)
        return outcome

    def next_try(self) -> float | None:
        """Seconds until what failed here for no fault of the code is tried again."""
        self._tries = [t for t in self._tries if t > time.monotonic() - 1.0]
        return max(0.0, min(self._tries) - time.monotonic()) if self._tries else None

    def due_in(self) -> float | None:
        """Seconds until any job may be claimed, also one that another worker holds now."""
        return self._patiently(lambda: self.queue.due_in(self.restrictions, self.priority))

    def _release(self) -> None:
        """Give back what was not computed: somebody else may have it at once."""
        jobs = list(self._held.values())
        self._held.clear()
        for job in jobs:
            self.heart.drop(self.queue, job)
        if not jobs:
            return
        self.limit.spend(-len(jobs))
        try:
            patiently(lambda: self.queue.release(jobs), RETURN)
        except LabwrightError as error:
            if not passes(error):
                raise
            logger.warning(
                "others have to wait for the leases of %d keys: %s", len(jobs), error, extra={"action": "worker"}
            )

    def _closing(self, attempt: Attempt) -> Sequence[Statement]:
        return [*self.queue.closing(attempt.keys), *self._provenance.closing(attempt)]
