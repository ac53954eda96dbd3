"""The default engine: the work is done here, by whoever waits for it, so that a debugger stops in ``make``."""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labwright.jobs.engines.base import Worker, last_words
from labwright.jobs.engines.stopping import request_stop
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources


class InProcess:
    """Carries out orders in this process and thread, when they are looked at.

    Examples
    --------
    >>> executor = InProcess()
    >>> names = executor.start(WorkOrder(entry="labwright.testing.workers:greet"), 1, Resources())
    >>> executor.look(names)
    [Worker(id='in-process-1', state='finished', last_words='', report='hello', error=None)]
    """

    name = "in-process"
    can_kill = False
    interval = 0.0

    def __init__(self) -> None:
        self._number = itertools.count(1)
        self._waiting: dict[str, WorkOrder] = {}
        self._known: dict[str, Worker] = {}

    def start(self, order: WorkOrder, count: int, resources: Resources) -> list[str]:
        """Keep the order until somebody looks."""
        names = [f"{self.name}-{next(self._number)}" for _ in range(count)]
        self._waiting |= dict.fromkeys(names, order)
        return names

    def look(self, workers: Sequence[str]) -> list[Worker]:
        """Carry out what is waiting."""
        for name in workers:
            if name in self._waiting:
                # known before it runs: an interrupt must not make it run again
                self._known[name] = Worker(name, "gone", "interrupted")
                self._known[name] = carried_out(name, self._waiting.pop(name))
        return [self._known[name] for name in workers]

    def stop(self, workers: Sequence[str], crew: str, *, force: bool = False) -> None:
        """Let the one that runs take no more keys, and the others not begin."""
        request_stop(crew)
        for name in workers:
            if self._waiting.pop(name, None):
                self._known[name] = Worker(name, "gone", "stopped before it began")

    def close(self) -> None:
        """Nothing is held."""


def carried_out(name: str, order: WorkOrder) -> Worker:
    """Carry out an order here and now."""
    try:
        return Worker(name, "finished", report=order.run())
    except Exception as error:  # noqa: BLE001 - it is told
        return Worker(name, "failed", last_words(traceback.format_exc()), error=error)


def open_in_process(_settings: Mapping[str, Any], _folder: Path) -> InProcess:
    """Open the engine ``in-process``."""
    return InProcess()
