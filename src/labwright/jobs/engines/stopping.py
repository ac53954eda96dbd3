"""Asking workers to take no more keys, where no signal reaches them: in threads, in pools, on a Dask cluster.

A file that everybody on the machine can see is the one thing that works for all of them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path


def request_stop(crew: str) -> None:
    """Let the workers of a crew that are on this machine take no more keys."""
    _mark(crew).touch()


def forget_stop(crew: str) -> None:
    """Remove what `request_stop` left."""
    _mark(crew).unlink(missing_ok=True)


def stop_requested(crew: str) -> bool:
    """Whether the workers of a crew shall take no more keys."""
    return bool(crew) and _mark(crew).exists()


def _mark(crew: str) -> Path:
    return Path(tempfile.gettempdir()) / f"labwright-stop-{crew}"
