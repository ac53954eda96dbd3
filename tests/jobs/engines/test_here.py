"""A worker knows what its engine calls it, so that people find its log."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from distributed import LocalCluster
from tests.jobs.slurm import OneNode

from labwright.jobs.engines.base import Executor
from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.dask import Dask
from labwright.jobs.engines.futures import Futures
from labwright.jobs.engines.here import engine_job
from labwright.jobs.engines.in_process import InProcess
from labwright.jobs.engines.processes import Processes
from labwright.jobs.engines.slurm import Slurm
from labwright.jobs.order import WorkOrder


@pytest.fixture
def processes() -> Iterator[Executor]:
    executor = Processes()
    yield executor
    executor.close()


def asked(executor: Executor) -> Crew:
    with Crew(executor, WorkOrder(entry="labwright.testing.workers:tell_where"), count=2) as crew:
        assert crew.wait(60)
    return crew


def test_processes_dask_and_slurm_have_names(
    processes: Executor, dask_cluster: LocalCluster, slurm: OneNode, tmp_path: Path
) -> None:
    dask = Dask(dask_cluster)
    for executor in (processes, dask, Slurm(tmp_path, interval=0.1)):
        crew = asked(executor)
        assert [worker.report for worker in crew.workers] == [(executor.name, worker.id) for worker in crew.workers]
    dask.close()


def test_others_have_none() -> None:
    with ThreadPoolExecutor(2) as pool:
        for executor in (Futures(pool), InProcess()):
            assert [worker.report for worker in asked(executor).workers] == [(executor.name, "")] * 2
    assert engine_job("dask") == ""
