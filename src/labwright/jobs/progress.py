"""How far the filling of tables is: counted here, and asked of the database where others fill them too."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from labwright.core.errors import LabwrightError
from labwright.jobs.display import Display, Row, display_here
from labwright.jobs.key_source import fitting, missing_keys, restricted_source
from labwright.jobs.outcome import Outcome

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

SHORTEST: Final = 1.0
"""Seconds between two questions to the database, at least."""
SHARE: Final = 20
"""So much longer than a question takes is the pause before the next one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many keys of a table are there, are still to be computed, and have failed.

    Parameters
    ----------
    there, left, failed : int
    """

    there: int
    left: int
    failed: int


def standing(table: AutoPopulate, restrictions: Iterable[object]) -> Standing:
    """Ask the database how far a table is. Keys that failed or are ignored are not still to be computed."""
    wanted = restricted_source(table, restrictions)
    missing, jobs = missing_keys(table, wanted), table.jobs
    remaining = len(missing)
    there = len(wanted) - remaining
    if not jobs.is_declared:
        return Standing(there, remaining, 0)
    failed, ignored = (len(missing.restrict(j, semantic_check=False)) for j in (jobs.errors, jobs.ignored))
    return Standing(there, remaining - failed - ignored, failed)


class Counter:
    """Counts the keys of one table.

    Parameters
    ----------
    name : str
        Of the table, as outcomes have it.
    row : Row
    ask : callable, optional
        Asks the database; without it nobody else fills the table.
    most : int, optional
        So many keys are computed at most.
    """

    def __init__(self, name: str, row: Row, ask: Callable[[], Standing] | None = None, most: int | None = None) -> None:
        self.name = name
        self.row = row
        self._ask = ask
        self._most = most
        self._begun: Standing | None = None

    def add(self, outcome: Outcome) -> None:
        """Count what became of a key here."""
        if outcome.state == "retry":
            return
        self.row.done += 1
        self.row.total = max(self.row.total, self.row.done)
        self.row.errors += outcome.state == "error"

    def look(self) -> None:
        """Ask what became of all keys since it was asked first."""
        if self._ask is None:
            return
        now = self._ask()
        begun = self._begun = self._begun or now
        self.row.errors = max(0, now.failed - begun.failed)
        self.row.done = max(0, now.there - begun.there) + self.row.errors
        total = self.row.done + max(0, now.left)
        self.row.total = total if self._most is None else max(self.row.done, min(total, self._most))


class Progress:
    """Shows how far tables are, for as long as its ``with`` block lasts.

    Parameters
    ----------
    counters : sequence of Counter
    display : Display, optional
        Without it nothing is shown.
    clock : callable
        Gives seconds.
    """

    def __init__(
        self,
        counters: Sequence[Counter] = (),
        display: Display | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counters = {counter.name: counter for counter in counters}
        self._display = display
        self._clock = clock
        self._began = self._shown = clock()
        self._look_at = 0.0

    def __enter__(self) -> Self:
        if self._display is not None:
            self._look()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._display is not None:
            if kind is None or issubclass(kind, Exception):  # who is interrupted does not wait for the database
                self._look()
            self._display.show(self._rows)
            self._display.close()

    def add(self, outcome: Outcome) -> None:
        """Count what became of a key here, and show it when it is time to."""
        if self._display is not None:
            self._counters[outcome.table].add(outcome)
            self.tick()

    def tick(self) -> None:
        """Show how far the tables are, when it is time to."""
        if self._display is None:
            return
        now = self._clock()
        if now - self._shown < self._display.pause(now - self._began):
            return
        if now >= self._look_at:
            self._look()
        self._shown = now
        self._display.show(self._rows)

    @property
    def _rows(self) -> list[Row]:
        return [counter.row for counter in self._counters.values()]

    def _look(self) -> None:
        began = self._clock()
        with contextlib.suppress(LabwrightError):  # it matters less than the computation
            for counter in self._counters.values():
                counter.look()
        now = self._clock()
        self._look_at = now + max(SHORTEST, SHARE * (now - began))


def progress_of_keys(table: AutoPopulate, count: int, *, display: bool) -> Progress:
    """Progress of so many keys that are computed here, and by nobody else."""
    name = type(table).__name__
    return Progress([Counter(str(table.id), Row(name, count))], display_here()) if display else Progress()


def progress_of_queues(
    tables: Sequence[AutoPopulate], restrictions: Sequence[object], most: int | None = None, *, display: bool
) -> Progress:
    """Progress of tables that any number of workers fill."""
    if not display:
        return Progress()
    if len(tables) == 1:
        return Progress([_asking(tables[0], type(tables[0]).__name__, restrictions, most)], display_here())
    named = [(t, f"{t.database}.{type(t).__name__}", fitting(t, restrictions)) for t in tables]
    return Progress([_asking(*told, most) for told in named], display_here())


def _asking(table: AutoPopulate, title: str, restrictions: Sequence[object], most: int | None) -> Counter:
    return Counter(str(table.id), Row(title), lambda: standing(table, restrictions), most)
