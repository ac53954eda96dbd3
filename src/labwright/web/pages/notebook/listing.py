"""The lab book: its entries by day, beginning one, and taking them along as files."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from starlette.responses import Response
from starlette.routing import Route

from labwright.web.desk.lab_book.book import find_lab_book, lab_book, may_start, start
from labwright.web.desk.lab_book.listing import KINDS, as_file, numbers_of, read_entries
from labwright.web.desk.lab_book.reading import Wanted
from labwright.web.desk.refusals import BadRequestError
from labwright.web.http.sending import disposition
from labwright.web.pages.forms import Given, takes_form
from labwright.web.pages.render import address, render, see
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from labwright.web.desk.lab_book.book import LabBook

PLACE: Final = "/notebook"
TITLE: Final = 200


def entries(request: Request) -> Response:
    """List the entries that are asked for, newest first."""
    desk = desk_of(request)
    book = find_lab_book(desk)
    if book is None:
        return render(request, "notebook_none.html", may_start=may_start(desk))
    wanted = _wanted(request.query_params)
    rows, following = read_entries(book, wanted, request.query_params.get("after"))
    return render(
        request, "notebook.html", book=book, rows=rows, wanted=wanted, following=following,
        templates_at=_templates(book),
    )  # fmt: skip


def _templates(book: LabBook) -> str | None:
    """Where templates are looked after."""
    sheet = book.beside("Template")
    return None if sheet is None else address(sheet)


def _wanted(given: Mapping[str, str]) -> Wanted:
    signed = {"yes": True, "no": False}.get(given.get("signed", ""))
    since, until = (read_day(given.get(name, "")) for name in ("since", "until"))
    return Wanted(given.get("q", "").strip(), given.get("author", ""), given.get("table", ""), signed, since, until)


def read_day(text: str) -> date | None:
    """The day that stands in a form.

    Raises
    ------
    BadRequestError
        When it is none.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadRequestError(f"{text!r} is no day. Write it as 2026-11-23.") from error


@takes_form
def make(request: Request, _: Given) -> Response:
    """Make a lab book where there is none."""
    start(desk_of(request))
    return see(PLACE)


def new(request: Request) -> Response:
    """A form for an entry."""
    return _new(request, dict(request.query_params))


@takes_form
def begin(request: Request, given: Given) -> Response:
    """Begin an entry, and go on to write it."""
    book = lab_book(desk_of(request))
    title, text = book.templates().get(given.get("template", ""), ("", ""))
    title = given.get("title", "").strip() or title
    problem = check_title(title)
    if problem:
        return _new(request, given, problem)
    amends = int(given["amends"]) if given.get("amends", "").isdecimal() else None
    entry = book.write(title, text, read_day(given.get("day", "")), amends, given.get("about", ""))
    return see(f"{PLACE}/{entry}/edit")


def check_title(title: str) -> str:
    """What is wrong with a title; empty when nothing is."""
    if not title:
        return "An entry needs a title."
    return f"A title has {TITLE} characters at most." if len(title) > TITLE else ""


def _new(request: Request, given: Mapping[str, str], problem: str = "") -> Response:
    book = lab_book(desk_of(request))
    today = date.today().isoformat()  # noqa: DTZ011 - the day where the server is
    return render(
        request, "notebook_new.html", 422 if problem else 200, book=book, given={"day": today, **given}, problem=problem
    )


def take_along(request: Request) -> Response:
    """The entries that are asked for as one file, oldest first."""
    book = lab_book(desk_of(request))
    return kept(book, numbers_of(book, _wanted(request.query_params)), request.path_params["kind"], "notebook")


def kept(book: LabBook, numbers: list[int], kind: str, name: str) -> Response:
    """Entries as a file that browsers keep."""
    data = as_file(book, numbers, kind, name)
    return Response(data, media_type=KINDS[kind], headers=disposition(f"{name}.{kind}"))


ROUTES: Final = (
    Route(PLACE, entries),
    Route(PLACE, make, methods=["POST"]),
    Route(f"{PLACE}/new", new),
    Route(f"{PLACE}/new", begin, methods=["POST"]),
    Route(f"{PLACE}/export/{{kind}}", take_along),
)
