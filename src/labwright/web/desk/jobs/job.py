"""Keys in the queue of a table, and those that have failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Failure:
    """Keys that have failed in the same way.

    Parameters
    ----------
    kind : str
        The class of the exception, or what else ended them.
    message : str
        Of the newest one.
    stack : str
        Where in the code it came from.
    keys : sequence of mapping
    """

    kind: str
    message: str
    stack: str
    keys: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Job:
    """A key in the queue.

    Parameters
    ----------
    key : mapping
    told, spelled : str
        The key as people read it, and as addresses have it.
    attempts : int
    user, host : str
        Who computes it.
    pid : int
    reserved_time, scheduled_time : datetime or None
        Since when somebody has it, and when it is begun, or comes back unless whoever has it gives a sign of life; UTC.
    progress : float or None
        From 0 to 1.
    """

    key: Mapping[str, Any]
    told: str
    spelled: str
    attempts: int
    user: str
    host: str
    pid: int
    reserved_time: Any
    scheduled_time: Any
    progress: float | None
