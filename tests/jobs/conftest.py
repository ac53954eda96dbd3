"""What tests of computation share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from distributed import LocalCluster
from tests.backends.conftest import project, schema
from tests.jobs.beds import Bed, make_bed
from tests.jobs.slurm import OneNode, one_node

import labwright as lw

__all__ = ["project", "schema"]


@pytest.fixture(scope="session")
def slurm() -> Iterator[OneNode]:
    """A Slurm of one node, which ``sbatch`` finds."""
    with one_node() as node:
        yield node


@pytest.fixture
def dask_cluster(two_dask_workers: LocalCluster) -> LocalCluster:
    """A Dask cluster of two processes on this machine, both of them there."""
    two_dask_workers.wait_for_workers(2)
    return two_dask_workers


@pytest.fixture(scope="session")
def two_dask_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """The same for all tests, of which some kill one that is started again then."""
    folder = str(tmp_path_factory.mktemp("dask"))
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", local_directory=folder) as cluster:
        yield cluster


@pytest.fixture
def bed(schema: lw.Schema) -> Bed:
    """A table that fills itself, with five sessions to go by."""
    return make_bed(schema)
