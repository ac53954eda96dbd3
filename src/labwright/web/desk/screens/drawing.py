"""Plots, drawn for one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from labwright.web.desk.grid.listing import Listing, read_listing
from labwright.web.desk.grid.view import BEHIND
from labwright.web.desk.screens.figures import Figure, figure_of
from labwright.web.desk.screens.offers import SET, Offers, Pairs, run

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet


def looked_at(sheet: Sheet, pairs: Pairs) -> Listing:
    """The rows that an address of a grid is about, for what is drawn of them; options are no filters."""
    return read_listing(sheet, [(name, text) for name, text in pairs if not name.startswith(SET)])


def conditions_of(listing: Listing) -> list[Any]:
    """What rows of the table itself have to meet to be among those."""
    is_own = all(BEHIND not in name for name in listing.view.heading)
    return listing.conditions if is_own else [listing.rows.proj()]


def draw(desk: Desk, plot: Any, conditions: Sequence[Any] = (), options: Mapping[str, Any] | None = None) -> Figure:
    """A plot of the rows that the person may see and that meet conditions.

    Raises
    ------
    BrokenError
        When the lab's code fails.
    """
    sheets = Offers(desk).sheets(plot) or []
    first, *others = sheets
    queries = [first.rows(*conditions), *(sheet.rows() for sheet in others)]
    return run(desk, sheets, f"The plot {plot.title!r}", lambda: figure_of(plot(*queries, **(options or {}))))
