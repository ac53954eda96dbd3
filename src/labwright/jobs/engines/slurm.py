"""Workers that are tasks of Slurm's array jobs."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from labwright.core.errors import ConfigError, EngineError, LostConnectionError
from labwright.jobs.engines.base import MAX_WORDS, State, Worker, last_words
from labwright.jobs.engines.leaving import left
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

_MEANINGS: Final[Mapping[State, str]] = MappingProxyType(
    {
        "starting": "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD",
        "running": "RUNNING COMPLETING SUSPENDED STOPPED SIGNALING RESIZING STAGE_OUT",
        "finished": "COMPLETED",
    }
)
"""What Slurm's states mean to us; FAILED is told apart by its exit code, and in any other state a worker is gone."""
_COLUMNS: Final = "ArrayJobID:24,ArrayTaskID:24,State:24,exit_code:24,Reason:64"
_NOT_NOW: Final = ("Unable to contact slurm", "Socket timed out", "Connection refused", "Temporarily unable")
_OVER: Final = ("Invalid job id", "already completing", "already finished", "exit code 1")
_WAIT: Final = 120
"""Seconds that a program of Slurm may take."""
_GRACE: Final = 60
"""Seconds before the end of its time that a worker is told of it."""
_STATES: Final = MappingProxyType({word: state for state, words in _MEANINGS.items() for word in words.split()})
PROGRAMS: Final = ("sbatch", "squeue", "scancel")


@dataclass(frozen=True, slots=True)
class SlurmOptions:
    """How jobs are submitted on this cluster.

    Parameters
    ----------
    partition, account : str, optional
    options : tuple of str
        More options of ``sbatch``.
    setup : str
        Lines of the shell that come before a worker, such as ``module load cuda``.
    python : str
        The Python that has Labwright, on the nodes.
    """

    partition: str | None = None
    account: str | None = None
    options: tuple[str, ...] = ()
    setup: str = ""
    python: str = sys.executable


@dataclass(frozen=True, slots=True)
class Task:
    """A task as squeue tells it.

    Parameters
    ----------
    state : str
    status : int
        How it ended, as the system call `wait` has it.
    reason : str
        Why it is in this state.
    """

    state: str
    status: int
    reason: str

    @property
    def meaning(self) -> State:
        """What its state means to us."""
        if self.state == "FAILED" and not os.WIFSIGNALED(self.status):
            return "failed"
        return _STATES.get(self.state, "gone")


class Slurm:
    """Submits workers to Slurm, one array job for each call, with a log for each in a folder of the project.

    Parameters
    ----------
    folder : Path
        Of the logs. The nodes have to see it by the same name.
    options : SlurmOptions
        How jobs are submitted.

    Raises
    ------
    EngineError
        When Slurm's programs are not on this machine.
    """

    name = "slurm"
    can_kill = True

    def __init__(
        self,
        folder: Path,
        options: SlurmOptions = SlurmOptions(),
        *,
        interval: float = 5.0,
    ) -> None:
        missing = [program for program in PROGRAMS if not shutil.which(program)]
        if missing:
            raise EngineError(
                f"Slurm's {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not on this machine. Run this on "
                "a login node of the cluster, or where its client programs are installed."
            )
        self.interval = interval
        self.options = options
        self.folder = folder.absolute()
        self._logs: dict[str, Path] = {}

    def start(self, order: WorkOrder, count: int, resources: Resources) -> list[str]:
        """Submit an array job."""
        folder = self._new_folder(order)
        job = _run(["sbatch", *self._arguments(order, count, resources, folder), str(folder / "script")])
        number = job.partition(";")[0]  # a cluster's name may follow
        names = {f"{number}_{task}": folder / f"{number}_{task}.log" for task in range(count)}
        self._logs |= names
        return list(names)

    def _new_folder(self, order: WorkOrder) -> Path:
        folder = self.folder / f"{order.crew[:8] or 'crew'}-{uuid.uuid4().hex[:8]}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        (folder / "order.json").write_text(order.to_json(), encoding="utf-8")
        (folder / "script").write_text(script(self.options, folder / "order.json"), encoding="utf-8")
        return folder

    def _arguments(self, order: WorkOrder, count: int, resources: Resources, folder: Path) -> list[str]:
        tables = ",".join(path.rpartition(":")[2] for path in order.tables)
        ours = {
            "array": f"0-{count - 1}",
            "job-name": f"labwright-{tables}"[:60].rstrip("-"),
            "output": str(folder / "%A_%a.log"),
            "open-mode": "append",
            "signal": f"B:TERM@{_GRACE}",
            "partition": self.options.partition,
            "account": self.options.account,
        }
        said = [f"--{name}={value}" for name, value in (ours | requested(resources)).items() if value is not None]
        return ["--parsable", "--requeue", *said, *self.options.options]

    def look(self, workers: Sequence[str]) -> list[Worker]:
        """Ask squeue, once for all."""
        tasks = _tasks(name.partition("_")[0] for name in workers)
        return [self._seen(name, tasks.get(name)) for name in workers]

    def _seen(self, name: str, task: Task | None) -> Worker:
        if task is None:
            return Worker(name, "gone", self._log(name) or "Slurm knows nothing of it any more")
        state = task.meaning
        if state == "starting":
            return Worker(name, state, task.reason)
        ended = f"{task.state} ({task.reason})" if state == "gone" else ""
        words = "\n".join(filter(None, (self._log(name), ended)))
        return Worker(name, state, words, self._report(name))

    def _report(self, name: str) -> Any:
        """What a worker has left; one that was cancelled may have ended well."""
        log = self._logs.get(name)
        outcome = log and left(log.with_suffix(".report"))
        return outcome[2] if outcome else None

    def _log(self, name: str) -> str:
        """The end of what a worker has written."""
        try:
            with self._logs[name].open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * MAX_WORDS))
                return last_words(file.read().decode(errors="replace"))
        except (KeyError, OSError):
            return ""

    def stop(self, workers: Sequence[str], crew: str, *, force: bool = False) -> None:
        """Cancel those that wait and send SIGTERM to those that run, or let Slurm kill all of them after its grace."""
        if not workers:
            return
        if force:
            _cancel(*workers)
            return
        _cancel("--state=PENDING", *workers)
        _cancel("--batch", "--signal=TERM", *workers)

    def close(self) -> None:
        """Nothing is held; logs stay."""


def script(options: SlurmOptions, order: Path) -> str:
    """The batch script: the worker takes the shell's place, so that signals reach it."""
    command = shlex.join([options.python, "-m", "labwright", "worker", "--order", str(order)])
    report = f"{shlex.quote(str(order.parent))}/${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}.report"
    here = os.pathsep.join(_own_folders(sys.path))
    lines = (
        "#!/bin/bash",
        f"export PYTHONUNBUFFERED=1 PYTHONPATH={shlex.quote(here)}${{PYTHONPATH:+:$PYTHONPATH}}",
        options.setup.strip(),
        f"exec {command} --report {report}",
    )
    return "\n".join(filter(None, lines)) + "\n"


def _own_folders(path: Iterable[str]) -> list[str]:
    """Where modules of the user are found, and not those of the Python that runs here."""
    prefixes = tuple({sys.prefix, sys.base_prefix, sys.exec_prefix})
    found = (str(Path(folder or ".").absolute()) for folder in path)
    return list(dict.fromkeys(folder for folder in found if not folder.startswith(prefixes)))


def requested(needed: Resources) -> dict[str, Any]:
    """Resources as options of sbatch.

    Examples
    --------
    >>> requested(Resources(cpus=4, gpus=1, memory=32_000_000_000, time=7200))
    {'cpus-per-task': 4, 'gpus': 1, 'mem': '30518M', 'time': 120}
    """
    return {
        "cpus-per-task": needed.cpus,
        "gpus": needed.gpus or None,
        "mem": None if needed.memory is None else f"{-(-needed.memory // 2**20)}M",
        "time": None if needed.time is None else int(-(-needed.time // 60)),
    }


def _tasks(jobs: Iterable[str]) -> dict[str, Task]:
    """What squeue knows of some jobs, by task."""
    wanted = ",".join(sorted(set(jobs)))
    asked = ["squeue", "--noheader", "--array", "--states=all", f"--jobs={wanted}", f"--Format={_COLUMNS}"]
    try:
        lines = _run(asked).splitlines()
    except EngineError as error:
        if "Invalid job id" not in str(error):
            raise
        return {}  # it has forgotten all of them
    return dict(read_task(line) for line in lines if line.strip())


def read_task(line: str) -> tuple[str, Task]:
    """Read a line of squeue: what the task is called, and how it is."""
    job, task, state, status, reason = line.split(None, 4)
    return f"{job}_{task}", Task(state, int(status), reason.strip())


def _run(command: list[str]) -> str:
    """Run a program of Slurm."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and Slurm's programs are what is meant
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=_WAIT
        )
    except subprocess.TimeoutExpired as error:
        raise LostConnectionError(f"Slurm's {command[0]} has said nothing for {_WAIT} s.") from error
    if done.returncode == 0:
        return done.stdout.strip()
    words = done.stderr.strip() or f"exit code {done.returncode}"
    if any(sign in words for sign in _NOT_NOW):
        raise LostConnectionError(f"Slurm does not answer: {words}")
    raise EngineError(f"Slurm's {command[0]} refuses: {words}")


def _cancel(*arguments: str) -> None:
    """Run scancel; that a task has ended meanwhile is no problem."""
    try:
        _run(["scancel", *arguments])
    except EngineError as error:
        if not any(sign in str(error) for sign in _OVER):
            raise


def open_slurm(settings: Mapping[str, Any], folder: Path) -> Slurm:
    """Open the engine ``slurm``."""
    try:
        more = tuple(shlex.split(settings.get("options") or ""))
    except ValueError as error:
        raise ConfigError(f"The options for sbatch cannot be read: {error}: {settings['options']!r}.") from error
    known = {name: settings[name] for name in ("partition", "account", "setup", "python") if settings.get(name)}
    return Slurm(folder / ".labwright" / "workers", SlurmOptions(options=more, **known))


__all__ = ["Slurm", "SlurmOptions"]
