"""Looking for rows: in all tables, by the values that columns have, and for what a row is to refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from labwright.web.api.here import AtDesk, OfTable
from labwright.web.api.listed import OWN, Listed
from labwright.web.api.models import AttributeName, Model, Row
from labwright.web.api.problems import problems, told
from labwright.web.api.values import dumper
from labwright.web.desk.changing.picking import choices, given_for, steps_of
from labwright.web.desk.grid.exporting import FORMATS, file_name, written
from labwright.web.desk.grid.facets import facets_of
from labwright.web.desk.grid.paging import COUNTED, count
from labwright.web.desk.keys import key_of, quoted, spelled
from labwright.web.desk.refusals import BadRequestError, NotThereError
from labwright.web.desk.search import search
from labwright.web.desk.sheet import Sheet
from labwright.web.fields import FieldError, field_of
from labwright.web.http.projects import home_of

router = APIRouter(tags=["looking"])
BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
FILE: Any = {200: {"description": "The file.", "content": {kind.split(";")[0]: BYTES for kind, _ in FORMATS.values()}}}


class Counted(Model):
    """How many rows there are."""

    count: int
    more: bool = Field(description="Whether there are more: from here on nobody counts.")


class ValueModel(Model):
    """A value of a column."""

    value: str = Field(description="As a filter has it.")
    count: int


class FacetModel(Model):
    """The most frequent values of a column."""

    column: str
    values: list[ValueModel]
    others: int = Field(description="How many more values there are.")


class Facets(Model):
    """What sorts rows into groups."""

    facets: list[FacetModel]
    looked_at: int
    partial: bool = Field(description="Whether there are more rows than were looked at.")


class Option(Model):
    """A row that can be referred to."""

    values: Row = Field(description="What the attributes of the reference become.")
    row: Row = Field(description="Its key, and what tells it from others.")


class Options(Model):
    """Rows that can be referred to."""

    table: str
    options: list[Option]
    after: str | None = Field(description="Where the next ones begin; null when there are none.")


class Hit(Model):
    """A row in which something was found."""

    key: str = Field(description="As it stands in addresses.")
    row: Row = Field(description="Its key.")
    text: str = Field(description="Where it was found; empty for the key itself.")


class HitsModel(Model):
    """Rows of a table."""

    table: str
    hits: list[Hit]
    more: bool
    partial: bool = Field(description="Whether only the last rows were looked through.")


class FoundAnywhere(Model):
    """What was found."""

    tables: list[str] = Field(description="Those whose name or comment has all the words.")
    rows: list[HitsModel]
    left: list[str] = Field(description="Tables for which there was no time.")


@router.get("/search", responses=problems())
def search_everywhere(
    desk: AtDesk, q: Annotated[str, Query(min_length=1, max_length=200, description="Words, or a key.")]
) -> FoundAnywhere:
    """Look for words in all that you may see: tables, their rows, and the lab book."""
    found = search(desk, q)
    rows = [
        HitsModel(
            table=hits.sheet.name, hits=[_hit(hits.sheet, row, text) for row, text in hits.rows],
            more=hits.has_more, partial=hits.is_partial,
        )
        for hits in found.hits
    ]  # fmt: skip
    return FoundAnywhere(tables=[s.name for s in found.tables], rows=rows, left=[s.name for s in found.left])


def _hit(sheet: Sheet, row: Mapping[str, Any], text: str) -> Hit:
    key = {name: row[name] for name in sheet.key}
    return Hit(key=spelled(sheet, key), row=dumper(sheet.heading, "described")(key), text=text)


@router.get("/tables/{table}/count", responses=problems())
def count_rows(listing: Listed) -> Counted:
    """Count the rows that meet filters, up to some thousands; `/query/count` counts all."""
    found = count(listing.view, listing.conditions)
    return Counted(count=min(found, COUNTED), more=found > COUNTED)


@router.get("/tables/{table}/facets", responses=problems())
def read_facets(listing: Listed) -> Facets:
    """Tell which values are most frequent in columns that sort rows into groups."""
    found = facets_of(listing)
    facets = [
        FacetModel(
            column=facet.name, others=facet.others,
            values=[ValueModel(value=v.filter, count=v.count) for v in facet.values],
        )
        for facet in found.facets
    ]  # fmt: skip
    return Facets(facets=facets, looked_at=found.looked_at, partial=found.is_partial)


@router.get("/tables/{table}/export", response_class=FileResponse, responses={**FILE, **problems()})
def export_rows(
    request: Request,
    listing: Listed,
    format: Literal["csv", "xlsx", "parquet"] = "csv",  # noqa: A002
) -> FileResponse:
    """Give rows as a file for people: with the names, units and texts that the app shows."""
    sheet = listing.view.sheet
    home = f"{home_of(request)}/t/{quote(sheet.name)}"
    with told(sheet):
        path = written(listing, format, lambda row: f"{home}/{quoted(sheet, row)}")
    name, kind = file_name(listing, format), FORMATS[format][0]
    return FileResponse(path, media_type=kind, filename=name, background=BackgroundTask(path.unlink))


@router.get("/tables/{table}/options/{attribute}", responses=problems())
def list_options(
    request: Request,
    sheet: OfTable,
    attribute: AttributeName,
    q: Annotated[str, Query(max_length=200, description="How a key begins, or what stands in a short text.")] = "",
    after: Annotated[str | None, Query(max_length=2000, description="Where to begin, as the page before says.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Options:
    """List what an attribute of a reference can be; any other parameter is a value that the row has already."""
    steps = steps_of(sheet)
    if attribute not in steps:
        raise NotThereError(f"{sheet.title} refers to nothing by {attribute!r}.")
    step = steps[attribute]
    given = given_for(steps, attribute, _decided(request, sheet))
    place = None if after is None else key_of(step.sheet, after)
    found = choices(step, given, q, place, limit, thorough=True)
    dump = dumper(step.sheet.heading, "described")
    here = dumper(sheet.heading, "described")
    return Options(
        table=step.sheet.name,
        options=[Option(values=here(step.values(row)), row=dump(row)) for row in found.rows],
        after=None if found.following is None else spelled(step.sheet, found.following),
    )


def _decided(request: Request, sheet: Sheet) -> dict[str, Any]:
    given = {name: text for name, text in request.query_params.items() if name not in OWN}
    sheet.heading.require(given, sheet.title)
    try:
        return {name: field_of(sheet.heading[name]).parse(text) for name, text in given.items()}
    except FieldError as error:
        raise BadRequestError(str(error)) from error
