"""One entry of the lab book: read, commented, locked, signed, stamped and verified."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import Route

import labwright as lw
from labwright.web.desk.lab_book.book import find_lab_book, lab_book
from labwright.web.desk.past import steps
from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import FieldError, field_of
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.markdown import note
from labwright.web.pages.notebook.listing import PLACE, kept
from labwright.web.pages.panel import Panel
from labwright.web.pages.prove import prove_first
from labwright.web.pages.render import address, name_of, render, see
from labwright.web.site import SINGLE_USER, desk_of, fresh_login

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from labwright.lab.notebook import Attachment, Link, Page
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.lab_book.book import LabBook
    from labwright.web.desk.sheet import Sheet

ALONE: Final = "alone at this machine, without being asked"
"""How somebody has shown who they are where nobody logs in, as signatures say it."""


def entry(request: Request) -> Response:
    """Show an entry."""
    return _entry(request)


def _entry(request: Request, problem: str = "", said: str = "", status: int = 200) -> Response:
    book, number = _asked(request)
    page = book.page(number)
    return render(
        request, "notebook_entry.html", 422 if problem else status, book=book, page=page, problem=problem, said=said,
        shown=partial(shown, book, page), links=[_linked(book, link) for link in page.links],
        amendments=book.amendments(number), file_at=file_at,
        awaits=[s for s in page.signatures if s.stamped is None] if book.has_authority else [],
    )  # fmt: skip


def _asked(request: Request) -> tuple[LabBook, int]:
    return lab_book(desk_of(request)), int(request.path_params["entry"])


def at(number: int, *more: object) -> str:
    """The address of an entry, or of something of it."""
    return "/".join([PLACE, str(number), *map(str, more)])


def file_at(number: int, attachment: Attachment) -> str:
    """The address of a file of an entry."""
    return at(number, "files", attachment.number, quote(attachment.name, safe=""))


def shown(book: LabBook, page: Page, text: str) -> Markup:
    """A text of an entry, as HTML."""

    def row(table: str, key: str) -> tuple[str, str] | None:
        found = book.resolve(table, key)
        return None if found is None else (_where(book, *found), name_of(*found))

    def file(number: int) -> tuple[str, bool] | None:
        found = page.attachment(number)
        return None if found is None else (file_at(page.entry, found), found.is_picture)

    return note(text, row, file)


def _linked(book: LabBook, link: Link) -> tuple[Link, str, str]:
    """A link, the name of its row, and its address; none where there is no such row for the person."""
    sheet = book.desk.find(link.target)
    key = None if sheet is None else _key(sheet, link.row)
    if sheet is None or key is None or not sheet.rows(key):
        return link, f"{link.target} {link.row}", ""
    return link, name_of(sheet, key), _where(book, sheet, key)


def _where(book: LabBook, sheet: Sheet, key: Mapping[str, Any]) -> str:
    """The page of a row; entries have their own."""
    return at(key["entry"]) if sheet.name == book.entries.name else address(sheet, key)


def _key(sheet: Sheet, text: str) -> dict[str, Any] | None:
    """The key that a link holds."""
    values = json.loads(text)
    if set(values) != set(sheet.key):
        return None  # the table has another key by now
    try:
        return {n: field_of(sheet.heading[n]).parse(_typed(values[n])) for n in sheet.key}
    except FieldError:
        return None


def _typed(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _doing(does: Callable[[LabBook, int, Given], object]) -> Any:
    """A page that does something with an entry and then shows it; what goes wrong is told there."""

    @takes_form
    def done(request: Request, given: Given) -> Response:
        book, number = _asked(request)
        try:
            does(book, number, given)
        except lw.LabwrightError as error:
            return _entry(request, told(error))
        return see(at(number))

    return done


def told(error: lw.LabwrightError) -> str:
    """What went wrong, as a sentence."""
    if isinstance(error, lw.errors.RuleError) and error.says:
        says = str(error.says)
        return f"{says[0].upper()}{says[1:]}."
    if isinstance(error, lw.errors.ConflictError):
        return "Somebody else has changed this entry meanwhile. Look at it again."
    return str(error).partition("\n")[0]


def _comment(book: LabBook, number: int, given: Given) -> None:
    text = given.get("text", "").replace("\r\n", "\n").strip()
    if not text:
        raise BadRequestError("A comment says something.")
    book.comment(number, text)


def sign_page(request: Request) -> Response:
    """Ask whether somebody means to sign, after they have shown who they are."""
    book, number = _asked(request)
    how = fresh_login(request)
    if how is None:
        return prove_first(at(number, "sign"))
    return render(request, "notebook_sign.html", book=book, page=book.page(number), is_alone=how == SINGLE_USER)


@takes_form
def sign(request: Request, _: Given) -> Response:
    """Sign an entry."""
    book, number = _asked(request)
    how = fresh_login(request)
    if how is None:
        return prove_first(at(number, "sign"))
    try:
        book.sign(number, ALONE if how == SINGLE_USER else f"by {how}")
        if book.has_authority:
            book.stamp(number)
    except lw.LabwrightError as error:
        return _entry(request, told(error))
    return see(at(number))


def verify(request: Request) -> Response:
    """Look whether an entry is what was signed."""
    book, number = _asked(request)
    return render(request, "notebook_verify.html", book=book, page=book.page(number), found=book.verify(number))


def export(request: Request) -> Response:
    """An entry as a file."""
    book, number = _asked(request)
    return kept(book, [number], request.path_params["kind"], f"entry-{number}")


def history(request: Request) -> Response:
    """What an entry was before."""
    book, number = _asked(request)
    page = book.page(number)
    return render(request, "notebook_history.html", book=book, page=page, steps=steps(book.entries, {"entry": number}))


def notes(desk: Desk, sheet: Sheet, row: Mapping[str, Any]) -> Panel | None:
    """The entries that are about a row, for its page."""
    book = find_lab_book(desk)
    if book is None:
        return None
    found = book.about(sheet, row)
    if sheet.name == book.entries.name:
        found = [{name: row[name] for name in ("entry", "day", "title", "author") if name in row}, *found]
    may_write = book.may_write() and sheet.name != book.entries.name
    if not found and not may_write:
        return None
    key = address(sheet, row).rpartition("/")[2]
    return Panel(
        "Notes", "notebook_panel.html", {"entries": found, "about": f"{sheet.name}/{key}" if may_write else ""}
    )


_ONE: Final = f"{PLACE}/{{entry:int}}"
ROUTES: Final = (
    Route(_ONE, entry),
    Route(f"{_ONE}/comment", _doing(_comment), methods=["POST"]),
    Route(f"{_ONE}/lock", _doing(lambda book, number, _: book.lock(number)), methods=["POST"]),
    Route(f"{_ONE}/unlock", _doing(lambda book, n, given: book.unlock(n, given.get("why", ""))), methods=["POST"]),
    Route(f"{_ONE}/sign", sign_page),
    Route(f"{_ONE}/sign", sign, methods=["POST"]),
    Route(f"{_ONE}/stamp", _doing(lambda book, number, _: book.stamp(number)), methods=["POST"]),
    Route(f"{_ONE}/verify", verify),
    Route(f"{_ONE}/history", history),
    Route(f"{_ONE}/restore", _doing(lambda book, n, given: book.restore(n, given.get("change", ""))), methods=["POST"]),
    Route(f"{_ONE}/export/{{kind}}", export),
)
