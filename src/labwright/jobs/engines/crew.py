"""The workers of one order: watched, replaced when they are lost, and ended."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

from labwright.core.errors import EngineError, LabwrightError, LostConnectionError
from labwright.jobs.engines.base import Executor, Worker
from labwright.jobs.engines.stopping import forget_stop
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

logger = logging.getLogger(__name__)

SETTLED: Final = 60.0
"""A worker that has lived so many seconds was sound: what ends it then is not counted with what ended those before."""
TRIES: Final = {"failed": 3, "gone": 10}
"""After so many workers that ended early, one after the other, the place stays empty."""
LONGEST: Final = 60.0
"""Seconds between two tries to fill a place, at most."""
PATIENCE: Final = 300.0
"""Seconds that an engine may be out of reach."""


@dataclass
class Place:
    """A place in the crew: the worker that has it now, and how those before it ended.

    Parameters
    ----------
    worker : Worker
    since : float
        When that worker was started.
    losses : int
        Workers lost in a row that have not lived long.
    """

    worker: Worker
    since: float
    losses: int = 0
    empty_until: float = 0.0

    def see(self, worker: Worker, now: float, backoff: float) -> None:
        """Note how the worker is."""
        self.worker = worker
        if worker.state in TRIES:
            self.losses = 1 if now - self.since > SETTLED else self.losses + 1
            self.empty_until = now + min(LONGEST, backoff * 2.0 ** (self.losses - 1))

    @property
    def is_lost(self) -> bool:
        return self.worker.state in TRIES

    @property
    def is_given_up(self) -> bool:
        return self.is_lost and self.losses >= TRIES[self.worker.state]

    def may_be_filled(self, now: float) -> bool:
        return self.is_lost and not self.is_given_up and now >= self.empty_until


def _always() -> bool:
    return True


class Crew:
    """Workers that carry out one order, in as many places as were asked for.

    A worker that is lost is replaced while there is work. Leaving the ``with`` block stops those that still run.

    Parameters
    ----------
    executor : Executor
        What starts them. It stays open when the crew is closed.
    order : WorkOrder
    count : int
        How many workers.
    resources : Resources
        What each needs.
    work_left : callable
        Whether a lost worker has to be replaced; always, when not given.
    backoff : float
        Seconds before a lost worker is replaced; twice as long after each loss that follows soon.

    Examples
    --------
    >>> from labwright.jobs.engines.in_process import InProcess
    >>> with Crew(InProcess(), WorkOrder(entry="labwright.testing.workers:greet")) as crew:
    ...     crew.wait()
    ...     [(worker.state, worker.report) for worker in crew.workers]
    True
    [('finished', 'hello')]
    """

    def __init__(
        self,
        executor: Executor,
        order: WorkOrder,
        *,
        count: int = 1,
        resources: Resources = Resources(),  # noqa: B008 - a frozen value
        work_left: Callable[[], bool] = _always,
        backoff: float = 1.0,
    ) -> None:
        if count < 1:
            raise EngineError(f"A crew has at least one worker, not {count!r}.")
        self.executor = executor
        self.order = replace(order, crew=uuid.uuid4().hex, engine=executor.name)
        self.resources = resources
        self.lost: list[Worker] = []
        self.trouble = ""
        self._work_left = work_left
        self._backoff = backoff
        self._stopping = False
        self._unreachable_since: float | None = None
        self._lock = threading.RLock()
        started = executor.start(self.order, count, resources)
        self._places = [Place(Worker(name, "starting"), time.monotonic()) for name in started]

    @property
    def workers(self) -> list[Worker]:
        """How each was when it was last looked at, one for each place."""
        return [place.worker for place in self._places]

    @property
    def is_over(self) -> bool:
        """Whether no worker runs, and none will be started."""
        return all(p.worker.is_over and (self._stopping or not p.is_lost or p.is_given_up) for p in self._places)

    def tend(self) -> list[Worker]:
        """Look at the workers and replace lost ones while there is work; return how they are.

        Raises
        ------
        EngineError
            When the engine is gone.
        """
        with self._lock, self._bearing_absence():
            self._look()
            self._refill()
        return self.workers

    def wait(self, timeout: float | None = None) -> bool:
        """Tend the crew until all is done; False when `timeout` seconds have passed before.

        Raises
        ------
        EngineError
            When the engine is gone.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            self.tend()
            if self.is_over or (self._lost_all_with_nothing_left()):
                return True
            if deadline is not None and time.monotonic() >= deadline:
                return False
            time.sleep(self.executor.interval)

    def check(self) -> None:
        """Raise when a worker's place had to be given up.

        Raises
        ------
        EngineError
            It says the last words of the worker.
        """
        given_up = [place.worker for place in self._places if place.is_given_up]
        if given_up:
            last = given_up[-1]
            raise EngineError(
                f"{len(given_up)} of {len(self._places)} workers of {self.executor.name} ended early each time they "
                f"were started. The last words of {last.id}: {last.last_words or 'none'}"
            ) from last.error

    def stop(self, patience: float = 30.0) -> bool:
        """Let the workers finish the key they are at; kill those that have not ended after `patience` seconds.

        What a killed worker was at is computed by another when its lease has run out.

        Returns
        -------
        bool
            Whether all have ended.
        """
        self._stopping = True  # not under the lock, which an in-process worker holds while it works
        self._send_stop(force=False)
        if self.wait(patience):
            return True
        self._send_stop(force=True)
        return self.wait(patience) if self.executor.can_kill else self.is_over

    def close(self) -> None:
        """Stop what still runs."""
        if not self.is_over:
            with contextlib.suppress(EngineError):
                self.stop()
        forget_stop(self.order.crew)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _look(self) -> None:
        open_places = [place for place in self._places if not place.worker.is_over]
        if not open_places:
            return
        now = time.monotonic()
        seen = self.executor.look([place.worker.id for place in open_places])
        for place, worker in zip(open_places, seen, strict=True):
            place.see(worker, now, self._backoff)
            if place.is_lost:
                self._mourn(worker)

    def _mourn(self, worker: Worker) -> None:
        self.lost.append(worker)
        words = worker.last_words or "no last words"
        logger.warning("worker %s is %s: %s", worker.id, worker.state, words, extra={"action": "lost"})

    def _refill(self) -> None:
        now = time.monotonic()
        places = [place for place in self._places if place.may_be_filled(now)]
        if self._stopping or not places or not self._work_left():
            return
        started = self.executor.start(self.order, len(places), self.resources)
        for place, name in zip(places, started, strict=True):
            place.worker, place.since = Worker(name, "starting"), now
        self._stop_late(started)

    def _stop_late(self, started: list[str]) -> None:
        """Stop workers that were started while another thread stopped the crew."""
        if self._stopping:
            self.executor.stop(started, self.order.crew)

    def _lost_all_with_nothing_left(self) -> bool:
        """Whether all have ended and those that were lost need no replacement."""
        return all(place.worker.is_over for place in self._places) and not self._work_left()

    def _send_stop(self, *, force: bool) -> None:
        names = [place.worker.id for place in self._places if not place.worker.is_over]
        with self._bearing_absence():
            self.executor.stop(names, self.order.crew, force=force)

    @contextlib.contextmanager
    def _bearing_absence(self) -> Iterator[None]:
        """Let an engine be out of reach for a while: its workers go on meanwhile."""
        now = time.monotonic()
        try:
            yield
        except LostConnectionError as error:
            self._unreachable_since = self._unreachable_since or now
            self._complain(error)
            if now - self._unreachable_since > PATIENCE:
                raise EngineError(
                    f"The engine {self.executor.name} has been out of reach for {PATIENCE:.0f} s: {error}"
                ) from error
        else:
            self.trouble, self._unreachable_since = "", None

    def _complain(self, error: LabwrightError) -> None:
        if str(error) != self.trouble:
            self.trouble = str(error)
            logger.warning("%s is out of reach: %s", self.executor.name, error, extra={"action": "engine"})


__all__ = ["Crew"]
