"""Where progress is shown: a bar in a terminal, a cell of a notebook, now and then a line in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from typing import Any, Final, Protocol, TextIO

_FIRST: Final = 10.0
_LONGEST: Final = 600.0


@dataclass(slots=True)
class Row:
    """How far a table is.

    Parameters
    ----------
    title : str
    total : int
        Keys to compute.
    done : int
        Those of which it is known what became of them.
    errors : int
        Those that failed.

    Examples
    --------
    >>> print(Row("Weight", 4500, 1200, 3))
    Weight: 1,200 of 4,500 keys (26%), 3 failed
    """

    title: str
    total: int = 0
    done: int = 0
    errors: int = 0

    def __str__(self) -> str:
        share = f" ({100 * self.done // self.total}%)" if self.total else ""
        return f"{self.title}: {self.done:,} of {self.total:,} keys{share}{self.failed}"

    @property
    def failed(self) -> str:
        """Errors in words; nothing when there are none."""
        return f", {self.errors:,} failed" if self.errors else ""


class Display(Protocol):
    """Shows rows."""

    def pause(self, seconds: float) -> float:
        """How many seconds to wait before it is shown again, after so many seconds of work."""
        ...

    def show(self, rows: Sequence[Row]) -> None:
        """Show how far tables are."""
        ...

    def close(self) -> None:
        """There is no more to show."""
        ...


class Lines:
    """Lines in a log, which become rarer as time goes on.

    Parameters
    ----------
    stream : file
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: dict[str, str] = {}

    def pause(self, seconds: float) -> float:
        """Ten seconds, and after three minutes a twentieth of the time."""
        return min(_LONGEST, max(_FIRST, seconds / 20))

    def show(self, rows: Sequence[Row]) -> None:
        """Write a line for each table that has moved on."""
        for row in rows:
            if row.total and self._told.get(row.title) != str(row):
                self._told[row.title] = str(row)
                print(row, file=self._stream, flush=True)

    def close(self) -> None:
        """Nothing is held."""


class Bars:
    """Bars in a terminal, on standard error; what is printed meanwhile stands above them."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Remaining

        failed = TextColumn("[red]{task.fields[failed]}")
        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), failed, TimeElapsedColumn(), Remaining())
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._tasks: dict[str, Any] = {}
        self._progress.start()

    def pause(self, seconds: float) -> float:
        """As often as can be seen."""
        return 0.1

    def show(self, rows: Sequence[Row]) -> None:
        """Move the bars; a table has one as soon as it has something to do."""
        for row in rows:
            if row.title not in self._tasks and row.total:
                self._tasks[row.title] = self._progress.add_task(row.title, total=row.total, failed="")
            if row.title in self._tasks:
                task, words = self._tasks[row.title], row.failed.removeprefix(", ")
                self._progress.update(task, total=row.total, completed=row.done, failed=words)

    def close(self) -> None:
        """Leave the bars as they are."""
        self._progress.stop()


class Cell:
    """The output of a notebook's cell; it needs no widgets.

    Parameters
    ----------
    update : callable
        Shows HTML in place of what it has shown before.
    """

    def __init__(self, update: Callable[[str], object]) -> None:
        self._update = update

    def pause(self, seconds: float) -> float:
        """Twice a second: each is a message to the browser."""
        return 0.5

    def show(self, rows: Sequence[Row]) -> None:
        """Show a bar and the counts of each table that has something to do."""
        bars = (
            f'<div><progress value="{row.done}" max="{row.total}"></progress> {escape(str(row))}</div>'
            for row in rows
            if row.total
        )
        self._update("".join(bars))

    def close(self) -> None:
        """It stays in the notebook as it is."""


def display_here() -> Display:
    """What suits the place in which this runs."""
    if _in_notebook():
        return Cell(_cell_output())
    return Bars() if sys.stderr.isatty() else Lines(sys.stderr)


def _in_notebook() -> bool:
    """Whether IPython runs here, and has a kernel that shows things."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


def _cell_output() -> Callable[[str], object]:
    shown: Any = import_module("IPython.display")
    handle = shown.display(shown.HTML(""), display_id=True)
    return lambda html: handle.update(shown.HTML(html))
