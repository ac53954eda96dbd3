"""What an address of a grid asks for: which rows of a table, in what order, with which columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labwright.web.desk.grid.paging import read_order, terms_of
from labwright.web.desk.grid.view import Pairs, View, view_of
from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import Filter, filters_of, read_filters

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet


@dataclass(frozen=True)
class Listing:
    """Rows of a table as somebody wants to see them.

    Parameters
    ----------
    view : View
    filters : sequence of Filter
        As they are written.
    words : str
        What is looked for in all columns.
    order : dict of str to bool
        What rows are sorted by, the key last, and whether it falls.
    conditions : list
    problems : sequence of str
        What could not be done of what was asked for.
    """

    view: View
    filters: Sequence[Filter]
    words: str
    order: dict[str, bool]
    conditions: list[Any]
    problems: Sequence[str] = ()

    @property
    def rows(self) -> Any:
        """All that meets the filters."""
        return self.view.rows(*self.conditions)

    @property
    def terms(self) -> list[str]:
        """The order as the language has it."""
        return terms_of(self.view, self.order)

    @property
    def is_narrowed(self) -> bool:
        """Whether some rows may be left out."""
        return bool(self.conditions)


def read_listing(sheet: Sheet, pairs: Pairs) -> Listing:
    """What the names and values of an address ask for.

    Raises
    ------
    BadRequestError
        When rows cannot be sorted so. Filters that cannot be applied are among the problems.
    """
    view = view_of(sheet, pairs)
    given = dict(pairs)
    conditions, problems = filters_of(view.heading, pairs)
    words = given.get("q", "").strip()
    sentences = [f"{p.filter.name}: {p.sentence}" for p in problems]
    sentences += [f"There is no column {name!r} to be shown." for name in view.unknown]
    sought = [view.looked_for(words)] if words else []
    order = read_order(view, given.get("sort", ""))
    return Listing(view, read_filters(pairs), words, order, [*conditions, *sought], sentences)


def exact_listing(sheet: Sheet, pairs: Pairs) -> Listing:
    """The same for whoever does something to all of these rows, which must be those that were meant.

    Raises
    ------
    BadRequestError
        When any of it cannot be done.
    """
    found = read_listing(sheet, pairs)
    if found.problems:
        raise BadRequestError(" ".join(found.problems))
    return found
