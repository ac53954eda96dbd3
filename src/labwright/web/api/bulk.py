"""Very many rows at once, out of a table and into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import closing
from typing import IO, TYPE_CHECKING, Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import StreamingResponse

from labwright.web.api.formats import ANSWER, TYPES, Format, Sendable, stream
from labwright.web.api.here import OfTable
from labwright.web.api.listed import Sort, WholeListed
from labwright.web.api.models import OVERRIDDEN, Done
from labwright.web.api.problems import problems, told
from labwright.web.api.reading import read_arrow, read_lines, read_parquet, spool
from labwright.web.api.rows import How
from labwright.web.api.values import loading
from labwright.web.desk.changing.batches import Duplicates, insert_batches
from labwright.web.desk.refusals import BadRequestError

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

router = APIRouter(tags=["bulk"])
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TYPES.values()},
    }
}


@router.get("/bulk/{table}", response_class=StreamingResponse, responses={**ANSWER, **problems()})
def fetch_rows(
    listing: WholeListed,
    format: Annotated[Format, Query(description="JSON lines, a stream of Arrow, Parquet, or blobs.")] = "jsonl",  # noqa: A002
    columns: Annotated[str, Query(description="Attributes with commas between them; without, all.")] = "",
    limit: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    blobs: How = "described",
    sort: Sort = "",
) -> StreamingResponse:
    """Fetch all rows, streamed; any other parameter is a filter. Files are left out: `/content` gives them."""
    sheet = listing.view.sheet
    names = columns.split(",") if columns else list(sheet.heading)
    sheet.heading.require(names, sheet.title)
    if not set(listing.order) <= set(sheet.heading):
        raise BadRequestError("sort: very many rows are sorted by their own attributes alone.")
    found = listing.rows.proj(*(n for n in dict.fromkeys(names) if n not in sheet.key))
    return stream(found, listing.terms if sort else None, limit, format, blobs)


async def _sent(request: Request) -> AsyncIterator[IO[bytes]]:
    """What is sent, whole: nothing is entered before all of it is there."""
    with spool() as file:
        async for piece in request.stream():
            file.write(piece)
        file.seek(0)
        yield file


Sent = Annotated[Any, Depends(_sent)]


@router.post("/bulk/{table}", status_code=201, responses=problems(409), openapi_extra=BODY)
def insert_rows(
    request: Request,
    sheet: OfTable,
    sent: Sent,
    duplicates: Annotated[Duplicates, Query(description="What becomes of rows whose key is there.")] = "refuse",
    why: Annotated[str, Query(max_length=2000)] = "",
    overridden: Annotated[str, Query(max_length=2000, description=OVERRIDDEN)] = "",
) -> Done:
    """Enter rows of JSON lines, of a stream of Arrow or of a Parquet file: all or none. Blobs are packed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = next((name for name in get_args(Sendable) if TYPES[name] == kind), None)
    if form is None:
        raise BadRequestError(f"Content-Type: give {', '.join(TYPES.values())}.")
    with told(sheet), closing(_batches(sheet, form, sent)) as batches:
        number, count = insert_batches(sheet, batches, duplicates, why, overridden)
    return Done(change=number, count=count)


def _batches(sheet: Sheet, form: Format, sent: IO[bytes]) -> Generator[Any, None, None]:
    if form != "jsonl":
        yield from (read_arrow if form == "arrow" else read_parquet)(sent, sheet.heading)
        return
    for rows in read_lines(sent):
        with loading(sheet.heading) as loader:
            sheet.heading.require({name for row in rows for name in row}, sheet.title)
            yield [loader.row(row) for row in rows]
