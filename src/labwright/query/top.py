"""``lw.Top``: an ordered slice, as a restriction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import index
from typing import Any, Final

from labwright.core.errors import QueryError
from labwright.core.heading import Heading

MOST: Final = (1 << 63) - 1
"""More rows than there are."""
_TERM: Final = re.compile(r"\s*`?([A-Za-z_]\w*)`?(?:\s+(asc|desc))?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Top:
    """The first rows of an expression in some order.

    Parameters
    ----------
    limit : int or None
        How many rows; None for all.
    order_by : str, iterable of str or None
        Attributes, each with ``ASC`` or ``DESC`` behind it; ``"KEY"`` stands for the primary key. None keeps the order
        of the slice it is applied to.
    offset : int
        How many rows to pass over first.

    Examples
    --------
    >>> Top(3, "score DESC")
    Top(limit=3, order_by='score DESC', offset=0)
    """

    limit: int | None = 1
    order_by: str | Iterable[str] | None = "KEY"
    offset: int = 0

    def __post_init__(self) -> None:
        for name, value in (("limit", self.limit), ("offset", self.offset)):
            if value is None and name == "limit":
                continue
            object.__setattr__(self, name, count_of(f"{name} of a Top", value))
        if self.order_by is not None and not isinstance(self.order_by, str):
            object.__setattr__(self, "order_by", tuple(_split(self.order_by)))


def count_of(name: str, value: Any) -> int:
    """A number of rows; numpy's whole numbers will do."""
    try:
        number = -1 if isinstance(value, bool) else index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise QueryError(f"The {name} must be a whole number from 0, not {value!r}.")
    return min(number, MOST)


def order_terms(heading: Heading, order_by: str | Iterable[str] | None) -> tuple[tuple[str, bool], ...]:
    """``order_by`` as (attribute, descending); names are known attributes and nothing else.

    Raises
    ------
    QueryError
        For a term that is not a name with ASC or DESC behind it, and for an unknown name.
    """
    terms: dict[str, bool] = {}
    for name, descending in _expanded(heading, order_by):
        terms.setdefault(name, descending)
    heading.require(terms, "order_by")
    return tuple(terms.items())


def _expanded(heading: Heading, order_by: str | Iterable[str] | None) -> Iterator[tuple[str, bool]]:
    for term in _split(order_by):
        match = _TERM.match(str(term))
        if match is None:
            raise QueryError(f"order_by takes names of attributes, each with ASC or DESC behind it, not {term!r}.")
        descending = (match[2] or "").lower() == "desc"
        if match[1] == "KEY":
            yield from ((name, descending) for name in heading.primary_key)
        else:
            yield match[1], descending


def _split(order_by: str | Iterable[str] | None) -> Iterable[str]:
    if order_by is None:
        return ()
    if isinstance(order_by, str):
        return order_by.split(",")
    if not isinstance(order_by, Iterable):
        raise QueryError(f"order_by takes names of attributes, each with ASC or DESC behind it, not {order_by!r}.")
    return order_by
