"""What a worker tells in its log: not each key, but now and then how many there were."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from labwright.jobs.outcome import Outcome
from labwright.jobs.report import WorkReport

PAUSE: Final = 60.0
"""Seconds between two lines."""

logger = logging.getLogger(__name__)


class WorkLog:
    """Counts what becomes of keys, and logs it once a minute while there is something new.

    Parameters
    ----------
    report : WorkReport
        Where it is counted.
    tables : iterable of str
        That the worker fills.
    clock : callable
        Gives seconds.
    """

    def __init__(self, report: WorkReport, tables: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._report = report
        self._clock = clock
        self._told = clock()
        self._error = ""
        logger.info("worker %s fills %s", report.worker, ", ".join(tables), extra={"action": "worker"})

    def add(self, outcome: Outcome) -> None:
        """Count what became of one more key."""
        self._report.add(outcome)
        if outcome.state == "error":
            key = ", ".join(f"{name}={value}" for name, value in outcome.key.items())
            self._error = f"; {outcome.table} {key}: {outcome.message}"
        if self._clock() - self._told >= PAUSE:
            self._told = self._clock()
            logger.info("%s%s", str(self._report), self._error, extra={"action": "worker"})
            self._error = ""


@contextmanager
def logged() -> Iterator[None]:
    """Write the log to standard error."""
    every, handler = logging.getLogger("labwright"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    every.addHandler(handler)
    if every.level == logging.NOTSET:
        every.setLevel(logging.INFO)
    try:
        yield
    finally:
        every.removeHandler(handler)
