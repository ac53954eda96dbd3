"""One value as bytes: files, blobs in their own format, bytes; all of it, or a range."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response

from labwright.web.api.bulk import Sent
from labwright.web.api.here import OfRow, OfTable
from labwright.web.api.models import AttributeName, Done
from labwright.web.api.problems import problem, problems, told
from labwright.web.api.rows import IfMatch, matched
from labwright.web.api.values import packed, put_file
from labwright.web.desk.contents import KINDS, open_content
from labwright.web.desk.refusals import BadRequestError, NotThereError
from labwright.web.fields import FieldError, field_of
from labwright.web.http.sending import send

router = APIRouter(tags=["content"])
BINARY: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
BODY: dict[str, Any] = {"requestBody": {"required": True, "content": BINARY}}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The bytes.", "content": BINARY},
    206: {"description": "A range of them.", "content": BINARY},
    **problems(416),
}


@router.get("/content/{table}/{key}/{attribute}", response_class=Response, responses=RESPONSES)
def read_content(
    request: Request,
    sheet: OfTable,
    key: OfRow,
    attribute: AttributeName,
    path: Annotated[str, Query(description="Which file of a folder.", max_length=1000)] = "",
    range: Annotated[str | None, Header(description="Such as `bytes=0-1023`.")] = None,  # noqa: A002, ARG001 - described
) -> Response:
    """Read a file, a blob in its own format, or bytes: all of it, or a range, of which no more is read."""
    with told(sheet):
        answer = send(request, open_content(sheet, key, attribute, path))
    if answer.status_code == 416:
        return problem(
            416, "Not there", "There are not so many bytes.", {"Content-Range": answer.headers["content-range"]}
        )
    return answer


@router.put("/content/{table}/{key}/{attribute}", responses=problems(409, 412), openapi_extra=BODY)
def write_content(
    sheet: OfTable,
    key: OfRow,
    attribute: AttributeName,
    sent: Sent,
    name: Annotated[str, Query(description="What the file is called.", max_length=255)] = "file",
    why: Annotated[str, Query(max_length=2000)] = "",
    if_match: IfMatch = None,
) -> Done:
    """Replace a file, a blob that is sent in its own format, or bytes."""
    if attribute not in sheet.heading or attribute in sheet.key:
        raise NotThereError(f"There is no {attribute!r} to be changed in {sheet.title}.")
    field = field_of(sheet.heading[attribute])
    if field.kind not in KINDS or not field.is_writable:
        raise BadRequestError(f"{attribute}: this is not changed by bytes.")
    with told(sheet), TemporaryDirectory(prefix="labwright-") as folder:
        base = matched(sheet, key, if_match)
        value = _value(field, sent, Path(folder) / "sent", name)
        return Done(change=sheet.update(key, {attribute: value}, base, why), count=1)


def _value(field: Any, sent: IO[bytes], folder: Path, name: str) -> Any:
    try:
        if field.kind == "blob":
            return packed(sent.read())
        return field.take(sent.read() if field.kind == "bytes" else put_file(folder, name, sent))
    except FieldError as error:
        raise BadRequestError(f"{field.name}: {error}") from error
