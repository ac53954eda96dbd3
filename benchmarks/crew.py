"""Processes that fill one table together, as jobs of a cluster do."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.beds import Bed


class Crew:
    """Processes that are connected, and wait to be told to go.

    Parameters
    ----------
    bed : Bed
        Where the table is.
    count : int
        How many.
    commits : {'shared', 'each'}
    """

    def __init__(self, bed: Bed, count: int, commits: str) -> None:
        command = [sys.executable, "-m", "benchmarks.hand", bed.side, bed.url, bed.name, commits]
        self._hands = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
        ]
        bed.after.callback(self._close)
        self._await("ready")

    def work(self) -> None:
        """Let all of them fill the table, until each has found nothing left to do."""
        for hand in self._hands:
            assert hand.stdin is not None
            hand.stdin.write("go\n")
            hand.stdin.flush()
        self._await("done")

    def _await(self, word: str) -> None:
        for hand in self._hands:
            assert hand.stdout is not None
            if hand.stdout.readline().strip() != word:
                raise RuntimeError(f"a worker ended before it was {word}")

    def _close(self) -> None:
        for hand in self._hands:
            hand.communicate()
