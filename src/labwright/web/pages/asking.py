"""The form in which somebody says which rows and columns of a table they want to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from labwright.web.desk.grid.saved_views import query_of
from labwright.web.desk.grid.view import offered, view_of
from labwright.web.fields import SIGNS, Filter, field_of
from labwright.web.fields.field import NULLS

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from labwright.web.desk.grid.listing import Listing
    from labwright.web.desk.grid.view import Pairs
    from labwright.web.desk.sheet import Sheet

SORTS: Final = 3
"""So many columns can be chosen to sort by."""
LAST: Final = 10_000


@dataclass(frozen=True)
class Choice:
    """A column that can be shown, and its place among those that are; 0 when it is not."""

    name: str
    comment: str
    place: int


@dataclass(frozen=True)
class Form:
    """What the form begins with.

    Parameters
    ----------
    filters : sequence of Filter
        Those that are set.
    columns : sequence of Choice
    sorted_by : sequence of (str, bool)
        Names, and whether they fall; empty ones for more.
    comparable : mapping of str to operators
        The columns that can be compared, each with how.
    sortable : sequence of str
    """

    filters: Sequence[Filter]
    columns: Sequence[Choice]
    sorted_by: Sequence[tuple[str, bool]]
    comparable: Mapping[str, Sequence[str]]
    sortable: Sequence[str]

    @property
    def signs(self) -> Mapping[str, str]:
        """What people read for each operator."""
        return SIGNS


def form_of(listing: Listing, pairs: Pairs) -> Form:
    """The form that leads to a listing."""
    view = listing.view
    known = {name: field_of(a) for name, a in [*view.heading.items(), *offered(view.sheet)]}
    places = {name: place for place, name in enumerate(view.chosen, 1)}
    order = [t for t in dict(pairs).get("sort", "").split(",") if t][:SORTS]
    sorted_by = [(t.removeprefix("-"), t.startswith("-")) for t in order]
    return Form(
        filters=listing.filters,
        columns=[
            Choice(name, field.attribute.comment, places.get(name, 0))
            for name, field in sorted(known.items(), key=lambda item: places.get(item[0], LAST))
            if not field.is_heavy
        ],
        sorted_by=[*sorted_by, *[("", False)] * (SORTS - len(sorted_by))],
        comparable={name: field.operators for name, field in known.items() if field.operators},
        sortable=[name for name, field in known.items() if field.column.is_sortable],
    )


def query_asked(sheet: Sheet, given: QueryParams) -> str:
    """The part of an address that a form describes."""
    texts = zip(given.getlist("on"), given.getlist("is"), given.getlist("to"), strict=False)
    filters = [Filter(name, sign, "1" if sign in NULLS else text.strip()) for name, sign, text in texts if name]
    pairs = [(f.key, f.text) for f in filters if f.text]
    ways = zip(given.getlist("by"), given.getlist("way"), strict=False)
    order = [f"{'-' * (way == 'down')}{name}" for name, way in ways if name]
    shown = _shown(given)
    for name, text in (("q", given.get("q", "").strip()), ("sort", ",".join(dict.fromkeys(order)))):
        pairs += [(name, text)] if text else []
    if shown and tuple(shown) != view_of(sheet).chosen:
        pairs.append(("columns", ",".join(shown)))
    return query_of(pairs)


def _shown(given: QueryParams) -> list[str]:
    """The columns that are ticked, in the order of the numbers beside them."""
    places = dict(zip(given.getlist("column"), given.getlist("place"), strict=False))
    ticked = given.getlist("show")
    return sorted(dict.fromkeys(ticked), key=lambda name: _number(places.get(name, "")))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < LAST else LAST
