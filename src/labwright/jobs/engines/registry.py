"""Engines by name, as the settings describe them, and from whatever starts workers in the user's hands."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from labwright.core.errors import ConfigError
from labwright.core.registry import Deferred, Registry
from labwright.jobs.engines.base import Executor
from labwright.jobs.engines.dask import Dask
from labwright.jobs.engines.futures import Futures
from labwright.jobs.resources import Resources, resources_of
from labwright.tables.config import Config
from labwright.tables.config import config as default_config

OpenEngine = Callable[[Mapping[str, Any], Path], Executor]
"""Opens an engine by what is set of it; the folder is the project's."""

engines: Final[Registry[OpenEngine]] = Registry(
    "engine",
    groups=("labwright.engines",),
    deferred={
        "in-process": Deferred("labwright.jobs.engines.in_process:open_in_process"),
        "processes": Deferred("labwright.jobs.engines.processes:open_processes"),
        "dask": Deferred("labwright.jobs.engines.dask:open_dask"),
        "slurm": Deferred("labwright.jobs.engines.slurm:open_slurm"),
    },
    error=ConfigError,
)
"""Every engine by name. A package adds one by an entry point of the group ``labwright.engines``."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An executor, and what the settings say of it. Leaving its ``with`` block closes an executor that was opened here.

    Parameters
    ----------
    executor : Executor
    settings : mapping
    is_ours : bool
    """

    executor: Executor
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_ours: bool = False

    @property
    def workers(self) -> int:
        """How many workers there are when nobody says how many."""
        return int(self.settings.get("workers", 1))

    def resources(self, tables: Iterable[type]) -> Resources:
        """What each worker gets that fills any of `tables`."""
        return resources_of(tables, self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.is_ours:
            self.executor.close()


def open_engine(given: Any = None, config: Config | None = None) -> Engine:
    """Return the engine that is meant.

    Parameters
    ----------
    given : str, Executor, concurrent.futures.Executor, distributed.Client or a cluster of Dask, optional
        A name: of the settings' section ``[engines.NAME]``, of an engine that is built in or that a package adds, or
        ``"module:function"``. Or what starts workers itself. By default what the setting ``engines.default`` names.
    config : Config, optional
        The settings; by default those of the working directory.

    Raises
    ------
    ConfigError
        When there is no such engine.
    MissingPackageError
        When the package that it needs is not installed.
    EngineError, LostConnectionError
        When it cannot be reached.

    Examples
    --------
    >>> with open_engine("processes") as engine:
    ...     engine.executor.name, engine.workers
    ('processes', 1)
    """
    if given is None or isinstance(given, str):
        settings = (config or default_config).settings
        kind, said = settings.engine(given)
        return Engine(engines[kind](said, settings.folder), said, is_ours=True)
    return Engine(given if isinstance(given, Executor) else _adapted(given))


def _adapted(given: Any) -> Executor:
    if isinstance(given, concurrent.futures.Executor):
        return Futures(given)
    if hasattr(given, "scheduler_info"):  # clients and clusters of Dask have it, of all kinds
        return Dask(given)
    raise ConfigError(
        f"No engine is made of {given!r}. Give one of {', '.join(map(repr, engines))}, a pool of concurrent.futures, a "
        "dask client or cluster, or an object with the methods of labwright.jobs.engines.base.Executor."
    )


__all__ = ["Engine", "engines", "open_engine"]
