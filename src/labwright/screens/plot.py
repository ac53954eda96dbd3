"""Plots of rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labwright.screens.declaration import Declaration, given_tables, told
from labwright.screens.parameters import options_of
from labwright.tables.table import Table


@dataclass(frozen=True)
class Plot(Declaration):
    """A plot that a lab has declared.

    Parameters
    ----------
    per_row : bool
        Whether it is of one row, beside others of all rows that are looked at.
    """

    per_row: bool = False


def plot(*tables: type[Table], per_row: bool = False, title: str = "") -> Callable[[Callable[..., Any]], Plot]:
    r"""Declare a plot of the rows of a table.

    The function is given a query for each table: of the first one the rows that are looked at, of the others all, but
    never more than whoever looks may see. What stands behind ``*`` are options, which people choose; they need types
    and defaults. It returns a figure of plotly, as an object or as a dict with ``data`` and ``layout``, a chart of
    Vega-Lite, as a dict or as what ``to_dict()`` gives, or a figure of matplotlib.

    Parameters
    ----------
    *tables : Table classes
        The table that it belongs to, and others that it reads.
    per_row : bool
        Whether it is drawn for one row; then the first query is of that row alone.
    title : str
        By default the first line of the docstring; the rest of it tells people what they see.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64  # (g)"
    ...     @lw.plot(Mouse)
    ...     def weights(mice, *, bins: int = 20):
    ...         '''How heavy the mice are.'''
    ...         return {"data": [{"type": "histogram", "x": mice.to_arrays("weight"), "nbinsx": bins}]}
    ...     Mouse.insert([(1, 20.5), (2, 23)])
    ...     weights(Mouse & "weight > 21", bins=5)
    {'data': [{'type': 'histogram', 'x': array([23.]), 'nbinsx': 5}]}
    >>> weights.title, list(weights.options)
    ('How heavy the mice are', ['bins'])
    """

    def declare(function: Callable[..., Any]) -> Plot:
        said, text = told(function)
        found = given_tables("plot", tables)
        return Plot(function.__name__, title or said, text, found, function, options_of(function), per_row)

    return declare
