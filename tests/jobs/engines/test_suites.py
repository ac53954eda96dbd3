"""Every executor passes the public suite."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from distributed import LocalCluster
from tests.jobs.slurm import OneNode

from labwright.jobs.engines.base import Executor
from labwright.jobs.engines.dask import Dask
from labwright.jobs.engines.futures import Futures
from labwright.jobs.engines.in_process import InProcess
from labwright.jobs.engines.processes import Processes
from labwright.jobs.engines.slurm import Slurm
from labwright.testing.executor_suite import (
    BackgroundExecutorSuite,
    ExecutorSuite,
    KillingExecutorSuite,
    ProcessExecutorSuite,
)


class TestInProcess(ExecutorSuite):
    @pytest.fixture
    def executor(self) -> Executor:
        return InProcess()


class TestProcesses(KillingExecutorSuite):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        executor = Processes()
        yield executor
        executor.close()


class TestThreads(BackgroundExecutorSuite):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        with ThreadPoolExecutor(3) as pool:
            yield Futures(pool)


def new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


@pytest.fixture(scope="module")
def process_pool() -> Iterator[Executor]:
    executor = Futures(new_pool)
    yield executor
    executor.close()


class TestProcessPool(ProcessExecutorSuite):
    @pytest.fixture
    def executor(self, process_pool: Executor) -> Executor:
        return process_pool


class TestDask(ProcessExecutorSuite):
    @pytest.fixture
    def executor(self, dask_cluster: LocalCluster) -> Iterator[Executor]:
        executor = Dask(dask_cluster)
        yield executor
        executor.close()


class TestSlurm(KillingExecutorSuite):
    @pytest.fixture
    def executor(self, slurm: OneNode, tmp_path: Path) -> Executor:
        return Slurm(tmp_path / "workers", interval=0.1)
