"""Signs of life: the leases of the jobs that a worker holds are renewed while it computes."""

from __future__ import annotations

import logging
import math
import threading
import time
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
GRACE: Final = 5.0
"""Seconds after which a make that should have been ended is taken to hang; a tenth of its time comes on top."""


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
        self._until = math.inf

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

    @contextmanager
    def given(self, seconds: float | None) -> Iterator[None]:
        """Give up what is held when the block takes much longer than it may: it hangs where nothing can end it.

        Others take the keys then, and what comes of it after all is refused.
        """
        if seconds is None:
            yield
            return
        self._expect(time.time() + 1.1 * seconds + GRACE)
        try:
            yield
        finally:
            self._expect(math.inf)

    def _expect(self, until: float) -> None:
        self._until = until
        if self._apart and self._held:
            self._tell_apart()

    def _tell_apart(self) -> None:
        connection = next(iter(self._held.values()))[0].table.connection
        if self._beater is None and not connection.url.in_memory:
            self._beater = Beater(connection.url, self._lease / BEATS)
        if self._beater is not None:
            renewals = [queue.renewal(jobs, self._lease) for queue, jobs in self._by_queue()]
            self._beater.repeat(renewals, self._until)

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
            if time.time() > self._until:
                logger.error("make hangs; others take the keys of this worker", extra={"action": "heartbeat"})
                continue
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
