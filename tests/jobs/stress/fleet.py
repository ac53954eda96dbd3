"""Workers as processes, what is done to them, and whether all is well in the end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final

from tests.jobs.stress.pipeline import PARTS, build, busy

import labwright as lw
from labwright.jobs.queue import LOST
from labwright.sql.url import DatabaseUrl, parse_url

STRESS: Final = int(os.environ.get("LABWRIGHT_STRESS", "0"))
"""How often each thing is done to the workers, where somebody has the time."""
ROOT: Final = Path(__file__).parents[3]
MODULE: Final = "tests.jobs.stress.pipeline"
ALL: Final = ("Summary",)
FILLED: Final = ("Signal", "Spectrum", "Summary")
GIVEN_UP: Final = (f"worker lost {LOST} times", "LostConnectionError: ")
EMPTY: Final[Mapping[str, str]] = MappingProxyType({})
LEASE: Final = 2.0
PATIENCE: Final = 200.0
"""Seconds after which something that has to happen is not awaited any more; only a fault takes so long."""
PROGRAM: Final = "import sys; from labwright.cli.main import main; sys.argv[0] = 'labwright'; main()"


def spelled(url: DatabaseUrl) -> str:
    """The address with its password."""
    return str(url).replace(":***", f":{url.password}")


@dataclass
class Lab:
    """The pipeline in a schema of its own, and the workers that fill it."""

    project: lw.Project
    schema: str
    folder: Path
    tables: SimpleNamespace
    filled: Sequence[str] = FILLED
    entered: int = 0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def start(
        self,
        *tables: str,
        more: Sequence[object] = ("--until-empty",),
        lease: float = LEASE,
        url: DatabaseUrl | None = None,
        settings: Mapping[str, str] = EMPTY,
        within: Sequence[str] = (),
        **env: object,
    ) -> subprocess.Popen[bytes]:
        """Start ``labwright worker`` for some tables and all that they need.

        `within` is a program that starts it, and `env` is told as ``LABWRIGHT_STRESS_...``.
        """
        named = [f"{MODULE}.{name}" for name in tables or ALL]
        with self.log(len(self.workers)).open("wb") as log:
            worker = subprocess.Popen(
                [*within, sys.executable, "-c", PROGRAM, "worker", *named, "--lease", str(lease), *map(str, more)],
                cwd=self.folder,
                env={**self.environment(url, **env), **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        self.figures["workers"] += 1
        return worker

    def log(self, number: int) -> Path:
        """What a worker writes."""
        return self.folder / f"worker{number}.log"

    def ready(self) -> None:
        """Wait until all workers have found their tables: one that starts without a database says so, and ends."""
        self.until(
            lambda: all(b" fills " in self.log(n).read_bytes() for n in range(len(self.workers))), "all to start"
        )

    def is_busy(self, worker: subprocess.Popen[bytes]) -> bool:
        """Whether a worker computes right now."""
        return busy(worker.pid, self.folder).exists()

    def environment(self, url: DatabaseUrl | None, **more: object) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LABWRIGHT_", "DJ_"))}
        ours = {
            "LABWRIGHT_DATABASE": spelled(url or self.project.connection.url),
            "LABWRIGHT_STRESS_SCHEMA": self.schema,
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT), str(ROOT / "src")]),
            "HOME": str(self.folder),
        }
        given = {f"LABWRIGHT_STRESS_{name}": str(value) for name, value in more.items()}
        return kept | ours | given

    @property
    def holders(self) -> set[int]:
        """The processes that hold keys."""
        jobs = [job for name in self.filled for job in self.jobs(name).values()]
        return {int(job["pid"]) for job in jobs if job["status"] == "reserved"}

    @property
    def running(self) -> list[subprocess.Popen[bytes]]:
        return [w for w in self.workers if w.poll() is None]

    def keep(self, count: int, *tables: str, **options: Any) -> None:
        """Replace workers that are no more."""
        for _ in range(count - len(self.running)):
            self.start(*tables, **options)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker without a warning."""
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        self.figures["kills"] += 1

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something that has to happen."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}: {self.left()}; workers: {self.said()}"
            time.sleep(0.05)

    def finish(self) -> None:
        """Wait until all workers have ended by themselves."""
        self.until(lambda: not self.running, "workers to end")

    def dismiss(self) -> None:
        """Ask all workers to end, and see that they leave nothing reserved."""
        for worker in self.running:
            worker.terminate()
        self.finish()
        assert self.held() == 0

    def stop(self, worker: subprocess.Popen[bytes]) -> bool:
        """Stop a worker; False where it has to go on, since it holds up all who write to the same file."""
        worker.send_signal(signal.SIGSTOP)
        try:
            with self.project.connection.transaction:  # which writes, where a file has one writer at a time
                pass
        except lw.errors.LockError:
            worker.send_signal(signal.SIGCONT)
            return False
        self.figures["stops"] += 1
        return True

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self.running:
            worker.kill()
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGCONT)
            worker.wait()

    def left(self) -> dict[str, dict[int, Mapping[str, Any]]]:
        """All jobs."""
        return {name: self.jobs(name) for name in self.filled}

    def said(self) -> str:
        """What the workers have written, shortened."""
        texts = [path.read_text(errors="replace") for path in sorted(self.folder.glob("worker*.log"))]
        return "\n".join(text[-1500:] for text in texts if text.strip())[-6000:]

    def reported(self, what: str) -> int:
        """How many keys the workers that have ended report so, e.g. as lost."""
        texts = (path.read_text(errors="replace") for path in self.folder.glob("worker*.log"))
        return sum(int(number) for text in texts for number in re.findall(rf"(\d+) {what}", text))

    def enter(self, count: int) -> None:
        """Enter so many more recordings."""
        self.tables.Recording.insert((n, 7 * n + 1) for n in range(self.entered, self.entered + count))
        self.entered += count

    def progress(self, name: str = "Summary") -> None:
        """Wait until something more has gone all the way, or everything has."""
        least = min(self.count(name) + 1, self.entered)
        self.until(lambda: self.count(name) >= least, "something to be computed")

    def settle(self, last: str = "Summary", *, forgiving: bool = False) -> None:
        """Wait until everything has, and nobody holds anything.

        A key is given up when three workers that had it were killed, stopped or cut off: `forgiving` tries it again.
        """

        def complete() -> bool:
            if forgiving:
                self.forgive()
            return self.count(last) == self.entered

        self.until(complete, "all to be computed")
        self.until(lambda: self.held() == 0, "leases to end")

    def forgive(self) -> None:
        """Try again what was given up for what befell the workers."""
        for name in self.filled:
            failed = {key: job for key, job in self.jobs(name).items() if job["status"] == "error"}
            unlucky = [key for key, job in failed.items() if job["error_message"].startswith(GIVEN_UP)]
            assert {failed[key]["attempts"] for key in unlucky} <= {LOST}
            if unlucky:
                (getattr(self.tables, name).jobs & [{"recording": key} for key in unlucky]).reset()
                self.figures["given up"] += len(unlucky)

    def jobs(self, name: str) -> dict[int, Mapping[str, Any]]:
        """The jobs of a table, by recording."""
        rows = getattr(self.tables, name).jobs.proj("status", "attempts", "error_message", "pid").to_dicts()
        return {row["recording"]: row for row in rows}

    def count(self, name: str) -> int:
        return len(getattr(self.tables, name)())

    def held(self) -> int:
        """How many keys are reserved by anybody."""
        return sum(job["status"] == "reserved" for name in self.filled for job in self.jobs(name).values())

    def check(self, *, once: bool = True) -> None:
        """Every key is there exactly once, with its parts, as it follows from what is entered now."""
        t = self.tables
        values = rows(t.Recording, "recording", "value")
        assert rows(t.Signal, "recording", "total") == {k: PARTS * v for k, v in values.items()}, self.said()
        assert parts(t.Signal.Sample, "sample") == {(k, n): n * v for k, v in values.items() for n in range(PARTS)}
        assert rows(t.Spectrum, "recording", "power") == {k: v**2 for k, v in values.items()}, self.said()
        assert parts(t.Spectrum.Band, "band") == {(k, n): n + v for k, v in values.items() for n in range(PARTS)}
        expected = {k: PARTS * v + v**2 + sum(n + v for n in range(PARTS)) for k, v in values.items()}
        assert rows(t.Summary, "recording", "score") == expected, self.said()
        for name in self.filled:
            assert self.jobs(name) == {}, self.said()
            self.figures["keys"] += self.count(name)
        if once:
            self.check_once()
        self.tell()

    def check_once(self) -> None:
        """Nothing was stored twice, not even what no key would refuse."""
        stored = Counter(zip(*self.tables.Log.to_arrays("stage", "recording"), strict=True))
        assert set(stored.values()) == {1}

    def tell(self) -> None:
        """Print what was done."""
        counted = ", ".join(f"{count} {what}" for what, count in sorted(self.figures.items()))
        print(f"{counted}, {time.monotonic() - self.began:.1f} s")


def rows(table: Any, key: str, value: str) -> dict[int, int]:
    return {int(row[key]): int(row[value]) for row in table.proj(value).to_dicts()}


def parts(table: Any, part: str) -> dict[tuple[int, int], int]:
    return {(int(r["recording"]), int(r[part])): int(r["level"]) for r in table.to_dicts()}


@contextmanager
def opened_lab(url: DatabaseUrl | str, schema: str, folder: Path) -> Iterator[Lab]:
    """The pipeline in a database; no worker survives the block."""
    with lw.Project(parse_url(url) if isinstance(url, str) else url) as project:
        lab = Lab(project, schema, folder, build(lw.Schema(schema, connection=project)))
        lab.enter(1)
        try:
            yield lab
        finally:
            lab.end()
