"""Rows of a view, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.address import read_key, spell_key
from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import FieldError

if TYPE_CHECKING:
    from labwright.web.desk.grid.view import View

SIZE: Final = 50
"""Rows of a page."""
COUNTED: Final = 10_000
"""Rows are counted up to here; nobody needs more figures of more."""
END: Final = "end"
"""Stands for the place behind the last row."""
Order = Mapping[str, bool]


@dataclass(frozen=True)
class Page:
    """Some rows, and where those before and after them are."""

    rows: Sequence[Mapping[str, Any]]
    preceding: str | None
    following: str | None


def read_order(view: View, text: str) -> dict[str, bool]:
    """What rows are sorted by, the key last, and whether it falls: of ``-date,mouse``.

    Raises
    ------
    BadRequestError
        When it names what cannot be sorted by.
    """
    terms = {t.removeprefix("-"): t.startswith("-") for t in text.split(",") if t}
    for name in terms:
        if name not in view.fields or not view.fields[name].column.is_sortable:
            raise BadRequestError(f"{view.sheet.title} cannot be sorted by {name!r}.")
    return terms | {name: False for name in view.sheet.key if name not in terms}


def terms_of(view: View, order: Order) -> list[str]:
    """An order as the language has it."""
    return [f"{view.inner(name)} DESC" if falls else view.inner(name) for name, falls in order.items()]


def read_page(
    view: View,
    conditions: Sequence[Any],
    order: Order,
    after: str | None = None,
    before: str | None = None,
    size: int = SIZE,
) -> Page:
    """The rows after a place in an order, or before one."""
    if before is not None:
        return _read_back(view, conditions, order, before, size)
    rows = _read(view, conditions, order, None if after is None else _place(view, order, after), size)
    first = rows[:1] if after is not None else []
    last = rows[size - 1 : size] if len(rows) > size else []
    return Page(rows[:size], _spelled(view, order, first), _spelled(view, order, last))


def _read_back(view: View, conditions: Sequence[Any], order: Order, before: str, size: int) -> Page:
    backward = {name: not falls for name, falls in order.items()}
    place = None if before == END else _place(view, order, before)
    found = _read(view, conditions, backward, place, size)
    rows = found[:size][::-1]
    preceding = rows[:1] if len(found) > size else []
    return Page(rows, _spelled(view, order, preceding), _spelled(view, order, rows[-1:] if place else []))


def _read(
    view: View, conditions: Sequence[Any], order: Order, place: Mapping[str, Any] | None, size: int
) -> list[Mapping[str, Any]]:
    terms = terms_of(view, order)
    names = dict.fromkeys(view.inner(name) for name in (*view.chosen, *order))
    found = view.rows(*conditions).proj(*names)
    if place is not None:
        found &= lw.After(place, order_by=terms)
    rows: list[Mapping[str, Any]] = found.to_dicts(order_by=terms or None, limit=size + 1)
    return rows


def count(view: View, conditions: Sequence[Any]) -> int:
    """How many rows there are, counted up to one more than `COUNTED`."""
    # Without conditions, what rows refer to neither adds nor removes any
    rows = view.rows(*conditions) if conditions else view.sheet.rows()
    return int(rows.count(at_most=COUNTED + 1))


def _spelled(view: View, order: Order, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Where the one row stands in an order, if there is one."""
    if not rows or not order:
        return None
    values = [(view.fields[name], rows[0][view.inner(name)]) for name in order]
    return spell_key(["" if value is None else f"={field.edit(value)}" for field, value in values])


def _place(view: View, order: Order, text: str) -> dict[str, Any]:
    found = read_key(text)
    if found is None or len(found) != len(order):
        raise BadRequestError("This address is not of a page that was here; begin again with the first one.")
    try:
        return {view.inner(n): view.fields[n].parse(v[1:]) if v else None for n, v in zip(order, found, strict=True)}
    except FieldError as error:
        raise BadRequestError(str(error)) from error
