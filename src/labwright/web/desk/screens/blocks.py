"""What stands on pages and dashboards that a lab has declared, for one person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import labwright as lw
from labwright.web.desk.refusals import RefusalError
from labwright.web.desk.screens.figures import Figure, figure_of, is_figure
from labwright.web.desk.screens.offers import Offers, Pairs, run
from labwright.web.desk.workspace import name_of
from labwright.web.fields import field_of, filters_of
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

ROWS: Final = 100
"""Rows of a query that are shown."""
CHOICES: Final = 200
"""Values that are offered; of more one is typed."""


@dataclass(frozen=True)
class Rows:
    """Some rows of a query, large values aside.

    Parameters
    ----------
    title : str
    attributes : sequence of Attribute
    rows : sequence of mapping
    sheet : Sheet or None
        The table, where they are its rows.
    is_all : bool
        Whether there are no more.
    """

    title: str
    attributes: Sequence[lw.Attribute]
    rows: Sequence[Mapping[str, Any]]
    sheet: Sheet | None
    is_all: bool


@dataclass(frozen=True)
class Block:
    """One thing on a page; `kind` tells which of the others it has.

    Parameters
    ----------
    kind : {'text', 'rows', 'plot', 'figure', 'action', 'frame', 'problem'}
    text : str
        Markdown, or what went wrong.
    declared : object
        A plot or an action.
    """

    kind: Literal["text", "rows", "plot", "figure", "action", "frame", "problem"]
    text: str = ""
    rows: Rows | None = None
    figure: Figure | None = None
    declared: Any = None
    pairs: Pairs = field(default=())


def page_blocks(desk: Desk, page: Any, options: Mapping[str, Any]) -> list[Block]:
    """What stands on a page.

    Raises
    ------
    BrokenError
        When the lab's code fails.
    """
    sheets = Offers(desk).sheets(page) or []

    def make() -> list[Block]:
        return [_block(desk, item) for item in page(*(sheet.rows() for sheet in sheets), **options) or ()]

    return run(desk, sheets, f"The page {page.title!r}", make)


def dashboard_blocks(desk: Desk, dashboard: Any, pairs: Pairs) -> list[Block]:
    """What stands on a dashboard, restricted by what is chosen."""
    return [_restricted(desk, item, pairs) for item in dashboard.items]


def _restricted(desk: Desk, item: Any, pairs: Pairs) -> Block:
    if isinstance(item, str):
        return Block("text", item)
    sheet = desk.sheet(name_of(item.table if hasattr(item, "per_row") else item))
    own = [(name, value) for name, value in pairs if name.partition(".")[0] in sheet.heading]
    if hasattr(item, "per_row"):
        return Block("plot", declared=item, pairs=own)
    return Block("rows", rows=rows_of(sheet.rows(*filters_of(sheet.heading, own).conditions), sheet))


def _block(desk: Desk, item: Any) -> Block:
    try:
        return next(_blocks(desk, item))
    except RefusalError as refused:
        return Block("problem", refused.text)
    except StopIteration:
        raise TypeError(f"A page has no place for a value of type {type(item).__name__}.") from None


def _blocks(desk: Desk, item: Any) -> Iterator[Block]:
    """At most one: what an item is shown as."""
    screens = desk.workspace.screens
    if isinstance(item, str):
        yield Block("text", item)
    elif item in screens.plots:
        yield Block("plot", declared=Offers(desk).plot(item.name))
    elif item in screens.actions:
        yield from _action(desk, item)
    elif isinstance(item, lw.Frame):
        yield Block("frame", declared=item)
    elif is_figure(item):
        yield Block("figure", figure=figure_of(item))
    elif isinstance(item, lw.Table) or (isinstance(item, type) and issubclass(item, lw.Table)):
        sheet = desk.sheet(name_of(item))
        restriction = () if isinstance(item, type) else item.restriction
        yield Block("rows", rows=rows_of(sheet.rows(*restriction), sheet))
    elif isinstance(item, lw.QueryExpression):
        yield Block("rows", rows=rows_of(item))


def _action(desk: Desk, action: Any) -> Iterator[Block]:
    sheets = Offers(desk).sheets(action)
    may = sheets is not None and not action.per_row and sheets[0].may(Verb(action.verb))
    yield Block("action", declared=action) if may else Block("text")


def rows_of(query: Any, sheet: Sheet | None = None) -> Rows:
    """The first rows of a query."""
    light = [a for a in query.heading.values() if not field_of(a).column.is_heavy or a.type is None]
    rows = query.proj(*(a.name for a in light)).to_dicts(order_by="KEY", limit=ROWS + 1)
    return Rows(sheet.title if sheet else "", light, rows[:ROWS], sheet, len(rows) <= ROWS)


@dataclass(frozen=True)
class Selector:
    """What people choose for all that is on a dashboard.

    Parameters
    ----------
    attribute : Attribute
    choices : sequence of (text, label)
        Empty where there are too many; then it is typed.
    """

    attribute: lw.Attribute
    choices: Sequence[tuple[str, str]]


def selectors(desk: Desk, dashboard: Any) -> list[Selector]:
    """What can be chosen: the values that the person may see."""
    sheets = Offers(desk).sheets(dashboard) or []
    found = ((name, next((s for s in sheets if name in s.heading), None)) for name in dashboard.by)
    return [_selector(sheet, name) for name, sheet in found if sheet is not None]


def _selector(sheet: Sheet, name: str) -> Selector:
    made = field_of(sheet.heading[name])
    values = (lw.U(name) & sheet.rows()).to_dicts(order_by=name, limit=CHOICES + 1)
    known = [row[name] for row in values if row[name] is not None]
    choices = [(made.edit(value), made.format(value)) for value in known] if len(values) <= CHOICES else []
    return Selector(sheet.heading[name], choices)
