"""What the demo tells while it runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

CLAUSES = re.compile(r" (?=(?:FROM|CROSS JOIN|LEFT JOIN|INNER JOIN|WHERE|GROUP BY|ORDER BY)\b)")


class Report:
    """Tells what is done, on a console."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console

        self.console = console or Console(highlight=False)
        self._steps = 0

    @property
    def is_interactive(self) -> bool:
        """Whether somebody looks on, for whom a bar may move."""
        return self.console.is_terminal

    def title(self, text: str) -> None:
        """Begin a step."""
        self._steps += 1
        self.console.print(f"\n[bold]{self._steps}. {text}[/bold]")

    def say(self, what: str, text: str) -> None:
        """Tell one thing."""
        from rich.text import Text

        self.console.print(Text.assemble("   ", (f"{what:<18}", "cyan"), text), soft_wrap=True)

    def results(self, rows: Sequence[dict[str, Any]]) -> None:
        """Show rows as a table, with a line between subjects."""
        from rich import box
        from rich.padding import Padding
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name, value in rows[0].items():
            table.add_column(name, justify="left" if isinstance(value, str) else "right")
        for row, after in zip(rows, [*rows[1:], rows[-1]], strict=True):
            table.add_row(*map(cell, row.values()), end_section=row["subject"] != after["subject"])
        self.console.print(Padding(table, (0, 0, 0, 3)))

    def source(self, function: Callable[..., Any]) -> None:
        """Show the Python text of a function."""
        self._lines(inspect.getsource(function).splitlines())

    def sql(self, statement: str) -> None:
        """Show a statement, each clause on a line of its own."""
        self.console.print()
        self._lines(CLAUSES.sub("\n", statement).splitlines())

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.console.print(f"   {line}", markup=False, soft_wrap=True)


def cell(value: Any) -> str:
    """Return a value as it stands in the table."""
    if value is None:
        return "-"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)
