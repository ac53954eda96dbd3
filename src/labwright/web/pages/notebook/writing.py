"""Writing an entry of the lab book: its text, its files, and the rows that it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import labwright as lw
from labwright.web.desk.changing.picking import Step, choices, told
from labwright.web.desk.keys import spelled
from labwright.web.desk.lab_book.book import lab_book
from labwright.web.desk.lab_book.files import type_of
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, RefusalError
from labwright.web.fields import field_of
from labwright.web.http.sending import disposition
from labwright.web.keeping.uploads import plain_name
from labwright.web.keeping.writing import Writings
from labwright.web.pages.forms import Given, takes_form, takes_parts
from labwright.web.pages.notebook.entry import at, file_at, shown
from labwright.web.pages.notebook.entry import told as said_of
from labwright.web.pages.notebook.listing import PLACE, check_title, read_day
from labwright.web.pages.render import render, see
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from labwright.lab.notebook import Page
    from labwright.web.desk.lab_book.book import LabBook

LARGER: Final = {f"{PLACE}/": 64 * 2**20}
"""How much may be sent at once."""
NAMES: Final = ("day", "title", "text")
BASE: Final = "base."


def edit(request: Request) -> Response:
    """A form with what an entry says, or with what somebody has typed there and not saved."""
    book, page = _writable(request)
    base, kept = _texts(page), _writings(book).find(page.entry)
    values = base if kept is None else {**base, **kept.content}
    return _form(request, book, page, values, kept_at=None if kept is None else kept.at)


def _writable(request: Request) -> tuple[LabBook, Page]:
    book = lab_book(desk_of(request))
    page = book.page(int(request.path_params["entry"]))
    if not book.may(Verb.UPDATE, page):
        raise NotAllowedError("You may not change this entry.")
    if page.sealed:
        raise NotAllowedError("This entry is signed: it stays as it is. Write a new entry that amends it.")
    if page.locked_by:
        raise NotAllowedError(f"This entry is locked by {page.locked_by}. It has to be unlocked first.")
    return book, page


def _writings(book: LabBook) -> Writings:
    return Writings(book.desk.workspace.keeping, book.me)


def _texts(page: Page) -> dict[str, str]:
    texts = {"day": page.day.isoformat(), "title": page.title, "text": page.text}
    return {**texts, **{BASE + name: text for name, text in texts.items()}}


def _form(
    request: Request, book: LabBook, page: Page, values: Mapping[str, str], problem: str = "", status: int = 200,
    theirs: Mapping[str, str] | None = None, kept_at: Any = None,
) -> Response:  # fmt: skip
    return render(
        request, "notebook_edit.html", status, book=book, page=page, values=values, problem=problem,
        theirs=theirs or {}, kept_at=kept_at, file_at=file_at, tables=[s.name for s in book.desk.sheets()],
    )  # fmt: skip


@takes_form
def save(request: Request, given: Given) -> Response:
    """Change an entry."""
    book, page = _writable(request)
    now = {name: given.get(name, "").replace("\r\n", "\n") for name in NAMES}
    base = {name: given.get(BASE + name, "").replace("\r\n", "\n") for name in NAMES}
    problem = check_title(now["title"].strip()) or ("" if now["day"] else "An entry needs a day.")
    if problem:
        return _form(request, book, page, given, problem, 422)
    changed = [name for name in NAMES if now[name] != base[name]]
    try:
        book.edit(page.entry, {n: _value(n, now[n]) for n in changed}, {n: _value(n, base[n]) for n in changed})
    except lw.errors.ConflictError as conflict:
        return _conflict(request, book, page, {**given, **now}, conflict)
    except lw.LabwrightError as error:
        return _form(request, book, page, given, said_of(error), 422)
    _writings(book).forget(page.entry)
    return see(at(page.entry))


def _value(name: str, text: str) -> Any:
    return read_day(text) if name == "day" else text


def _conflict(request: Request, book: LabBook, page: Page, values: Mapping[str, str], conflict: Any) -> Response:
    """The same form; saved again, it is theirs that is replaced."""
    theirs = {name: str(now) for name, (_, now) in conflict.differences.items()}
    problem = (
        "Somebody else has changed this entry since you opened it. Yours is in the form; save again to keep it, or "
        "take over theirs."
    )
    return _form(
        request, book, page, {**values, **{BASE + n: t for n, t in theirs.items()}}, problem, 409, theirs=theirs
    )


@takes_form
def keep(request: Request, given: Given) -> Response:
    """Keep what is being typed, so that nothing is lost when a browser dies."""
    book, page = _writable(request)
    names = (*NAMES, *(BASE + name for name in NAMES))
    _writings(book).keep(page.entry, {n: given[n].replace("\r\n", "\n") for n in names if n in given})
    return Response(status_code=204)


@takes_form
def discard(request: Request, _: Given) -> Response:
    """Forget what was typed and not saved."""
    book, page = _writable(request)
    _writings(book).forget(page.entry)
    return see(at(page.entry, "edit"))


@takes_form
def preview(request: Request, given: Given) -> Response:
    """What a text looks like."""
    book, page = _writable(request)
    return Response(str(shown(book, page, given.get("text", ""))), media_type="text/html")


@takes_parts
def add_file(request: Request, sent: FormData) -> Response:
    """Add files to an entry; programs are told how to show them in the text."""
    given = [(f.filename or "file", f.file.read()) for f in sent.getlist("file") if isinstance(f, UploadFile)]
    files = [(name, content) for name, content in given if content]
    wants_json = "application/json" in request.headers.get("accept", "")
    try:
        book, page = _writable(request)
        if not files:
            raise BadRequestError("Choose a file that is not empty.")
        made = [_attached(book, page.entry, plain_name(name), content) for name, content in files]
    except (RefusalError, lw.LabwrightError) as error:
        if not wants_json:
            raise
        said = error.text if isinstance(error, RefusalError) else said_of(error)
        return JSONResponse({"problem": said}, 422)
    return JSONResponse({"markdown": "\n\n".join(made)}) if wants_json else see(f"{at(page.entry, 'edit')}#files")


def _attached(book: LabBook, entry: int, name: str, content: bytes) -> str:
    media_type = type_of(name, content)
    number = book.attach(entry, name, content, media_type)
    text = re.sub(r"([\\\[\]`*_<>&])", r"\\\1", name)
    return f"{'!' if media_type.startswith('image/') else ''}[{text}](attachment:{number})"


def file(request: Request) -> Response:
    """A file of an entry: pictures are shown, all else is kept."""
    book = lab_book(desk_of(request))
    found, data = book.attachment(request.path_params["entry"], request.path_params["number"])
    how: Literal["inline", "attachment"] = "inline" if found.is_picture else "attachment"
    headers = {**disposition(found.name, how), "ETag": f'"{found.sha256}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(
        data, media_type=found.media_type if found.is_picture else "application/octet-stream", headers=headers
    )


@takes_form
def remove_file(request: Request, _: Given) -> Response:
    """Take a file out of an entry."""
    book, page = _writable(request)
    book.remove(page.entry, request.path_params["number"])
    return see(f"{at(page.entry, 'edit')}#files")


@takes_form
def add_link(request: Request, given: Given) -> Response:
    """Link a row."""
    book, page = _writable(request)
    book.link(page.entry, given.get("table", ""), given.get("key", "").strip())
    return see(f"{at(page.entry, 'edit')}#rows")


@takes_form
def remove_link(request: Request, given: Given) -> Response:
    """Link a row no more."""
    book, page = _writable(request)
    book.unlink(page.entry, given.get("target", ""), given.get("row", ""))
    return see(f"{at(page.entry, 'edit')}#rows")


def rows(request: Request) -> Response:
    """The first rows of a table that match what is typed, for choosing one."""
    sheet = desk_of(request).sheet(request.query_params.get("table", ""))
    found = choices(Step(sheet, {n: n for n in sheet.key}), {}, request.query_params.get("q", ""))
    names = told(sheet)
    told_of = [
        " · ".join(field_of(sheet.heading[n]).format(r[n]) for n in names if r[n] is not None) for r in found.rows
    ]
    return JSONResponse([{"key": spelled(sheet, r), "told": t} for r, t in zip(found.rows, told_of, strict=True)])


_ONE: Final = f"{PLACE}/{{entry:int}}"
ROUTES: Final = (
    Route(f"{PLACE}/rows", rows),
    Route(f"{_ONE}/edit", edit),
    Route(f"{_ONE}/edit", save, methods=["POST"]),
    Route(f"{_ONE}/keep", keep, methods=["POST"]),
    Route(f"{_ONE}/discard", discard, methods=["POST"]),
    Route(f"{_ONE}/preview", preview, methods=["POST"]),
    Route(f"{_ONE}/files", add_file, methods=["POST"]),
    Route(f"{_ONE}/files/{{number:int}}/remove", remove_file, methods=["POST"]),
    Route(f"{_ONE}/files/{{number:int}}/{{name}}", file),
    Route(f"{_ONE}/links", add_link, methods=["POST"]),
    Route(f"{_ONE}/links/remove", remove_link, methods=["POST"]),
)
