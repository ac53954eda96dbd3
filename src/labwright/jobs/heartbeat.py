"""Signs of life: the leases of the jobs that a worker holds are renewed while it computes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Final

from labwright.jobs.beater import Beater
from labwright.jobs.job import Job, WorkerId
from labwright.jobs.queue import Queue

logger = logging.getLogger(__name__)
BEATS: Final = 3
"""So many in each lease, so that one that is missed does no harm."""


class Heartbeat:
    """Renews leases in a thread of its own, over a connection of its own.

    Parameters
    ----------
    worker : WorkerId
    lease : float
        Seconds.
    apart : bool
        Whether a process of its own renews them as well, for makes that keep the interpreter to themselves.
    """

    def __init__(self, worker: WorkerId, lease: float, *, apart: bool = False) -> None:
        self._worker = worker
        self._lease = lease
        self._apart = apart
        self._beater: Beater | None = None
        self._lock = threading.Lock()
        self._held: dict[tuple[int, int], tuple[Queue, Job]] = {}
        self._over = threading.Event()

    @contextmanager
    def beating(self) -> Iterator[Heartbeat]:
        """Beat while the block runs."""
        context = copy_context()  # which knows the project
        thread = threading.Thread(target=context.run, args=(self._beat,), name="labwright heartbeat", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()
            if self._beater is not None:
                self._beater.close()

    def hold(self, queue: Queue, jobs: Iterable[Job]) -> None:
        """Renew the leases of these as well."""
        with self._lock:
            self._held.update((_place(queue, job), (queue, job)) for job in jobs)
        if self._apart:
            self._tell_apart()

    def _tell_apart(self) -> None:
        connection = next(iter(self._held.values()))[0].table.connection
        if self._beater is None and not connection.url.in_memory:
            self._beater = Beater(connection.url, self._lease / BEATS)
        if self._beater is not None:
            self._beater.repeat([queue.renewal(jobs, self._lease) for queue, jobs in self._by_queue()])

    def _by_queue(self) -> list[tuple[Queue, list[Job]]]:
        with self._lock:
            held = list(self._held.values())
        queues = {id(queue): queue for queue, _ in held}.values()
        return [(queue, [job for q, job in held if q is queue]) for queue in queues]

    def drop(self, queue: Queue, job: Job) -> None:
        """Renew this one no more."""
        with self._lock:
            self._held.pop(_place(queue, job), None)

    def holds(self, queue: Queue, job: Job) -> bool:
        """Whether a job is ours still, as far as it is known."""
        return _place(queue, job) in self._held

    def _beat(self) -> None:
        while not self._over.wait(self._lease / BEATS):
            for queue, jobs in self._by_queue():
                self._renew(queue, jobs)

    def _renew(self, queue: Queue, jobs: list[Job]) -> None:
        try:
            ours = queue.beat(self._worker, jobs, lease=self._lease)
        except Exception as error:  # noqa: BLE001 - the next beat has to come, whatever happens to this one
            logger.warning("a lease could not be renewed: %s", error, extra={"action": "heartbeat"})
            return
        for job in jobs:
            if job.id not in ours:
                self.drop(queue, job)


def _place(queue: Queue, job: Job) -> tuple[int, int]:
    """What tells a job from those of other tables."""
    return id(queue), job.id
