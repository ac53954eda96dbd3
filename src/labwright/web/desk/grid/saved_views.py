"""The views that a person has named, those that their lab shares, and those that they have pinned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode

from labwright.web.desk.grid.listing import read_listing
from labwright.web.desk.refusals import BadRequestError, NotThereError, RefusalError
from labwright.web.keeping.views import SavedView, Views
from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.sheet import Sheet

PLACES: Final = frozenset(("after", "before", "page", "done"))
"""What of an address does not belong to a view."""


def query_of(pairs: Iterable[tuple[str, str]]) -> str:
    """The part of an address that makes a view: without the page that somebody happens to be at."""
    return urlencode([(name, value) for name, value in pairs if name not in PLACES], safe=",:")


def saved_views(sheet: Sheet) -> list[SavedView]:
    """The views of a table that the person may see: their own, and those that others of their lab share."""
    return [view for view in _views(sheet.desk, sheet.name) if _is_for(sheet, view)]


def pinned_views(desk: Desk) -> list[SavedView]:
    """The views that the person has pinned, of tables that they may read; each is at ``/t/<sheet>?<query>``."""
    found = [(desk.find(view.sheet), view) for view in _views(desk) if view.is_pinned]
    return [view for sheet, view in found if sheet is not None and _is_for(sheet, view)]


def _views(desk: Desk, name: str | None = None) -> list[SavedView]:
    return Views(desk.workspace.keeping).seen_by(desk.person.name, tuple(desk.colleagues), name)


def _is_for(sheet: Sheet, view: SavedView) -> bool:
    """Whether what others share names nothing that the person may not see."""
    if view.owner == sheet.desk.person.name:
        return True
    try:
        return not read_listing(sheet, parse_qsl(view.query)).problems
    except RefusalError:
        return False


def save_view(sheet: Sheet, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Keep a view under a name, in the place of one that the person has named so before.

    Raises
    ------
    BadRequestError
        When it has no name, or one that is too long.
    """
    sheet.desk.need_lent(Verb.UPDATE, sheet.schema)
    name = " ".join(name.split())
    if not 0 < len(name) <= 80:
        raise BadRequestError("Give the view a name of at most 80 characters.")
    if len(query) > 2000:
        raise BadRequestError("This view has too many filters to be kept.")
    view = SavedView(sheet.desk.person.name, sheet.name, name, query, is_shared)
    Views(sheet.desk.workspace.keeping).save(view)
    return view


def drop_view(sheet: Sheet, name: str) -> None:
    """Forget a view of one's own."""
    sheet.desk.need_lent(Verb.UPDATE, sheet.schema)
    Views(sheet.desk.workspace.keeping).drop(_found(sheet, sheet.desk.person.name, name))


def pin_view(sheet: Sheet, owner: str, name: str, pinned: bool) -> None:
    """Pin a view that the person may see, or no longer."""
    sheet.desk.need_lent(Verb.UPDATE, sheet.schema)
    Views(sheet.desk.workspace.keeping).pin(sheet.desk.person.name, _found(sheet, owner, name), pinned)


def _found(sheet: Sheet, owner: str, name: str) -> SavedView:
    found = next((v for v in saved_views(sheet) if (v.owner, v.name) == (owner, name)), None)
    if found is None:
        raise NotThereError("There is no such view here.")
    return found
