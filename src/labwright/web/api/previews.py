"""A look at arrays, pictures and files that rows hold, without reading all of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import Field

from labwright.web.api.here import OfRow, OfTable
from labwright.web.api.models import AttributeName, Model
from labwright.web.api.problems import problems, told
from labwright.web.desk.preview.looking import Subject, preview, subject
from labwright.web.desk.refusals import NotThereError

router = APIRouter(tags=["content"])
PNG: Any = {
    200: {"description": "The picture.", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "It is the one that you have."},
}


class AxisModel(Model):
    """An axis of which one place is seen."""

    name: str
    length: int
    at: int


class Look(Model):
    """A look at a value."""

    kind: Literal["line", "picture", "table", "text", "nothing"]
    facts: dict[str, str] = Field(description="What is known of it, such as its shape.")
    axes: list[AxisModel] = Field(description="Where it can be moved, in the order of `at`.")
    names: list[str] = Field(description="What is in it that can be looked at by itself: give it as `path`.")
    columns: list[str] = Field(description="Of a table.")
    rows: list[list[Any]]
    text: str
    note: str = Field(description="What is left out, or why there is nothing to see.")


def _subject(
    sheet: OfTable,
    key: OfRow,
    attribute: AttributeName,
    at: Annotated[str, Query(max_length=200, description="Places along axes that are not drawn, such as `3,5`.")] = "",
    path: Annotated[str, Query(max_length=1000, description="Which file of a folder, which array of a group.")] = "",
) -> Subject:
    with told(sheet):
        return subject(sheet, key, attribute, at, path)


Looked = Annotated[Subject, Depends(_subject)]


@router.get("/preview/{table}/{key}/{attribute}", responses=problems())
def look_at_value(sheet: OfTable, found: Looked) -> Look:
    """Tell what is known of a value, and what can be seen of it. Pictures are at `/picture`, with the same address."""
    seen = preview(sheet, found)
    return Look(
        kind=seen.kind, facts=dict(seen.facts), axes=[AxisModel(name=a.name, length=a.length, at=a.at)
        for a in seen.axes], names=list(seen.names), columns=list(seen.listing.names) if seen.listing else [],
        rows=[list(row) for row in seen.listing.rows] if seen.listing else [], text=seen.text, note=seen.note,
    )  # fmt: skip


@router.get("/picture/{table}/{key}/{attribute}", response_class=Response, responses={**PNG, **problems()})
def read_picture(
    sheet: OfTable, found: Looked, if_none_match: Annotated[str, Header(description="The ETag of one you have.")] = ""
) -> Response:
    """Read the picture of a value as PNG; nothing is read where you have it already."""
    tag = f'"{found.mark}"'
    if tag in if_none_match:
        return Response(status_code=304, headers={"ETag": tag})
    seen = preview(sheet, found)
    if seen.kind != "picture":
        raise NotThereError("There is no picture of this.")
    return Response(seen.png, media_type="image/png", headers={"ETag": tag})
