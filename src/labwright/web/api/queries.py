"""Asking for rows of several tables at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import StreamingResponse

import labwright as lw
from labwright.web.api.compiling import Compiler, order_terms
from labwright.web.api.expressions import First, Query
from labwright.web.api.formats import ANSWER, HEAVY, Format, stream
from labwright.web.api.here import AtDesk
from labwright.web.api.models import NAMES, Count, Model, Row
from labwright.web.api.problems import problems
from labwright.web.api.values import Blobs, dumper, is_sent_apart, unpacked_size, without_files
from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import field_of
from labwright.web.fields.structures import size_of

if TYPE_CHECKING:
    from collections.abc import Mapping

router = APIRouter(tags=["queries"])
MOST = 10_000


class Ask(Model):
    """A query, and which of its rows are wanted."""

    query: Query
    order: list[str] = Field(
        default_factory=list, max_length=NAMES, description="Attributes; those behind a minus fall. None: the key."
    )
    limit: Annotated[int, Field(ge=0, le=MOST)] = 1000
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    blobs: Blobs = "described"


class AskAll(Model):
    """A query, and how its rows are sent."""

    query: Query
    order: list[str] = Field(default_factory=list, max_length=NAMES)
    format: Format = "jsonl"
    blobs: Blobs = "described"


class AskCount(Model):
    """A query whose rows are counted."""

    query: Query


class Column(Model):
    """An attribute of what a query gives."""

    name: str
    type: str = Field(description="Empty for what is computed.")
    kind: str
    key: bool
    nullable: bool


class Found(Model):
    """What a query gives."""

    heading: list[Column]
    rows: list[Row]
    more: bool = Field(description="Whether there are more rows behind these.")


@router.post("/query", responses=problems())
def ask(desk: AtDesk, given: Ask) -> Found:
    """Find rows, some thousands at most; `/query/fetch` gives all."""
    compiled = Compiler(desk).query(given.query)
    found = without_files(compiled)
    own = given.query.order if isinstance(given.query, First) else []
    rows = found & lw.Top(given.limit + 1, order_terms(given.order or own), given.offset)
    rows = rows.packed.to_dicts()
    if sum(map(unpacked_size, rows)) > HEAVY:
        raise BadRequestError(
            f"These rows hold more than {size_of(HEAVY)} of blobs. Ask for fewer, or have them streamed."
        )
    dump = dumper(found.heading, given.blobs)
    heading = _columns(compiled.heading)
    return Found(heading=heading, rows=list(map(dump, rows[: given.limit])), more=len(rows) > given.limit)


def _columns(heading: Mapping[str, lw.Attribute]) -> list[Column]:
    return [
        Column(
            name=name,
            type="" if a.type is None else str(a.type),
            kind="file" if is_sent_apart(a) else field_of(a).kind,
            key=a.in_key,
            nullable=a.nullable or a.type is None,
        )
        for name, a in heading.items()
    ]


@router.post("/query/fetch", response_class=StreamingResponse, responses={**ANSWER, **problems()})
def ask_all(desk: AtDesk, given: AskAll) -> StreamingResponse:
    """Find all rows, streamed as JSON lines, as Arrow, or as Parquet."""
    terms: Any = order_terms(given.order) if given.order else None
    return stream(Compiler(desk).query(given.query), terms, None, given.format, given.blobs)


@router.post("/query/count", responses=problems())
def ask_count(desk: AtDesk, given: AskCount) -> Count:
    """Count rows."""
    return Count(count=len(Compiler(desk).query(given.query)))
