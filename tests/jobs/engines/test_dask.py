"""What happens to tasks of Dask, on a real cluster of two processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dask
import pytest
from distributed import Client, Future, LocalCluster

from labwright.core.errors import EngineError, LostConnectionError
from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.dask import Dask
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

PATIENCE = 60.0


@pytest.fixture
def client(dask_cluster: LocalCluster) -> Iterator[Client]:
    with Client(dask_cluster, set_as_default=False) as client:
        yield client


def order(worker: str, folder: Path) -> WorkOrder:
    return WorkOrder(entry=f"labwright.testing.workers:{worker}", make_kwargs={"folder": str(folder)})


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def notes(folder: Path) -> int:
    return len(list(folder.glob("note-*")))


def test_a_lost_worker_of_dask_costs_only_time(client: Client, tmp_path: Path) -> None:
    with Crew(Dask(client), order("serve", tmp_path), backoff=0.01) as crew:
        until(lambda: notes(tmp_path) == 1)
        (busy,) = [address for address, keys in client.processing().items() if keys]
        pid = client.run(os.getpid, workers=[busy])[busy]
        os.kill(pid, signal.SIGKILL)
        until(lambda: crew.tend() and notes(tmp_path) == 2)
        assert crew.stop(PATIENCE)
        assert [worker.report for worker in crew.workers] == ["stopped"]


def test_a_cancelled_worker_is_replaced(client: Client, tmp_path: Path) -> None:
    with Crew(Dask(client), order("serve", tmp_path), backoff=0.01) as crew:
        name = crew.workers[0].id
        client.cancel([Future(name, client)], force=True)
        until(lambda: crew.tend()[0].id != name)
        assert crew.lost[0].last_words == "its task is cancelled"
        until(lambda: notes(tmp_path) >= 1)
        assert crew.stop(PATIENCE)


def test_more_workers_than_places_wait(client: Client, tmp_path: Path) -> None:
    with Crew(Dask(client), order("serve", tmp_path), count=4) as crew:
        until(lambda: notes(tmp_path) == 2)
        crew.tend()
        assert crew.is_over is False
        assert crew.stop(PATIENCE)
        # those that Dask had put into the line of one of its own workers begin, and end at once
        assert {worker.state for worker in crew.workers} <= {"finished", "gone"}


@pytest.mark.parametrize(
    ("resources", "words"),
    [(Resources(gpus=1), "1 GPUs.*declare 0.*--resources GPU=1"), (Resources(memory=10**15), "1e\\+06 GB.*--memory")],
    ids=["gpus", "memory"],
)
def test_what_no_worker_of_the_cluster_has_is_told_at_once(
    client: Client, tmp_path: Path, resources: Resources, words: str
) -> None:
    with pytest.raises(EngineError, match=words):
        Crew(Dask(client), order("note", tmp_path), resources=resources)


def test_a_cluster_that_is_gone_is_told(tmp_path: Path) -> None:
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", local_directory=str(tmp_path)
    ) as cluster:
        client = Client(cluster, set_as_default=False)
        executor = Dask(client)
        crew = Crew(executor, WorkOrder(entry="labwright.testing.workers:greet"))
        assert crew.wait(PATIENCE)
        client.close()
    with pytest.raises(EngineError, match="its cluster is gone"):
        executor.start(crew.order, 1, Resources())


def test_a_scheduler_that_does_not_answer_is_told() -> None:
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(LostConnectionError, match="Dask scheduler cannot be reached"),
    ):
        Dask("tcp://127.0.0.1:1")
