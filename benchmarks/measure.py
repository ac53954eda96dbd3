"""Running the contenders of a case by turns."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.case import Case
from benchmarks.contender import Contender


@dataclass(frozen=True)
class Measured:
    """Times and memory of all contenders of a case, run after run, and the share of the data that they fetched."""

    case: Case
    database: str
    count: int
    seconds: dict[str, list[float]]
    growth: dict[str, list[float]]
    share: dict[str, list[float]]

    def time(self, side: str) -> float | None:
        """The median time."""
        return median(self.seconds[side]) if self.seconds.get(side) else None

    def ratio(self, side: str, other: str) -> float | None:
        """The median of how many times as long `side` took as `other` in the same round."""
        pairs = list(zip(self.seconds.get(side, ()), self.seconds.get(other, ()), strict=False))
        return median(a / b for a, b in pairs) if pairs else None


def measure(case: Case, database: str, url: str | None, *, runs: int, quick: bool, peer: bool) -> Measured:
    """Run the case `runs` times by turns, after one turn that does not count."""
    sides = ["labwright", *["driver"] * (case.driver is not None)]
    sides += ["datajoint"] * (peer and case.peer and database != "sqlite")
    count = case.few if quick else case.count
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        contenders = [
            stack.enter_context(Contender(side, url or f"sqlite:///{Path(folder) / side}.db", case, count))
            for side in sides
        ]
        return _by_turns(case, database, count, contenders, min(runs, case.turns or runs))


def _by_turns(case: Case, database: str, count: int, contenders: Sequence[Contender], runs: int) -> Measured:
    found = Measured(case, database, count, {}, {}, {})
    for turn in range(runs + 1):
        for contender in contenders:
            try:
                run = contender.go()
            except RuntimeError as error:
                print(f"benchmarks: {case.name} on {database}: {error}", file=sys.stderr)
                contenders = [c for c in contenders if c is not contender]
                continue
            if turn:
                for name, number in run.items():
                    getattr(found, name).setdefault(contender.side, []).append(number)
    return found
