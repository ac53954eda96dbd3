"""The lab book: finding, reading and writing entries. To sign one is for people, who show anew who they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field, StringConstraints

from labwright.web.api.bulk import Sent
from labwright.web.api.changes import events
from labwright.web.api.content import BINARY, BODY
from labwright.web.api.here import AtDesk
from labwright.web.api.models import Event, Model, Row, Rows, Why
from labwright.web.api.problems import problems, told
from labwright.web.api.signatures import SignatureModel, Verified, signed, verified
from labwright.web.api.values import dumper
from labwright.web.desk.lab_book.book import LabBook, lab_book
from labwright.web.desk.lab_book.files import type_of
from labwright.web.desk.lab_book.listing import KINDS, as_file, numbers_of, read_entries
from labwright.web.desk.lab_book.reading import Wanted
from labwright.web.desk.refusals import BadRequestError, NotThereError
from labwright.web.fields import field_of
from labwright.web.http.sending import disposition
from labwright.web.keeping.uploads import plain_name

if TYPE_CHECKING:
    from labwright.lab.notebook import Attachment, Link, Page

router = APIRouter(tags=["notebook"])
LARGEST: Final = 64 * 2**20
"""Bytes of a file in the lab book."""
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=1_000_000, description="Markdown; `[[lab.Mouse/3]]` links to a row.")]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
TAKEN: Any = {
    200: {
        "description": "The file.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS.values()},
    }
}
FILE: Any = {200: {"description": "The file.", "content": BINARY}}


class LinkModel(Model):
    """A row that an entry is about."""

    table: str
    key: Row
    in_text: bool = Field(description="Whether it stands in the text, and goes with that.")


class FileModel(Model):
    """A file of an entry; `![](attachment:1)` shows it in the text."""

    number: int
    name: str
    media_type: str
    size: int
    sha256: str


class CommentModel(Model):
    """What somebody says of an entry."""

    author: str
    written: str
    text: str


class Entry(Model):
    """An entry, with what of it you may see."""

    entry: int
    day: str
    title: str
    text: str
    author: str
    made: str
    locked_by: str = Field(description="Who keeps it from being changed; empty for nobody.")
    sealed: bool = Field(description="Whether it is signed: it stays as it is.")
    amended: int | None = Field(description="The entry that this one corrects or adds to.")
    amendments: list[int]
    files: list[FileModel]
    links: list[LinkModel]
    comments: list[CommentModel]
    signatures: list[SignatureModel]


class Written(Model):
    """What is written of an entry; what is null is not meant."""

    day: Day | None = None
    title: Title | None = None
    text: Text | None = None

    def values(self, book: LabBook) -> dict[str, Any]:
        """The values that are meant."""
        heading = book.entries.heading
        return {n: field_of(heading[n]).from_json(v) for n, v in self.model_dump().items() if v is not None}


class NewEntry(Model):
    """An entry to be begun."""

    title: Title
    text: Text = ""
    day: Day | None = Field(default=None, description="Today, when it is null.")
    amends: int | None = Field(default=None, ge=1, le=2**31 - 1, description="The entry that it corrects or adds to.")
    about: str = Field(default="", max_length=300, description="A row to link, such as `lab.Mouse/3`.")


class EntryChanges(Model):
    """What is to be changed in an entry."""

    changes: Written
    base: Written = Field(default=Written(), description="What it was; when it is another by now, nothing is changed.")


class RowLink(Model):
    """A row to be linked."""

    table: str = Field(max_length=200)
    key: str = Field(max_length=2000, description="As it stands in addresses.")


class Unlink(Model):
    """A row to be linked no longer."""

    table: str = Field(max_length=200)
    key: Row = Field(description="As the entry has it.")


class Remark(Model):
    """Something to be said of an entry; `@ana` calls somebody."""

    text: str = Field(min_length=1, max_length=20_000)


class Unlocking(Model):
    """Why an entry is unlocked."""

    why: Why = ""


def _book(desk: AtDesk) -> LabBook:
    return lab_book(desk)


OfBook = Annotated[LabBook, Depends(_book)]


def _wanted(
    q: Annotated[str, Query(max_length=500, description="Words of titles and texts.")] = "",
    author: Annotated[str, Query(max_length=64)] = "",
    table: Annotated[str, Query(max_length=200, description="Linked to rows of this table.")] = "",
    signed: bool | None = None,
    since: Annotated[Day | None, Query(description="The first day.")] = None,
    until: Annotated[Day | None, Query(description="The last day.")] = None,
) -> Wanted:
    return Wanted(q.strip(), author, table, signed, _day(since), _day(until))


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError(f"{text!r} is no day.") from error


AsWanted = Annotated[Wanted, Depends(_wanted)]


@router.get("/notebook", responses=problems())
def list_entries(
    book: OfBook,
    wanted: AsWanted,
    after: Annotated[
        str | None, Query(max_length=100, description="Where the page begins, as the one before says.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Rows:
    """List entries without their texts, newest first."""
    rows, following = read_entries(book, wanted, after, limit)
    dump = dumper(book.entries.heading, "described")
    return Rows(rows=[dump(row) for row in rows], after=following)


@router.post("/notebook", status_code=201, responses=problems(409))
def write_entry(book: OfBook, given: NewEntry) -> Entry:
    """Begin an entry, of which you are the author."""
    with told(book.entries):
        return _entry(book, book.write(given.title, given.text, _day(given.day), given.amends, given.about))


@router.get("/notebook/export/{kind}", response_class=Response, responses={**TAKEN, **problems()})
def export_entries(book: OfBook, wanted: AsWanted, kind: Literal["pdf", "eln"]) -> Response:
    """Take entries along, oldest first, as PDF or as an `.eln` archive."""
    return _kept(book, numbers_of(book, wanted), kind, "notebook")


def _kept(book: LabBook, numbers: list[int], kind: str, name: str) -> Response:
    with told(book.entries):
        data = as_file(book, numbers, kind, name)
    return Response(data, media_type=KINDS[kind], headers=disposition(f"{name}.{kind}"))


@router.get("/notebook/{entry}", responses=problems())
def read_entry(book: OfBook, entry: Number) -> Entry:
    """Read an entry."""
    return _entry(book, entry)


@router.patch("/notebook/{entry}", responses=problems(409))
def change_entry(book: OfBook, entry: Number, given: EntryChanges) -> Entry:
    """Change an entry that is neither signed nor locked, unless somebody has changed it meanwhile."""
    with told(book.entries):
        book.edit(entry, given.changes.values(book), given.base.values(book) or None)
        return _entry(book, entry)


@router.get("/notebook/{entry}/history", responses=problems())
def read_entry_history(book: OfBook, entry: Number) -> list[Event]:
    """Tell what happened to an entry, newest first."""
    book.page(entry)
    return events(book.entries, {"entry": entry})


@router.get("/notebook/{entry}/export/{kind}", response_class=Response, responses={**TAKEN, **problems()})
def export_entry(book: OfBook, entry: Number, kind: Literal["pdf", "eln"]) -> Response:
    """Take an entry along."""
    return _kept(book, [entry], kind, f"entry-{entry}")


@router.post("/notebook/{entry}/files", status_code=201, responses=problems(409), openapi_extra=BODY)
def attach_file(
    book: OfBook,
    entry: Number,
    sent: Sent,
    name: Annotated[str, Query(min_length=1, max_length=255, description="What the file is called.")],
) -> FileModel:
    """Add a file to an entry: 64 MB at most."""
    content, plain = sent.read(), plain_name(name)
    with told(book.entries):
        number = book.attach(entry, plain, content, type_of(plain, content))
        return next(_file(file) for file in book.page(entry).attachments if file.number == number)


@router.get("/notebook/{entry}/files/{number}", response_class=Response, responses={**FILE, **problems()})
def read_file(book: OfBook, entry: Number, number: Number) -> Response:
    """Read a file of an entry."""
    found, data = book.attachment(entry, number)
    return Response(data, media_type="application/octet-stream", headers=disposition(found.name))


@router.delete("/notebook/{entry}/files/{number}", responses=problems(409))
def remove_file(book: OfBook, entry: Number, number: Number) -> Entry:
    """Take a file out of an entry."""
    with told(book.entries):
        book.remove(entry, number)
        return _entry(book, entry)


@router.post("/notebook/{entry}/links", status_code=201, responses=problems(409))
def link_row(book: OfBook, entry: Number, given: RowLink) -> Entry:
    """Say that an entry is about a row."""
    with told(book.entries):
        book.link(entry, given.table, given.key)
        return _entry(book, entry)


@router.post("/notebook/{entry}/unlink", responses=problems(409))
def unlink_row(book: OfBook, entry: Number, given: Unlink) -> Entry:
    """Say no more that an entry is about a row."""
    found = (k.row for k in book.page(entry).links if k.target == given.table and json.loads(k.row) == given.key)
    row = next(found, None)
    if row is None:
        raise NotThereError("The entry is not linked to this row.")
    with told(book.entries):
        book.unlink(entry, given.table, row)
        return _entry(book, entry)


@router.post("/notebook/{entry}/comments", status_code=201, responses=problems(409))
def comment_entry(book: OfBook, entry: Number, given: Remark) -> Entry:
    """Say something of an entry."""
    with told(book.entries):
        book.comment(entry, given.text)
        return _entry(book, entry)


@router.post("/notebook/{entry}/lock", responses=problems(409))
def lock_entry(book: OfBook, entry: Number) -> Entry:
    """Keep an entry from being changed."""
    with told(book.entries):
        book.lock(entry)
        return _entry(book, entry)


@router.post("/notebook/{entry}/unlock", responses=problems(409))
def unlock_entry(book: OfBook, entry: Number, given: Unlocking) -> Entry:
    """Let an entry be changed again."""
    with told(book.entries):
        book.unlock(entry, given.why)
        return _entry(book, entry)


@router.get("/notebook/{entry}/verify", responses=problems())
def verify_entry(book: OfBook, entry: Number) -> Verified:
    """Look whether an entry is what was signed."""
    return verified(book.verify(entry))


def _entry(book: LabBook, number: int) -> Entry:
    page = book.page(number)
    return Entry(
        entry=page.entry, day=page.day.isoformat(), title=page.title, text=page.text, author=page.author,
        made=page.made.isoformat(), locked_by=page.locked_by, sealed=page.sealed, amended=page.amended,
        amendments=book.amendments(number), files=list(map(_file, page.attachments)),
        links=list(map(_link, page.links)), comments=_comments(page), signatures=list(map(signed, page.signatures)),
    )  # fmt: skip


def _file(file: Attachment) -> FileModel:
    return FileModel(**{name: getattr(file, name) for name in FileModel.model_fields})


def _link(link: Link) -> LinkModel:
    key: Mapping[str, Any] = json.loads(link.row)
    return LinkModel(table=link.target, key=dict(key), in_text=link.in_text)


def _comments(page: Page) -> list[CommentModel]:
    return [CommentModel(author=c.author, written=c.written.isoformat(), text=c.text) for c in page.comments]
