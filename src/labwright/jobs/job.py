"""A job: a key that somebody has reserved, and who that is."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labwright.sql.acting import os_user


@dataclass(frozen=True, slots=True)
class WorkerId:
    """Who computes: new for each start of a worker, so that nobody is taken for a namesake that has died.

    Parameters
    ----------
    uuid : str
    host : str
    pid : int
    user : str
    engine_job : str
        What the engine calls the worker.
    version : str
        Of the code.
    engine : str
        What has started it.

    Examples
    --------
    >>> WorkerId.new() == WorkerId.new()
    False
    """

    uuid: str
    host: str
    pid: int
    user: str
    engine_job: str = ""
    version: str = ""
    engine: str = ""

    @classmethod
    def new(cls, engine_job: str = "", version: str = "", engine: str = "") -> WorkerId:
        """A worker that starts now, in this process."""
        return cls(str(uuid.uuid4()), socket.gethostname(), os.getpid(), os_user(), engine_job, version, engine)


@dataclass(frozen=True, slots=True)
class Job:
    """A key that a worker has reserved.

    Parameters
    ----------
    id : int
        The number of the job, never given twice.
    key : mapping
    token : int
        Grows with each claim; results are stored by who holds the newest.
    attempt : int
        Which attempt this is, from 1.
    priority : int

    Examples
    --------
    >>> import labwright as lw
    >>> lw.Job(id=4, key={"mouse": 7}, token=2, attempt=2, priority=5).key
    {'mouse': 7}
    """

    id: int
    key: Mapping[str, Any]
    token: int
    attempt: int
    priority: int


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh has changed.

    Parameters
    ----------
    added : int
        Keys that came into the queue.
    removed : int
        Jobs whose keys are computed by now, or not to be computed any more.
    """

    added: int
    removed: int
