"""The other end of a worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from tests.interop.peers import CURRENT, interpreter

from benchmarks.case import Case

ROOT = Path(__file__).parent.parent


class Contender:
    """A worker that waits to be told to go.

    Parameters
    ----------
    side : {'labwright', 'driver', 'datajoint'}
    url : str
    case : Case
    count : int
    """

    def __init__(self, side: str, url: str, case: Case, count: int) -> None:
        python = interpreter(CURRENT) if side == "datajoint" else sys.executable
        self.side = side
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", side, url, case.name, str(count)],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Contender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate()

    def go(self) -> dict[str, float]:
        """Seconds and bytes of one run.

        Raises
        ------
        RuntimeError
            With the last lines of what the worker said, when it is gone.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write("go\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        for line in self._process.stdout:
            if line.startswith("{"):
                measured: dict[str, float] = json.loads(line)
                return measured
        assert self._process.stderr is not None
        said = self._process.stderr.read().strip().splitlines()
        raise RuntimeError(f"{self.side}: {said[-1] if said else 'it ended without a word'}")


def _environment() -> dict[str, str]:
    """Ours, with the bytecode that an installed package has, too."""
    added = {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "benchmarks" / "bytecode"),
    }
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | added
