"""Filling tables beside what this process does otherwise: workers in processes of their own, watched by a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from labwright.core.errors import LabwrightError
from labwright.jobs.auto import AutoPopulate
from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.processes import Processes
from labwright.jobs.engines.registry import open_engine
from labwright.jobs.order import order_for
from labwright.jobs.patience import patiently
from labwright.jobs.queue import Queue
from labwright.jobs.run import in_order
from labwright.tables.project import Project

logger = logging.getLogger(__name__)


class Workers:
    """Workers that fill tables until nothing is left to do, while this process does something else.

    They take keys from the queues of the tables, beside whatever other workers there are. When this process ends, they
    end; what they were at is given back, or comes back when their leases run out.

    Parameters
    ----------
    *targets : table classes
        What they fill, and nothing else; in the order of their dependencies. Each has to be defined in a module.
    engine : str, Executor, ...
        What starts them, as `run` takes it.
    count : int, optional
        How many; by default as the settings say of the engine.
    make_kwargs : mapping, optional
        More arguments for ``make``.
    keep_logs : int
        Bytes of the end of what each worker writes that are kept for `logs`, where they are processes of this machine.

    Raises
    ------
    ConfigError
        When another process could not import one of the classes.
    LabwrightError
        When one of them does not say how it is filled.
    EngineError
        When the engine cannot start them.

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
    ...         def make(self, key): ...
    ...     try:
    ...         lw.Workers(Weight)
    ...     except lw.errors.ConfigError as error:
    ...         print(str(error)[:49])
    Workers in other processes cannot import Weight:
    """

    def __init__(
        self,
        *targets: Any,
        engine: Any = "processes",
        count: int | None = None,
        make_kwargs: Mapping[str, Any] | None = None,
        keep_logs: int = 0,
    ) -> None:
        self._tables = in_order(targets)
        self._project: Project = self._tables[0].project
        order = order_for(self._project, map(type, self._tables), make_kwargs=dict(make_kwargs or {}))
        self._engine = open_engine(engine, self._project.config)
        if isinstance(self._engine.executor, Processes):
            self._engine.executor.keep = keep_logs
        self.trouble = ""
        try:
            self._crew = Crew(
                self._engine.executor,
                order,
                count=self._engine.workers if count is None else count,
                resources=self._engine.resources(map(type, self._tables)),
                work_left=self._is_work_left,
            )
        except BaseException:
            self._engine.__exit__(None, None, None)
            raise
        self._thread = threading.Thread(target=self._attend, name="workers", daemon=True)
        self._thread.start()

    @property
    def tables(self) -> list[AutoPopulate]:
        """What they fill, parents first."""
        return list(self._tables)

    @property
    def is_over(self) -> bool:
        """Whether all have ended, and `trouble` says what went wrong, if anything did."""
        return not self._thread.is_alive()

    @property
    def count(self) -> int:
        """How many are at work."""
        return sum(not worker.is_over for worker in self._crew.workers)

    @property
    def logs(self) -> dict[str, str]:
        """The end of what each has written, by its name, where that is kept; of those that have ended as well."""
        return self._engine.executor.logs() if isinstance(self._engine.executor, Processes) else {}

    def stop(self, patience: float = 30.0) -> bool:
        """Let them give back what they are at, and end; those that have not after `patience` seconds are killed.

        Returns
        -------
        bool
            Whether all have ended.
        """
        self._crew.stop(patience)
        return self.wait(patience)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all have ended; False when so many seconds have passed before."""
        self._thread.join(timeout)
        return self.is_over

    def _is_work_left(self) -> bool:
        return any(patiently(Queue(table).due_in) is not None for table in self._tables)

    def _attend(self) -> None:
        try:
            with self._project, self._engine, self._crew as crew:
                crew.wait()
                crew.check()
        except LabwrightError as error:
            self.trouble = str(error)
            logger.warning("workers have ended: %s", error, extra={"action": "workers"})


__all__ = ["Workers"]
