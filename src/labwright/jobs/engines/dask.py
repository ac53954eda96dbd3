"""Workers on a Dask cluster: one on this machine, or whatever a `distributed.Client` leads to."""

from __future__ import annotations

import contextlib
import itertools
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import EngineError, LostConnectionError, MissingPackageError
from labwright.jobs.engines.base import Worker, last_words
from labwright.jobs.engines.stopping import request_stop
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

if TYPE_CHECKING:
    from distributed import Client, Future

_LOST: Final = frozenset({"cancelled", "lost"})
"""States of a future of which Dask knows no more."""


class Dask:
    """Runs workers as tasks of Dask, which carries them to its own workers.

    A task that Dask runs again, because its worker was lost, does no harm: it takes other keys.

    Parameters
    ----------
    where : distributed.Client, cluster or str, optional
        A client, a cluster of any kind, or the address of a scheduler; by default a cluster on this machine, made now.

    Raises
    ------
    MissingPackageError
        When `distributed` is not installed.
    LostConnectionError
        When the scheduler does not answer.
    """

    name = "dask"
    interval = 0.2

    def __init__(self, where: Any = None) -> None:
        distributed = _distributed()
        self.can_kill = where is None
        self._number = itertools.count(1)
        self._futures: dict[str, Future[Any]] = {}
        self._owned: list[Any] = []
        if isinstance(where, distributed.Client):
            self._client: Client = where
            return
        with _reaching():
            cluster = _cluster_here(distributed) if where is None else where
            self._owned = [cluster] if where is None else []
            self._client = distributed.Client(cluster, set_as_default=False)
        self._owned.insert(0, self._client)

    def start(self, order: WorkOrder, count: int, resources: Resources) -> list[str]:
        """Submit tasks."""
        self._check_alive()
        with _reaching():
            self._check_fits(resources)
            needed = {"GPU": resources.gpus} if resources.gpus else None
            started = [self._new_name() for _ in range(count)]
            for name in started:
                self._futures[name] = self._client.submit(_run, order, key=name, pure=False, resources=needed)
        return started

    def _new_name(self) -> str:
        return f"labwright-{next(self._number)}-{uuid.uuid4().hex[:8]}"

    def _check_alive(self) -> None:
        if self._client.status not in {"running", "connecting"}:
            raise EngineError(
                f"The Dask client is {self._client.status}: its cluster is gone. Connect a new one to a scheduler."
            )
        if self._client.status == "connecting":
            raise LostConnectionError("The Dask scheduler does not answer; the client tries to reach it again.")

    def _check_fits(self, needed: Resources) -> None:
        """Refuse what no worker of the cluster could ever run: Dask would wait for one, without a word."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        if not workers:  # they may be on their way
            return
        gpus = max(worker["resources"].get("GPU", 0) for worker in workers)
        memory = max(worker["memory_limit"] or float("inf") for worker in workers)
        if needed.gpus > gpus:
            raise EngineError(
                f"The tables ask for {needed.gpus} GPUs, and the workers of the Dask cluster declare {gpus:g}. Start "
                "them with what they have: dask worker --resources GPU=1 ..."
            )
        if needed.memory and needed.memory > memory:
            raise EngineError(
                f"The tables ask for {needed.memory / 1e9:g} GB of memory, and the workers of the Dask cluster have at "
                f"most {memory / 1e9:g} GB. Start them with more: dask worker --memory-limit ..."
            )

    def look(self, workers: Sequence[str]) -> list[Worker]:
        """Say how the tasks are."""
        self._check_alive()
        with _reaching():
            busy = self._busy()
            return [_seen(name, self._futures[name], busy) for name in workers]

    def _busy(self) -> dict[str, str]:
        """The Dask worker that has a task, for each task that one has."""
        return {str(key): address for address, keys in self._client.processing().items() for key in keys}

    def stop(self, workers: Sequence[str], crew: str, *, force: bool = False) -> None:
        """Cancel what has not begun, and let what runs take no more keys; in a cluster of our own kill it."""
        self._check_alive()
        with _reaching():
            busy = self._busy()
            self._client.run(request_stop, crew, on_error="ignore")
            self._client.cancel([self._futures[name] for name in workers if force or name not in busy], force=True)
            if force and self.can_kill:
                self._client.restart_workers(sorted({busy[name] for name in workers if name in busy}))

    def close(self) -> None:
        """Close the client, and the cluster, that were made here."""
        for owned in self._owned:
            owned.close()


def _run(order: WorkOrder) -> Any:
    return order.run()


def _seen(name: str, future: Future[Any], busy: Mapping[str, str]) -> Worker:
    if future.status == "pending":
        return Worker(name, "running" if name in busy else "starting")
    if future.status == "finished":
        return Worker(name, "finished", report=future.result(timeout=30))
    if future.status in _LOST:
        return Worker(name, "gone", f"its task is {future.status}")
    error = future.exception(timeout=30)
    if type(error).__name__ == "KilledWorker":
        return Worker(name, "gone", str(error), error=error)
    lines = traceback.format_exception(type(error), error, future.traceback(timeout=30))
    return Worker(name, "failed", last_words("".join(lines)), error=error)


def _cluster_here(distributed: Any) -> Any:
    try:
        return distributed.LocalCluster(threads_per_worker=1, dashboard_address=":0")
    except RuntimeError as error:  # its processes run the script again, which may fail in any way there
        raise EngineError(
            f"Dask could not start workers on this machine: {error} A script that starts them has to do so below "
            'if __name__ == "__main__":, since each of them runs it again.'
        ) from error


@contextlib.contextmanager
def _reaching() -> Iterator[None]:
    """Tell that a scheduler is out of reach, in our own words."""
    try:
        yield
    except (OSError, TimeoutError) as error:  # what distributed raises about connections is an OSError
        raise LostConnectionError(f"The Dask scheduler cannot be reached: {error}") from error


def _distributed() -> Any:
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            "The engine 'dask' needs the package 'distributed', which is not installed.\n"
            "Install it:  pip install 'labwright[dask]'"
        ) from error
    return distributed


def open_dask(settings: Mapping[str, Any], _folder: Path) -> Dask:
    """Open the engine ``dask``."""
    return Dask(settings.get("address"))


__all__ = ["Dask"]
