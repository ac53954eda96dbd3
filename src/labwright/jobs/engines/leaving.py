"""How a worker in a process of its own leaves what came of it: a file that is there as a whole or not at all."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from labwright.jobs.engines.base import State

Outcome = tuple[State, str, Any]
"""The state, the last words, and the report."""


def leave(file: Path, outcome: Outcome) -> None:
    """Write what came of a worker; of a report that cannot be carried over its text."""
    try:
        data = pickle.dumps(outcome)
    except Exception:  # noqa: BLE001 - objects of users raise anything
        data = pickle.dumps((*outcome[:2], repr(outcome[2])))
    part = file.with_suffix(".part")
    part.write_bytes(data)
    part.replace(file)


def left(file: Path) -> Outcome | None:
    """Read what a worker has left; None when it has left nothing. Nobody else may write into its folder."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    found: Outcome = pickle.loads(data)  # noqa: S301 - our own worker has written it
    return found
