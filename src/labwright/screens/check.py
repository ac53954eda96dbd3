"""Checks of what is entered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labwright.core.errors import DefinitionError
from labwright.core.heading import Heading
from labwright.screens.declaration import Declaration, given_tables, told
from labwright.screens.remark import Doubt, Fault, Remark
from labwright.tables.table import Table

Range = tuple[Any, Any]


@dataclass(frozen=True)
class EntryCheck(Declaration):
    """A check that a lab has declared. Called with a row it returns the remarks on it."""

    def __call__(self, row: Mapping[str, Any]) -> list[Remark]:
        """The remarks on a row."""
        return list(self.function(row) or ())


def check(table: type[Table]) -> Callable[[Callable[..., Any]], EntryCheck]:
    r"""Declare a check of rows that people enter or change.

    The function is given the row as it would become, and gives a `Doubt` or a `Fault` for each thing that it finds. The
    app asks it whenever a row comes by form, import or API. Programs that use the table itself are held to its `rules`
    alone, as is everything that must never be.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64  # (g) \n sex : enum('F', 'M')"
    ...     @lw.check(Mouse)
    ...     def males_are_heavier(mouse):
    ...         if mouse["sex"] == "M" and mouse["weight"] < 15:
    ...             yield lw.Doubt("weight", "That is little for a male.")
    ...     males_are_heavier({"mouse": 1, "weight": 12, "sex": "M"})
    [Doubt(attribute='weight', text='That is little for a male.')]
    """

    def declare(function: Callable[..., Any]) -> EntryCheck:
        return EntryCheck(function.__name__, *told(function), given_tables("check", [table]), function, Heading(()))

    return declare


def ranges(
    table: type[Table], *, usual: Mapping[str, Range] | None = None, possible: Mapping[str, Range] | None = None
) -> EntryCheck:
    r"""Declare between which values attributes are.

    Parameters
    ----------
    table : Table class
    usual : mapping of str to (least, greatest)
        Outside of it there is doubt. None for an end that is open.
    possible : mapping of str to (least, greatest)
        Outside of it there is a fault.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64  # (g)"
    ...     weights = lw.ranges(Mouse, usual={"weight": (10, 60)}, possible={"weight": (0, None)})
    >>> weights({"mouse": 1, "weight": 75})
    [Doubt(attribute='weight', text='It is 75 and usually from 10 to 60.')]
    >>> weights({"mouse": 1, "weight": -1})
    [Fault(attribute='weight', text='It is -1 and has to be 0 or more.')]
    """
    for name, (low, high) in (*(usual or {}).items(), *(possible or {}).items()):
        if low is None and high is None:
            raise DefinitionError(f"The range of {name!r} has no end.")

    def look(row: Mapping[str, Any]) -> Iterator[Remark]:
        faulty = _outside(row, possible or {})
        yield from (Fault(n, f"It is {_told(row[n])} and has to be {_shown(r)}.") for n, r in faulty.items())
        doubtful = _outside(row, usual or {})
        yield from (
            Doubt(n, f"It is {_told(row[n])} and usually {_shown(r)}.") for n, r in doubtful.items() if n not in faulty
        )

    return EntryCheck("ranges", "Ranges", "", given_tables("ranges", [table]), look, Heading(()))


def _outside(row: Mapping[str, Any], limits: Mapping[str, Range]) -> dict[str, Range]:
    return {name: limit for name, limit in limits.items() if not _within(row.get(name), *limit)}


def _within(value: Any, low: Any, high: Any) -> bool:
    return value is None or ((low is None or value >= low) and (high is None or value <= high))


def _told(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(limit: Range) -> str:
    low, high = limit
    if low is None or high is None:
        return f"{high} or less" if low is None else f"{low} or more"
    return f"from {low} to {high}"
