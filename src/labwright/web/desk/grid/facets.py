"""Which values columns have most often, among the rows that a person sees, without looking at all of a large table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import labwright as lw

if TYPE_CHECKING:
    from labwright.web.desk.grid.listing import Listing

LOOKED_AT: Final = 5_000
"""So many rows are looked at, the first in the order of the key."""
SHOWN: Final = 12
"""So many values are told of a column."""
DISTINCT: Final = 40
"""A column of texts with more values than this has none that stand for groups."""


@dataclass(frozen=True)
class Value:
    """A value of a column: as it is read, as a filter has it, and how many rows have it."""

    text: str
    filter: str
    count: int


@dataclass(frozen=True)
class Facet:
    """The most frequent values of a column.

    Parameters
    ----------
    name : str
    values : sequence of Value
        The most frequent first.
    others : int
        How many more values there are.
    """

    name: str
    values: Sequence[Value]
    others: int


@dataclass(frozen=True)
class Facets:
    """What the columns of a listing hold.

    Parameters
    ----------
    facets : sequence of Facet
    looked_at : int
        The number of rows that were looked at.
    is_partial : bool
        Whether there are more rows, so that there is at least as much of everything as is told.
    """

    facets: Sequence[Facet]
    looked_at: int
    is_partial: bool


def facets_of(listing: Listing) -> Facets:
    """The most frequent values of the columns that sort rows into groups: labels, flags, references and short texts."""
    view = listing.view
    names = [name for name in view.chosen if _groups(listing, name)]
    if not names:
        return Facets((), 0, is_partial=False)
    inner = [view.inner(name) for name in names]
    sample = listing.rows.proj(*inner) & lw.Top(LOOKED_AT + 1, None)
    rows = sample.to_dicts()
    counted = [(name, Counter(row[i] for row in rows[:LOOKED_AT])) for name, i in zip(names, inner, strict=True)]
    found = chain.from_iterable(_facet(listing, name, values) for name, values in counted)
    return Facets(list(found), min(len(rows), LOOKED_AT), len(rows) > LOOKED_AT)


def _groups(listing: Listing, name: str) -> bool:
    """Whether the values of a column can stand for groups."""
    view = listing.view
    field = view.fields[name]
    if field.kind in ("choice", "flag") or any(set(r.attributes) == {name} for r in view.sheet.references):
        return True
    alone_in_key = list(view.sheet.key) == [name]
    return field.kind == "text" and field.macro == "text" and not alone_in_key


def _facet(listing: Listing, name: str, counts: Counter[Any]) -> Iterator[Facet]:
    """Nothing, where each value stands for itself."""
    field = listing.view.fields[name]
    refers = any(set(r.attributes) == {name} for r in listing.view.sheet.references)
    if not counts or (len(counts) > DISTINCT and not refers) or (len(counts) > 1 and max(counts.values()) == 1):
        return
    top = [Value(field.format(v), field.edit(v), n) for v, n in counts.most_common(SHOWN) if v is not None]
    yield Facet(name, top, len(counts) - len(top) - (None in counts))
