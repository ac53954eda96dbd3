"""Reading, entering, changing and deleting rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from labwright.web.api.here import OfRow, OfTable
from labwright.web.api.listed import Listed
from labwright.web.api.models import Changes, Done, Losses, LossModel, NewRows, Row, Rows
from labwright.web.api.problems import StaleError, problems, told
from labwright.web.api.values import Blobs, dumper, is_sent_apart, loading
from labwright.web.desk.changing.deleting import Loss, delete_agreed, losses
from labwright.web.desk.grid.paging import read_page
from labwright.web.desk.refusals import NotThereError
from labwright.web.fields import field_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

router = APIRouter(tags=["rows"])
How = Annotated[Blobs, Query(description='Blobs as JSON that describes them, or as `{"@blob": base64}`.')]
IfMatch = Annotated[str | None, Header(description="The ETag with which the row was read.")]
WithTag: Any = {"headers": {"ETag": {"description": "Another when the row is.", "schema": {"type": "string"}}}}


@router.get("/tables/{table}/rows", responses=problems())
def read_rows(
    listing: Listed,
    after: Annotated[str | None, Query(description="Where the page begins, as the one before has said.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Rows:
    """Read a page of rows; any other parameter is a filter, such as `score.ge=3`. Large values are left out."""
    view = listing.view
    page = read_page(view, listing.conditions, listing.order, after, size=limit)
    names = dict.fromkeys((*view.sheet.key, *view.chosen))
    dump = dumper({name: view.heading[name] for name in names}, "described")
    rows = [dump({name: row[view.inner(name)] for name in names}) for row in page.rows]
    return Rows(rows=rows, after=page.following)


@router.get("/tables/{table}/rows/{key}", responses={200: WithTag, **problems()})
def read_row(sheet: OfTable, key: OfRow, response: Response, blobs: How = "described") -> Row:
    """Read one row, but for files, which `/content` gives."""
    row = _read(sheet, key, blobs)
    response.headers["ETag"] = tag_of(row)
    return row


def _read(sheet: Sheet, key: Row, blobs: Blobs = "described") -> Row:
    names = [a.name for a in sheet.heading.values() if not is_sent_apart(a)]
    found = sheet.rows(key).proj(*names)
    rows = found.packed.to_dicts(limit=1)
    if not rows:
        raise NotThereError(f"There is no such row in {sheet.title}.")
    return dumper(found.heading, blobs)(rows[0])


def tag_of(row: Row) -> str:
    """What changes when a row does."""
    return f'"{hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:32]}"'


@router.post("/tables/{table}/rows", status_code=201, responses=problems(409))
def enter_rows(sheet: OfTable, given: NewRows) -> Done:
    """Enter rows, and rows of their parts, all or none."""
    with told(sheet, given.rows[0]), loading(sheet.heading) as loader:
        rows = loaded(sheet, given.rows, loader)
        parts = loaded_parts(sheet, given.parts)
        return Done(change=sheet.insert(rows, parts or None, given.why, given.overridden), count=len(rows))


def loaded(sheet: Sheet, rows: Iterable[Row], loader: Any) -> list[dict[str, Any]]:
    """The values that rows of JSON stand for."""
    found = []
    for row in rows:
        sheet.heading.require(row, sheet.title)
        found.append(loader.row(row))
    return found


def loaded_parts(sheet: Sheet, parts: Mapping[str, Sequence[Row]]) -> dict[str, list[dict[str, Any]]]:
    """The values of rows of parts; files among them are not taken."""
    found = {}
    for name, rows in parts.items():
        part = sheet.part(name)
        with loading(part.heading) as loader:
            found[name] = loaded(part, rows, loader)
    return found


@router.patch("/tables/{table}/rows/{key}", responses=problems(409, 412))
def change_row(sheet: OfTable, key: OfRow, given: Changes, if_match: IfMatch = None) -> Done:
    """Change a row, unless somebody has changed it meanwhile."""
    with told(sheet, given.changes), loading(sheet.heading) as loader:
        (base, changes) = loaded(sheet, [given.base, given.changes], loader)
        expected = base | matched(sheet, key, if_match)
        return Done(change=sheet.update(key, changes, expected, given.why, given.overridden), count=1)


def matched(sheet: Sheet, key: Row, tag: str | None) -> dict[str, Any]:
    """What the values of a row have to be that has a tag, to be compared when it is changed.

    Raises
    ------
    StaleError
        When the row has another one.
    """
    if tag is None or tag.strip() == "*":
        _read(sheet, key)
        return {}
    row = _read(sheet, key)
    if tag_of(row) not in tag:
        raise StaleError("Somebody has changed this row since it was read. Read it again.")
    light = (a for a in sheet.heading.values() if not a.in_key and not field_of(a).column.is_heavy)
    with loading(sheet.heading) as loader:
        return loader.row({a.name: row[a.name] for a in light if a.type is not None and a.type.kind != "codec"})


@router.get("/tables/{table}/rows/{key}/losses", responses=problems())
def preview_delete(sheet: OfTable, key: OfRow) -> Losses:
    """Tell what would go with a row: rows of which tables, values in stores, and whose they are."""
    with told(sheet):
        return preview(losses(sheet, key))


@router.delete("/tables/{table}/rows/{key}", responses=problems(409))
def delete_row(
    sheet: OfTable,
    key: OfRow,
    confirm: Annotated[str, Query(description="As `losses` has told.", max_length=100)],
    why: Annotated[str, Query(max_length=2000)] = "",
) -> Done:
    """Delete a row with all that depends on it, when that is still what `losses` has told."""
    sheet.row(key)
    return deleted(sheet, [key], confirm, why)


def deleted(sheet: Sheet, conditions: Sequence[Any], confirm: str, why: str) -> Done:
    """Delete what was agreed."""
    counts: list[int] = []

    def agreed(going: Sequence[Loss]) -> bool:
        counts.append(sum(loss.rows for loss in going))
        return preview(going).confirm == confirm

    with told(sheet):
        return Done(change=delete_agreed(sheet, conditions, agreed, why), count=counts[0])


def preview(going: Sequence[Loss]) -> Losses:
    """What would go, and what stands for exactly that."""
    told_ = [{**asdict(loss), "owners": list(loss.owners)} for loss in going]
    digest = hashlib.sha256(json.dumps(told_, sort_keys=True).encode()).hexdigest()[:32]
    return Losses(
        losses=[LossModel(table=t.pop("name"), **t) for t in (dict(x) for x in told_)],
        confirm=digest,
    )
