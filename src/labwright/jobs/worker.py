"""A worker: takes keys from the queues of tables, computes them, and stores what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal

from labwright.jobs.engines.here import engine_job
from labwright.jobs.heartbeat import Heartbeat
from labwright.jobs.job import WorkerId
from labwright.jobs.key_source import fitting, lasting
from labwright.jobs.order import WorkOrder
from labwright.jobs.outcome import Outcome
from labwright.jobs.patience import never
from labwright.jobs.post import LEASE, POLL, Limit, Post
from labwright.jobs.report import WorkReport, portable_error
from labwright.jobs.signals import stoppable
from labwright.jobs.work_log import WorkLog

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Until = Literal["claimed", "empty", "stopped"]


class Worker:
    """Fills tables, in the order of their dependencies, by taking keys from their queues.

    Parameters
    ----------
    tables : sequence of AutoPopulate
        Parents before children.
    restrictions : sequence of conditions
        Only keys that meet all of them; of several tables those that have the attributes.
    max_calls : int, optional
        How many times make is called at most.
    make_kwargs : mapping, optional
        More arguments for make.
    lease : float, optional
        Seconds that claims hold without a sign of life.
    refreshes : bool
        Whether new keys are looked for.
    engine, engine_job : str
        What has started it, and what that calls it.
    apart : bool
        Whether a process of its own renews leases as well.
    stopping : callable, optional
        Asked between keys whether to stop.
    """

    def __init__(
        self,
        tables: Sequence[AutoPopulate],
        *,
        restrictions: Sequence[Any] = (),
        max_calls: int | None = None,
        make_kwargs: Mapping[str, Any] | None = None,
        lease: float | None = None,
        refreshes: bool = True,
        priority: int | None = None,
        engine: str = "",
        engine_job: str = "",
        apart: bool = False,
        stopping: Callable[[], bool] = never,
    ) -> None:
        restrictions = lasting(restrictions)
        self.id = WorkerId.new(engine_job, engine=engine)
        self._refreshes = refreshes
        self._stopping = stopping
        self._limit = Limit(max_calls)
        self._heart = Heartbeat(self.id, lease or LEASE, apart=apart)
        self._posts = [
            Post(
                table,
                self.id,
                self._heart,
                self._limit,
                fitting(table, restrictions) if len(tables) > 1 else restrictions,
                make_kwargs or {},
                lease or LEASE,
                stopping,
                priority,
            )
            for table in tables
        ]
        for post in self._posts:
            post.children = [other for other in self._posts if other is not post and post.feeds(other)]

    def run(self, until: Until = "empty") -> Generator[Outcome, None, None]:
        """Yield what became of each key.

        Parameters
        ----------
        until : {'claimed', 'empty', 'stopped'}
            Until nothing can be claimed now; or until nobody has anything to do any more, as workers may be lost
            whose keys come back; or for ever.
        """
        for post in self._posts:
            post.insist(until != "claimed")
        with self._heart.beating():
            looks = True
            while not self._stopping() and self._limit.of(1):
                busy = False
                for outcome in self._round(looks):
                    busy = True
                    yield outcome
                if until == "empty" and (busy or not looks):
                    looks = not busy  # for keys that came of others meanwhile, before it is said that there are none
                elif not self._waits(until):
                    return
                else:
                    looks = False

    def _round(self, looks: bool) -> Iterator[Outcome]:
        for post in self._posts:
            if self._refreshes:
                post.refresh(now=looks)
            yield from post.work()

    def _waits(self, until: Until) -> bool:
        """Wait for the next job that comes due; False when there is none to wait for."""
        due = Post.next_try if until == "claimed" else Post.due_in
        waits = [seconds for post in self._posts if (seconds := due(post)) is not None]
        if not waits and until != "stopped":
            return False
        time.sleep(min([POLL, *(max(seconds, 0.02) for seconds in waits)]))
        return True


def work(order: WorkOrder) -> WorkReport:
    """Carry out a work order: fill its tables until there is nothing left to do, or it is told to end."""
    with order.open_project():
        return work_on(
            [cls() for cls in order.classes()],
            order.restrictions,
            until=order.until,
            max_calls=order.max_calls,
            make_kwargs=order.make_kwargs,
            lease=order.lease,
            engine=order.engine,
            engine_job=engine_job(order.engine),
            suppress_errors=order.suppress_errors,
            priority=order.priority,
            refreshes=order.refreshes,
            stopping=order.stopping,
        )


def work_on(
    tables: Sequence[AutoPopulate],
    restrictions: Sequence[Any] = (),
    *,
    until: Until = "empty",
    suppress_errors: bool = True,
    stopping: Callable[[], bool] = never,
    **options: Any,
) -> WorkReport:
    """Fill tables, parents first, as one worker; SIGTERM ends it, and what it was at is given back."""
    with tables[0].connection.readers.apart(), stoppable() as told:
        worker = Worker(tables, restrictions=restrictions, stopping=lambda: told() or stopping(), apart=True, **options)
        report = WorkReport(worker.id.uuid)
        log = WorkLog(report, (str(table.id) for table in tables))
        with closing(worker.run(until)) as outcomes:
            for outcome in outcomes:
                log.add(outcome)
                if outcome.state == "error" and not suppress_errors:
                    report.raised = portable_error(outcome)
                    break
    report.stopped = told()
    return report
