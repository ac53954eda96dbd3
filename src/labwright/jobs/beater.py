"""Signs of life from a process of its own: code that keeps the interpreter to itself stops a thread, but not this."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from labwright.sql.connection import Connection
from labwright.sql.statement import Statement
from labwright.sql.url import DatabaseUrl

Task: TypeAlias = tuple[Sequence[Statement], float]
News: TypeAlias = "queue.Queue[Task | None]"
logger = logging.getLogger(__name__)
PATIENCE: Final = 5.0
"""Seconds in which the process may end by itself."""


class Beater:
    """A process that renews leases until it is told otherwise, or until this process is no more.

    Parameters
    ----------
    url : DatabaseUrl
    interval : float
        Seconds between renewals.
    """

    def __init__(self, url: DatabaseUrl, interval: float) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )
        self._send((url, interval, sys.path, os.getpid()))

    def repeat(self, renewals: Sequence[Statement], until: float) -> None:
        """Run these from now on, and no others, up to a moment in seconds since 1970."""
        self._send((tuple(renewals), until))

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended; the thread goes on
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main(told: BinaryIO) -> None:
    """Renew what is told, until there is nobody to tell it any more."""
    url, interval, sys.path[:], parent = pickle.load(told)  # noqa: S301 - our own parent has written it
    news: News = queue.Queue()
    threading.Thread(target=_listen, args=(told, news), daemon=True).start()
    task: Task | None = ((), math.inf)
    with Connection(url, pool_size=1) as connection:
        while True:
            try:
                task = news.get(timeout=interval)
            except queue.Empty:
                if task is not None and time.time() <= task[1] and not _is_stopped(parent):
                    _renew(connection, task[0])
            if task is None or os.getppid() != parent:  # processes that it has forked may keep the pipe open
                return


def _is_stopped(process: int) -> bool:
    """Whether a process is stopped, as by Ctrl-Z: then it does not compute, and others may have its keys."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:  # where it cannot be told
        return False


def _listen(told: BinaryIO, news: News) -> None:
    with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            news.put(pickle.load(told))  # noqa: S301 - our own parent has written it
    news.put(None)


def _renew(connection: Connection, renewals: Sequence[Statement]) -> None:
    for renewal in renewals:
        try:
            connection.execute(renewal.sql, renewal.params, write=True)
        except Exception as error:  # noqa: BLE001 - the next beat has to come, whatever happens to this one
            logger.warning("a lease could not be renewed: %s", error, extra={"action": "heartbeat"})


if __name__ == "__main__":
    main(sys.stdin.buffer)
