"""Rows out of files and clipboards: they are read, tried, put right, and entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.routing import Route

import labwright as lw
from labwright.web.desk.importing.beginning import begin_with_parts, read_again
from labwright.web.desk.importing.cells import text_of
from labwright.web.desk.importing.checking import check, correct, override, put_into
from labwright.web.desk.importing.draft import Draft, find, need_import, unfinished
from labwright.web.desk.importing.entering import enter
from labwright.web.desk.importing.judging import Fate, Judged, There
from labwright.web.desk.importing.limits import UPLOAD
from labwright.web.desk.importing.looking import begin_with_missing, changes_of, key_of, missing, rows_with
from labwright.web.desk.importing.mapping import Choice, guess, wrong_with
from labwright.web.desk.importing.reading import Problem
from labwright.web.desk.importing.texts import DELIMITERS, ENCODINGS
from labwright.web.desk.past import may_undo, recent
from labwright.web.desk.refusals import BadRequestError
from labwright.web.desk.sentences import sentence
from labwright.web.pages.forms import Given, takes_form, takes_parts
from labwright.web.pages.render import address, render, see
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Sheet

LARGER: Final[Mapping[str, int]] = {"/import/": UPLOAD + 2**20}
"""How much may be sent to these addresses."""
FIELDS: Final = 60_000
"""A page of rows with all the cells that a file may have."""
FATES: Final = {
    "bad": "cannot be entered",
    "new": "new",
    "changed": "to be changed",
    "same": "there already, as they are here",
    "skipped": "there already, passed over",
}
"""What is said of the rows of each fate."""
_takes = partial(takes_form, max_files=0, max_fields=FIELDS)


def start(request: Request) -> Response:
    """Show where a file can be chosen, or rows pasted."""
    return _start(request, _sheet(request))


@partial(takes_parts, max_files=1, max_fields=10, max_part_size=UPLOAD)
def send(request: Request, sent: FormData) -> Response:
    """Take a file, or pasted rows."""
    sheet, file = _sheet(request), sent.get("file")
    if isinstance(file, UploadFile) and file.filename:
        name, data = file.filename, file.file.read()
    else:
        name, data = "pasted rows", str(sent.get("text") or "").encode("utf-8", "replace")
    try:
        draft = begin_with_parts(sheet, name, data)
    except BadRequestError as error:
        return _start(request, sheet, error.text)
    return see(place(draft, "columns"))


def _start(request: Request, sheet: Sheet, problem: str = "") -> Response:
    drafts = [draft for draft in unfinished(sheet.desk) if draft.sheet.name == sheet.name]
    status = 422 if problem else 200
    return render(request, "import_start.html", status, sheet=sheet, problem=problem, drafts=drafts, place=place)


def columns(request: Request) -> Response:
    """Show which column goes where."""
    return _columns(request, _draft(request))


def _columns(
    request: Request,
    draft: Draft,
    choice: Choice | None = None,
    problems: Mapping[str, str] | None = None,
    said: str = "",
) -> Response:
    chosen = choice or draft.mapping
    return render(
        request, "import_columns.html", 422 if problems or said else 200, draft=draft, sheet=draft.sheet, place=place,
        chosen=chosen, problems=problems or {}, said=said, notes=guess(draft.fields, draft.header).notes,
        encodings=ENCODINGS, delimiters=DELIMITERS, may_update=draft.sheet.may(Verb.UPDATE) and bool(draft.sheet.key),
    )  # fmt: skip


@_takes
def put(request: Request, given: Given) -> Response:
    """Say which column goes where, and try all rows."""
    draft = _draft(request)
    choice = Choice(
        {int(n): given[f"column.{n}"] for n in range(len(draft.header)) if given.get(f"column.{n}") in draft.fields},
        {name: given[f"value.{name}"] for name in draft.fields if given.get(f"value.{name}")},
    )
    problems = wrong_with(draft.fields, choice)
    if problems:
        return _columns(request, draft, choice, problems)
    try:
        return see(place(put_into(draft, choice, _there(given))))
    except lw.LabwrightError as error:
        return _columns(request, draft, choice, {}, sentence(error, draft.sheet))


def _there(given: Given) -> There:
    found = given.get("there", "")
    return There(found) if found in list(There) else There.REFUSE


@_takes
def source(request: Request, given: Given) -> Response:
    """Read the file in another way."""
    draft = _draft(request)
    try:
        return see(place(read_again(draft, given), "columns"))
    except BadRequestError as error:
        return _columns(request, draft, said=error.text)


def verdict(request: Request) -> Response:
    """Show what was found out about the rows, or what was entered."""
    draft = _draft(request)
    if draft.begun.state == "new":
        return see(place(draft, "columns"))
    return _verdict(request, draft)


def _verdict(request: Request, draft: Draft, problem: str = "") -> Response:
    entered = draft.about.get("entered", ())
    told = {"draft": draft, "sheet": draft.sheet, "place": place, "entered": entered, "undoable": _undoable(draft)}
    parts = draft.parts
    told |= {"parts": parts, "whole": draft.whole, "fates": FATES}
    if draft.begun.state == "done":
        return render(request, "import_done.html", **told)
    asked = request.query_params.get("show", "")
    show = asked if asked in FATES else next((name for name in FATES if draft.counts[name]), "new")
    after = request.query_params.get("after", "")
    shown = rows_with(draft, Fate[show.upper()], int(after) if after.isdecimal() and len(after) < 10 else -1)
    every = [draft, *(part for part in parts if part.counts)]
    return render(
        request, "import_check.html", 422 if problem else 200, **told, problem=problem, show=show, shown=shown,
        absent=missing(draft) if show == "bad" else [], changes_of=changes_of,
        doubted=any(p.kind == "doubt" for one in shown.rows for p in one.problems),
        columns=sorted(draft.mapping.columns.items()), by_name=_by_name, key_text=_key_text, text_of=text_of,
        bad=sum(one.counts["bad"] for one in every),
        valid=sum(one.counts["new"] + one.counts["changed"] for one in every),
    )  # fmt: skip


def _undoable(draft: Draft) -> str:
    """The number of the last change that it has made, while that can be taken back."""
    numbers = [done["change"] for done in draft.about.get("entered", ())]
    desk = draft.sheet.desk
    found = {c.id for c in recent(desk, by=desk.person.name) if may_undo(desk, c)} if numbers else set()
    return numbers[-1] if numbers and numbers[-1] in found else ""


def _by_name(problems: Iterable[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for problem in problems:
        found[problem.name] = f"{found.get(problem.name, '')} {problem.text}".strip()
    return found


def _key_text(draft: Draft, one: Judged) -> str:
    key = key_of(draft, one)
    return ", ".join(draft.fields[name].format(value) for name, value in key.items())


@_takes
def put_right(request: Request, given: Given) -> Response:
    """Change cells, leave rows out, and look at them again."""
    draft = _draft(request)
    cells, left_out = {}, set()
    for name, text in given.items():
        what, *numbers = name.split(".")
        if not all(n.isdecimal() and len(n) < 10 for n in numbers):
            continue
        if what == "cell" and len(numbers) == 2:
            cells[int(numbers[0]), int(numbers[1])] = text.replace("\r\n", "\n")
        elif what == "leave" and len(numbers) == 1:
            left_out.add(int(numbers[0]))
    return _tried(request, draft, lambda: correct(draft, cells, left_out))


@_takes
def check_again(request: Request, _: Given) -> Response:
    """Try all rows again."""
    draft = _draft(request)
    return _tried(request, draft, lambda: check(draft))


@_takes
def override_doubts(request: Request, given: Given) -> Response:
    """Take rows that the lab's checks doubt for a reason that is given."""
    draft = _draft(request)
    return _tried(request, draft, lambda: override(draft, given.get("reason", "")))


def _tried(request: Request, draft: Draft, attempt: Callable[[], Draft]) -> Response:
    """The rows as they stand after an attempt; what the database refuses is said above them."""
    try:
        return see(place(attempt()))
    except lw.LabwrightError as error:
        return _verdict(request, draft, sentence(error, draft.sheet))


@_takes
def enter_rows(request: Request, given: Given) -> Response:
    """Enter the rows: all of them, or those that can be."""
    draft = _draft(request)
    try:
        return see(place(enter(draft, only_valid=given.get("rows") == "valid")))
    except BadRequestError as error:
        return _verdict(request, find(draft.sheet, draft.id), error.text)


@_takes
def enter_missing(request: Request, given: Given) -> Response:
    """Begin to enter what is missing in another table."""
    return see(place(begin_with_missing(_draft(request), given.get("table", "")), "columns"))


@_takes
def discard(request: Request, _: Given) -> Response:
    """Give an import up."""
    draft = _draft(request)
    draft.discard()
    return see(address(draft.sheet, verb="import"))


def place(draft: Draft, step: str = "", **query: object) -> str:
    """Where an import is, or one of its steps."""
    asked = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
    return f"{address(draft.sheet, verb='import')}/{draft.id}{step and f'/{step}'}{asked and f'?{asked}'}"


def _sheet(request: Request) -> Sheet:
    sheet = desk_of(request).sheet(request.path_params["table"])
    need_import(sheet)
    return sheet


def _draft(request: Request) -> Draft:
    return find(_sheet(request), request.path_params["id"])


ROUTES: Final = (
    Route("/import/{table}", start),
    Route("/import/{table}", send, methods=["POST"]),
    Route("/import/{table}/paste", send, methods=["POST"]),
    Route("/import/{table}/{id}", verdict),
    Route("/import/{table}/{id}", put_right, methods=["POST"]),
    Route("/import/{table}/{id}/columns", columns),
    Route("/import/{table}/{id}/columns", put, methods=["POST"]),
    Route("/import/{table}/{id}/source", source, methods=["POST"]),
    Route("/import/{table}/{id}/check", check_again, methods=["POST"]),
    Route("/import/{table}/{id}/override", override_doubts, methods=["POST"]),
    Route("/import/{table}/{id}/enter", enter_rows, methods=["POST"]),
    Route("/import/{table}/{id}/missing", enter_missing, methods=["POST"]),
    Route("/import/{table}/{id}/discard", discard, methods=["POST"]),
)
