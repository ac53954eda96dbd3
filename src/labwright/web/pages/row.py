"""One row, with what it refers to, its parts, and what refers to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.routing import Route

from labwright.web.desk.changing.saving import takes_rows
from labwright.web.desk.contents import SENT, held
from labwright.web.desk.keys import key_of
from labwright.web.fields import Filter, field_of, query_string
from labwright.web.http.headers import allow_plots
from labwright.web.pages import actions, files, notebook, plots, previews, row_signing
from labwright.web.pages.render import render
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Link, Sheet
    from labwright.web.pages.panel import MakePanel, Panel

PANELS: Final[tuple[MakePanel, ...]] = (
    actions.panel,
    plots.computed_panel,
    plots.panel,
    previews.panel,
    notebook.notes,
    row_signing.panel,
)
"""What other screens show on this page, in order."""
PARTS: Final = 200
"""Rows of a part that are shown with their master."""
COUNTED: Final = 1000
DEEP: Final = 12
"""Steps that a row's place is told by."""


@dataclass(frozen=True)
class Children:
    """The rows of a table that refer to a row.

    Parameters
    ----------
    sheet : Sheet
    names : str
        What they refer by, where it is called otherwise than in the row.
    query, given : str
        What leads to them, and what a form for another one begins with.
    count : int
    may_add : bool
        Whether the person may enter one.
    """

    sheet: Sheet
    names: str
    query: str
    given: str
    count: int
    may_add: bool


@dataclass(frozen=True)
class PartRows:
    """The rows of a part that belong to a row.

    Parameters
    ----------
    sheet : Sheet
    columns : sequence of Attribute
        Those that are shown: not those of the master's key, nor what is large.
    rows : sequence of mapping
    query : str
        What leads to all of them, where they are too many to be shown; else empty.
    """

    sheet: Sheet
    columns: Sequence[Any]
    rows: Sequence[Mapping[str, Any]]
    query: str


def row(request: Request) -> Response:
    """Show a row."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    key = key_of(sheet, request.path_params["key"])
    found = sheet.row(key)
    panels = _panels(sheet, found)
    if any(panel.has_plots for panel in panels):
        allow_plots(request)
    return render(
        request, "row.html", sheet=sheet, row=found, chain=_chain(sheet, found), parents=list(_parents(sheet, found)),
        parts=[made for part in sheet.parts if (made := _part(part, sheet, key)) is not None],
        children=list(_children(sheet, found)), counted=COUNTED, panels=panels, held=held(sheet, key), sent=SENT,
        is_edited=takes_rows(sheet),
    )  # fmt: skip


def _panels(sheet: Sheet, row: Mapping[str, Any]) -> list[Panel]:
    made = (make(sheet.desk, sheet, row) for make in PANELS)
    return [panel for panel in made if panel is not None]


def _chain(sheet: Sheet, row: Mapping[str, Any]) -> list[tuple[Sheet, Mapping[str, Any]]]:
    """What it is in, and what that is in: the outermost first."""
    found: list[tuple[Sheet, Mapping[str, Any]]] = []
    here: Mapping[str, Any] | None = row
    while here is not None and len(found) < DEEP:
        upper = _upper(sheet, here)
        if upper is None or any(upper == known for known in found):
            break
        sheet, key = upper
        found.insert(0, upper)
        here = next(iter(sheet.light_rows(key).to_dicts(limit=1)), None)
    return found


def _upper(sheet: Sheet, row: Mapping[str, Any]) -> tuple[Sheet, dict[str, Any]] | None:
    """What it is in: what its key refers to, or else the first that it refers to at all."""
    key = set(sheet.key)
    links = sorted(sheet.references, key=lambda link: not set(link.attributes) <= key)
    found = ((link.sheet, {there: row[here] for here, there in link.attributes.items()}) for link in links)
    return next((at for at in found if None not in at[1].values() and at[0].name != sheet.name), None)


def _parents(sheet: Sheet, row: Mapping[str, Any]) -> Iterator[tuple[Sheet, dict[str, Any], str]]:
    """The rows that it refers to, and by what where that is called otherwise there."""
    for reference in sheet.references:
        key = {there: row[here] for here, there in reference.attributes.items()}
        if None not in key.values():
            yield reference.sheet, key, _renamed(reference)


def _renamed(link: Link) -> str:
    return ", ".join(here for here, there in link.attributes.items() if here != there)


def _part(part: Sheet, master: Sheet, key: Mapping[str, Any]) -> PartRows | None:
    """The rows of a part; None when the person may not see what they belong to."""
    tied = next((link.attributes for link in part.references if link.sheet.name == master.name), None)
    if tied is None:
        return None
    condition = {here: key[there] for here, there in tied.items()}
    rows = part.light_rows(condition).to_dicts(order_by="KEY", limit=PARTS + 1)
    columns = [a for a in part.heading.values() if a.name not in tied and not field_of(a).is_heavy]
    return PartRows(part, columns, rows[:PARTS], _query(part, condition) if len(rows) > PARTS else "")


def _children(sheet: Sheet, row: Mapping[str, Any]) -> Iterator[Children]:
    """What refers to it, parts aside, with how many rows do."""
    for reference in sheet.referenced_by:
        child = reference.sheet
        if child.master_name != sheet.name:
            condition = {here: row[there] for here, there in reference.attributes.items()}
            count = child.rows(condition).count(at_most=COUNTED + 1)
            may_add = takes_rows(child) and child.may(Verb.INSERT)
            given = _written(child, condition)
            yield Children(child, _renamed(reference), _query(child, condition), urlencode(given), count, may_add)


def _query(sheet: Sheet, condition: Mapping[str, Any]) -> str:
    return query_string(Filter(name, "eq", text) for name, text in _written(sheet, condition).items())


def _written(sheet: Sheet, condition: Mapping[str, Any]) -> dict[str, str]:
    return {name: field_of(sheet.heading[name]).edit(value) for name, value in condition.items()}


ROUTES: Final = (Route("/t/{table}/{key}", row), *files.ROUTES)
