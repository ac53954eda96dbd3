"""Columns that are computed for reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labwright.core.heading import Heading
from labwright.screens.declaration import Declaration, given_tables, told
from labwright.tables.table import Table


@dataclass(frozen=True)
class Column(Declaration):
    """A column that a lab has declared."""


def column(table: type[Table], title: str = "") -> Callable[[Callable[..., Any]], Column]:
    r"""Declare a column that is computed from each row where rows are shown.

    The function is given a row as a dict, with the attributes that whoever looks may see, large ones aside, and returns
    what is to stand there: a text, a number, a date, or None. It is asked for each row of a page, so it should be fast;
    what takes longer belongs into a computed table.

    Parameters
    ----------
    table : Table class
    title : str
        What stands above it; by default the name of the function.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64  # (g)"
    ...     @lw.column(Mouse)
    ...     def is_heavy(mouse):
    ...         return "heavy" if mouse["weight"] > 30 else None
    ...     is_heavy({"mouse": 1, "weight": 31.5})
    'heavy'
    """

    def declare(function: Callable[..., Any]) -> Column:
        text = " ".join(told(function)) if function.__doc__ else ""
        found = given_tables("column", [table])
        name = title or function.__name__.replace("_", " ")
        return Column(function.__name__, name, text.strip(), found, function, Heading(()))

    return declare
