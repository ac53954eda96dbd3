"""What the engine calls the worker that runs here."""

from __future__ import annotations

import os
import sys


def engine_job(engine: str) -> str:
    """Return what an engine calls the worker that asks, as far as that can be told; else ``""``.

    Examples
    --------
    >>> engine_job("in-process")
    ''
    """
    if engine == "slurm":
        array, task = (os.environ.get(f"SLURM_ARRAY_{part}_ID", "") for part in ("JOB", "TASK"))
        return f"{array}_{task}" if array else os.environ.get("SLURM_JOB_ID", "")
    if engine == "dask" and "distributed" in sys.modules:
        return _dask_task()
    return str(os.getpid()) if engine == "processes" else ""


def _dask_task() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().get_current_task())
    except ValueError:  # no worker of Dask runs here
        return ""
