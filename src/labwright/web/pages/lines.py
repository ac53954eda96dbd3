"""A page of a grid, ready to be drawn: all that is known of columns is looked up once, not for every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from labwright.web.desk.address import spell_key
from labwright.web.desk.changing.many import changeable
from labwright.web.desk.grid.saved_views import query_of
from labwright.web.desk.grid.view import BEHIND
from labwright.web.desk.screens.columns import computed_cells, computed_columns
from labwright.web.fields import SIGNS, Filter, excerpt

if TYPE_CHECKING:
    from labwright.web.desk.grid.listing import Listing
    from labwright.web.desk.grid.view import Pairs


@dataclass(frozen=True)
class Head:
    """A column.

    Parameters
    ----------
    name : str
    align : str
    unit, comment : str
    sort : str
        The address that sorts by it; empty where nothing does.
    falls : bool or None
        Which way it is sorted by; None when it is not.
    is_changeable : bool
    """

    name: str
    align: str
    unit: str
    comment: str
    sort: str
    falls: bool | None
    is_changeable: bool


@dataclass(frozen=True)
class Line:
    """A row: its key as addresses have it, where its page is, and its cells; None where there is no value."""

    key: str
    href: str
    cells: Sequence[str | None]


@dataclass(frozen=True)
class Mark:
    """A filter that is set, in words, and the address without it."""

    text: str
    without: str


def heads_of(listing: Listing, pairs: Pairs) -> list[Head]:
    """The columns of a grid."""
    view = listing.view
    own = set(changeable(view.sheet))
    sorted_by = [t for t in dict(pairs).get("sort", "").split(",") if t]
    now = {t.removeprefix("-"): t.startswith("-") for t in sorted_by}
    computed = [Head(c.title, "start", "", c.text, "", None, False) for c in computed_columns(view.sheet)]
    return [
        Head(
            name=name,
            align=field.align,
            unit=field.unit,
            comment=field.attribute.comment,
            sort=_with(pairs, sort=f"-{name}" if now.get(name) is False else name) if field.column.is_sortable else "",
            falls=now.get(name),
            is_changeable=BEHIND not in name and name in own,
        )
        for name, field in ((name, view.fields[name]) for name in view.chosen)
    ] + computed


def lines_of(listing: Listing, rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The rows of a page."""
    view = listing.view
    key = [(view.inner(name), view.fields[name].edit) for name in view.sheet.key]
    cells = [(view.inner(name), view.fields[name].format) for name in view.chosen]
    where = f"/t/{quote(view.sheet.name)}/"
    found = []
    own = [{name: row[view.inner(name)] for name in view.sheet.key} for row in rows]
    computed = computed_cells(view.sheet, computed_columns(view.sheet), own)
    for row, more in zip(rows, computed, strict=True):
        spelled = spell_key([edit(row[name]) for name, edit in key])
        texts = [None if row[name] is None else excerpt(show(row[name])) for name, show in cells]
        found.append(Line(spelled, where + quote(spelled, safe="~,:"), [*texts, *more]))
    return found


def marks_of(listing: Listing, pairs: Pairs) -> list[Mark]:
    """What rows are narrowed by, each of it to be taken off."""
    found = [Mark(_told(f), _without(pairs, f.key, f.text)) for f in listing.filters]
    if listing.words:
        found.append(Mark(f"with “{listing.words}”", _with(pairs, q=None)))
    return found


def _told(given: Filter) -> str:
    sign = SIGNS.get(given.operator, given.operator)
    return f"{given.name} {sign}" if given.operator in ("is_null", "not_null") else f"{given.name} {sign} {given.text}"


def _without(pairs: Pairs, key: str, text: str) -> str:
    name, _, operator = key.partition(".")
    spelled = {key, f"{name}.eq"} if operator in ("", "eq") else {key}
    kept = [(n, v) for n, v in pairs if n not in spelled or (v != text and operator not in ("is_null", "not_null"))]
    return "?" + query_of(kept)


def _with(pairs: Pairs, **changes: str | None) -> str:
    """The address of the first page, with another query; None leaves a name out."""
    kept = [(n, v) for n, v in pairs if n not in changes]
    return "?" + query_of([*kept, *((n, v) for n, v in changes.items() if v is not None)])


def with_place(pairs: Pairs, **place: str) -> str:
    """The address of another page of the same."""
    return f"?{query_of(pairs)}&{urlencode(place, safe='=,~:')}".replace("?&", "?")
