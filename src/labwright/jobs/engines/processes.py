"""Workers that are processes of this machine, each a fresh Python.

They are not started by `multiprocessing`, which would run the user's script again in each of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from labwright.core.errors import EngineError
from labwright.jobs.engines.base import Worker, last_words
from labwright.jobs.engines.leaving import left
from labwright.jobs.engines.stopping import request_stop
from labwright.jobs.engines.tail import Tail
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

LOGS: Final = 16
"""Of so many processes, the newest, what they write is kept."""


@dataclass(frozen=True)
class Child:
    """A process, and the file in which it leaves what it returns."""

    process: subprocess.Popen[bytes]
    result: Path

    def seen(self) -> Worker:
        """How it is."""
        name = str(self.process.pid)
        code = self.process.poll()
        if code is None:
            return Worker(name, "running")
        assert self.process.stdin is not None
        self.process.stdin.close()
        outcome = left(self.result)
        if outcome is None:
            return Worker(name, "gone", _how_it_ended(code))
        state, words, report = outcome
        return Worker(name, state, last_words(words), report)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}, without a word"
    with contextlib.suppress(ValueError):
        return f"ended by {signal.Signals(-code).name}"
    return f"ended by signal {-code}"


class Processes:
    """Starts processes on this machine. They end by themselves when this process is killed.

    There are never more than its processors and its memory permit where a table says how much of these a worker needs.

    Parameters
    ----------
    keep : int
        Bytes of the end of what each process writes that are kept; 0 keeps nothing.

    Examples
    --------
    >>> from labwright.jobs.engines.crew import Crew
    >>> engine = Processes()
    >>> with Crew(engine, WorkOrder(entry="labwright.testing.workers:greet"), count=2) as crew:
    ...     crew.wait()
    ...     [worker.report for worker in crew.workers]
    True
    ['hello', 'hello']
    >>> engine.close()
    """

    name = "processes"
    can_kill = True
    interval = 0.05

    def __init__(self, keep: int = 0) -> None:
        self.keep = keep
        self._children: dict[str, Child] = {}
        self._tails: dict[str, Tail] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="labwright-workers-")

    def start(self, order: WorkOrder, count: int, resources: Resources) -> list[str]:
        """Start processes: fewer than were asked for where this machine has not what each needs, but at least one."""
        count = min(count, room_for(resources))
        told = {"path": sys.path, "order": order.to_json(), "password": str(order.password), "is_logged": self.keep > 0}
        data = json.dumps(told).encode() + b"\n"
        started: list[str] = []
        try:
            for _ in range(count):
                started += [self._start(data)]
        except OSError as error:
            self._kill(started)
            raise EngineError(f"No more processes can be started on this machine: {error}") from error
        return started

    def _start(self, told: bytes) -> str:
        result = Path(self._folder.name) / str(len(self._children))
        command = [sys.executable, "-m", "labwright.jobs.engines.child", str(result)]
        out, both = (subprocess.PIPE, subprocess.STDOUT) if self.keep else (None, None)
        given = {**os.environ, **({"PYTHONUNBUFFERED": "1"} if self.keep else {})}
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=both, env=given)  # noqa: S603 - nothing of it is given by users
        assert process.stdin is not None
        if process.stdout is not None:
            self._follow(str(process.pid), Tail(process.stdout, self.keep))
        with contextlib.suppress(BrokenPipeError):  # it has died already, which a look will tell
            process.stdin.write(told)
            process.stdin.flush()
        self._children[str(process.pid)] = Child(process, result)
        return str(process.pid)

    def _follow(self, name: str, tail: Tail) -> None:
        self._tails.pop(name, None)  # the number of a process may come again
        self._tails[name] = tail
        for old in list(self._tails)[:-LOGS]:
            del self._tails[old]

    def logs(self) -> dict[str, str]:
        """The end of what each of the newest processes has written, where that is kept."""
        return {name: tail.text for name, tail in list(self._tails.items())}

    def look(self, workers: Sequence[str]) -> list[Worker]:
        """Say how the processes are."""
        return [self._children[name].seen() for name in workers]

    def stop(self, workers: Sequence[str], crew: str, *, force: bool = False) -> None:
        """Send SIGTERM, or kill."""
        request_stop(crew)
        if force:
            self._kill(workers)
        elif os.name == "posix":  # elsewhere that would be a kill
            for name in workers:
                self._children[name].process.terminate()

    def _kill(self, workers: Sequence[str]) -> None:
        for name in workers:
            self._children[name].process.kill()

    def close(self) -> None:
        """Kill what still runs."""
        for child in self._children.values():
            child.process.kill()
            child.process.wait()
            child.seen()
        for tail in self._tails.values():
            tail.finish()
        self._children.clear()
        self._folder.cleanup()


def room_for(resources: Resources) -> int:
    """Return how many workers this machine has room for, at least one; any number when they need nothing special."""
    rooms = [_processors() // resources.cpus] if resources.cpus > 1 else []
    if resources.memory is not None and "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        rooms.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // resources.memory)
    return max(1, min(rooms, default=sys.maxsize))


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def open_processes(_settings: Mapping[str, Any], _folder: Path) -> Processes:
    """Open the engine ``processes``."""
    return Processes()
