"""What is somebody's own in the app: named views of tables, and notices."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path
from pydantic import Field

from labwright.web.api.here import AtDesk, OfTable
from labwright.web.api.models import Count, Model
from labwright.web.api.problems import problems
from labwright.web.desk.grid.listing import exact_listing
from labwright.web.desk.grid.saved_views import drop_view, pin_view, query_of, save_view, saved_views
from labwright.web.keeping.views import SavedView
from labwright.web.notices.reading import Notice, mark_read, told, unread
from labwright.web.roles.role import Verb

router = APIRouter(tags=["own"])
ViewName = Annotated[str, Path(min_length=1, max_length=80)]


class View(Model):
    """A view of a table that somebody has named."""

    name: str
    owner: str
    query: str = Field(description="What stands behind the `?` in the address of rows.")
    shared: bool
    pinned: bool


class NewView(Model):
    """A view that is to be kept."""

    query: str = Field(max_length=2000, description="Filters, order and columns, as in an address.")
    shared: bool = False
    pinned: bool = False


class Pin(Model):
    """Whether somebody has a view pinned."""

    owner: str = Field(max_length=64)
    pinned: bool


class NoticeModel(Model):
    """What you were told."""

    number: str
    kind: str
    text: str
    link: str = Field(description="The page of the app that it is about.")
    times: int
    at: str
    read: bool


class Notices(Model):
    """What you were told, what is not read first."""

    unread: int
    notices: list[NoticeModel]


class Read(Model):
    """What you have read."""

    number: str | None = Field(default=None, max_length=32, description="A notice; null for all.")


@router.get("/tables/{table}/views", responses=problems())
def list_views(sheet: OfTable) -> list[View]:
    """List your views of a table, and those that others of your lab share."""
    return list(map(_view, saved_views(sheet)))


def _view(view: SavedView) -> View:
    return View(name=view.name, owner=view.owner, query=view.query, shared=view.is_shared, pinned=view.is_pinned)


@router.put("/tables/{table}/views/{name}", responses=problems())
def keep_view(sheet: OfTable, name: ViewName, given: NewView) -> View:
    """Keep a view under a name, in the place of one that you have named so before."""
    pairs = parse_qsl(given.query)
    exact_listing(sheet, pairs)
    made = save_view(sheet, name, query_of(pairs), given.shared)
    pin_view(sheet, made.owner, made.name, given.pinned)
    return next(_view(view) for view in saved_views(sheet) if (view.owner, view.name) == (made.owner, made.name))


@router.post("/tables/{table}/views/{name}/pin", responses=problems())
def pin(sheet: OfTable, name: ViewName, given: Pin) -> list[View]:
    """Pin a view of yours, or one that somebody shares, or no longer."""
    pin_view(sheet, given.owner, name, given.pinned)
    return list_views(sheet)


@router.delete("/tables/{table}/views/{name}", responses=problems())
def forget_view(sheet: OfTable, name: ViewName) -> Count:
    """Forget a view of yours."""
    drop_view(sheet, name)
    return Count(count=1)


@router.get("/notices", responses=problems())
def list_notices(desk: AtDesk) -> Notices:
    """List what you were told of: computations that failed, comments that call you, alerts."""
    desk.need_lent(Verb.READ)
    keeping, person = desk.workspace.keeping, desk.person.name
    return Notices(unread=unread(keeping, person), notices=list(map(_notice, told(keeping, person))))


def _notice(notice: Notice) -> NoticeModel:
    return NoticeModel(
        number=notice.number, kind=notice.kind, text=notice.text, link=notice.link, times=notice.times,
        at=notice.at.isoformat(), read=notice.is_read,
    )  # fmt: skip


@router.post("/notices/read", responses=problems())
def read_notices(desk: AtDesk, given: Read) -> Count:
    """Say that you have read a notice, or all; the count is that of those you have not."""
    desk.need_lent(Verb.UPDATE)
    keeping, person = desk.workspace.keeping, desk.person.name
    mark_read(keeping, person, given.number)
    return Count(count=unread(keeping, person))
