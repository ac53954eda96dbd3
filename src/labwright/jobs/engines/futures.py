"""Workers in any pool that is a `concurrent.futures.Executor`."""

from __future__ import annotations

import concurrent.futures
import itertools
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future
from typing import Any

from labwright.core.errors import EngineError
from labwright.jobs.engines.base import Worker, last_words
from labwright.jobs.engines.stopping import request_stop
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

Pool = concurrent.futures.Executor


class Futures:
    """Runs workers in a pool: of threads, of processes, or of whatever machines it has.

    Parameters
    ----------
    pool : concurrent.futures.Executor or callable
        The pool, which stays open when the engine is closed; or what makes one, so that a broken one can be replaced.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from labwright.jobs.engines.crew import Crew
    >>> with ThreadPoolExecutor(2) as pool:
    ...     with Crew(Futures(pool), WorkOrder(entry="labwright.testing.workers:greet"), count=2) as crew:
    ...         crew.wait()
    ...         [worker.report for worker in crew.workers]
    True
    ['hello', 'hello']
    """

    can_kill = False
    interval = 0.05

    def __init__(self, pool: Pool | Callable[[], Pool]) -> None:
        self._make = None if isinstance(pool, Pool) else pool
        self.pool = pool if isinstance(pool, Pool) else pool()
        self.name = type(self.pool).__name__
        self._number = itertools.count(1)
        self._futures: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()

    def start(self, order: WorkOrder, count: int, resources: Resources) -> list[str]:
        """Submit the order; to a new pool where the old one is broken and was made here."""
        try:
            return self._submit(order, count)
        except RuntimeError as error:  # a broken pool, or one that was shut down
            if self._make is None:
                raise EngineError(
                    f"The {self.name} takes no more work: {error}. Give a function that makes the pool, and it is "
                    "replaced when it breaks."
                ) from error
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._make()
        return self._submit(order, count)

    def _submit(self, order: WorkOrder, count: int) -> list[str]:
        futures: dict[str, Future[Any]] = {}
        try:
            for _ in range(count):
                futures[f"{self.name}-{next(self._number)}"] = self.pool.submit(_run, order)
        except RuntimeError:
            for future in futures.values():
                future.cancel()
            raise
        with self._lock:
            self._futures |= futures
        return list(futures)

    def look(self, workers: Sequence[str]) -> list[Worker]:
        """Say how the futures are."""
        return [seen(name, self._futures[name]) for name in workers]

    def stop(self, workers: Sequence[str], crew: str, *, force: bool = False) -> None:
        """Cancel what has not begun; what runs takes no more keys where it is on this machine."""
        request_stop(crew)
        for name in workers:
            self._futures[name].cancel()

    def close(self) -> None:
        """Shut the pool down if it was made here."""
        if self._make is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)


def _run(order: WorkOrder) -> Any:
    return order.run()


def seen(name: str, future: Future[Any]) -> Worker:
    """How the worker behind a future is."""
    if not future.done():
        return Worker(name, "running" if future.running() else "starting")
    try:
        return Worker(name, "finished", report=future.result())
    except (CancelledError, BrokenExecutor) as error:
        return Worker(name, "gone", str(error) or type(error).__name__, error=error)
    except BaseException as error:  # noqa: BLE001 - it is told, whatever a worker raised
        return Worker(name, "failed", last_words("".join(traceback.format_exception(error))), error=error)


__all__ = ["Futures"]
