"""Forms in which rows are entered and changed, with their parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import labwright as lw
from labwright.web.desk.changing.checking import CheckError
from labwright.web.desk.changing.drafts import drafts, patterns, uploads
from labwright.web.desk.changing.saving import FILLS_ITSELF, NotSavedError, takes_rows
from labwright.web.desk.keys import key_of, spelled
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.desk.sentences import sentence
from labwright.web.fields import field_of
from labwright.web.keeping.patterns import LAST, MAX_NAME
from labwright.web.pages.entry import picking
from labwright.web.pages.entry.conflicts import Clash, clashes, decided, forget_row
from labwright.web.pages.entry.form import MOST, Form, initial, placed
from labwright.web.pages.entry.saving import mark_of_form, pattern_of, store, was_sent
from labwright.web.pages.entry.waiting import (
    BACK,
    DO,
    DRAFT,
    NAME,
    PATTERN,
    TO,
    WHY,
    fill,
    form_address,
    keep_form,
    number_of,
)
from labwright.web.pages.forms import takes_parts
from labwright.web.pages.render import address, render, see
from labwright.web.roles.role import Verb
from labwright.web.site import desk_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.desk.sheet import Sheet

SHOWN: Final = 100
"""Rows of a part that are there and can be changed in the form of their master."""
FIELDS: Final = 20_000
UPLOAD: Final = 2**30
"""Bytes of the files of one form."""


def new(request: Request) -> Response:
    """An empty form, or one with what the query string says."""
    sheet = _table(request, Verb.INSERT)
    asked = request.query_params
    given = _of_draft(sheet, asked.get(DRAFT, ""), "") or initial(sheet)
    given |= {n: v for n, v in asked.items() if n in sheet.heading or n in (BACK, TO)}
    return _show(request, Form(sheet, {DRAFT: number_of(asked.get(DRAFT, "")), **given}))


def edit(request: Request) -> Response:
    """A form with what a row has."""
    sheet, key = _row(request)
    number = request.query_params.get(DRAFT, "")
    given = _of_draft(sheet, number, request.path_params["key"]) or _of_row(sheet, key)
    return _show(request, Form(sheet, {DRAFT: number_of(number), **given}, key))


Sent = Mapping[str, "str | UploadFile"]
_takes = partial(takes_parts, max_fields=FIELDS, max_files=MOST, max_part_size=2**21)


@_takes
def add(request: Request, sent: Sent) -> Response:
    """Enter a row, or do what else a button of its form says."""
    return _done(request, _form(_table(request, Verb.INSERT), sent))


@_takes
def change(request: Request, sent: Sent) -> Response:
    """Change a row, or do what else a button of its form says."""
    sheet, key = _row(request)
    form = _form(sheet, sent, key)
    if "back." in sent and sent["back."] == "theirs":
        drafts(sheet.desk).discard(form.given[DRAFT])
        return see(address(sheet))
    return _done(request, form)


@_takes
def keep(request: Request, sent: Sent) -> Response:
    """Keep what is in a form while it is filled."""
    sheet = desk_of(request).sheet(request.path_params["table"])
    keep_form(Form(sheet, _texts(sent)), request.path_params.get("key", ""))
    return PlainTextResponse("", 204)


def _table(request: Request, verb: Verb) -> Sheet:
    sheet = desk_of(request).sheet(request.path_params["table"])
    if not sheet.may(verb):
        raise NotAllowedError(f"You may not {verb} rows of {sheet.title}.")
    if not takes_rows(sheet):
        raise NotAllowedError(FILLS_ITSELF.format(sheet.title))
    return sheet


def _row(request: Request) -> tuple[Sheet, dict[str, Any]]:
    """A row that the person may change, as far as it is there."""
    sheet = _table(request, Verb.UPDATE)
    key = key_of(sheet, request.path_params["key"])
    if sheet.rows(key):  # what they do not see is as what is not there
        sheet.check_owned(sheet.need(Verb.UPDATE), [key])
    return sheet, key


def _of_draft(sheet: Sheet, number: str, of: str) -> dict[str, str]:
    """What a form held that was kept, if it was for the same row."""
    found = drafts(sheet.desk).find(number) if number else None
    if found is None or (found.table, found.of) != (sheet.name, of):
        return {}
    return dict(found.content)


def _of_row(sheet: Sheet, key: Mapping[str, Any]) -> dict[str, str]:
    """What a form for a row begins with: the row, and its parts where they are few."""
    given = placed(sheet, sheet.row(key))
    for name, (part, tied) in Form(sheet, {}, key).part_sheets.items():
        rows = part.light_rows({here: key[there] for here, there in tied.items()}).to_dicts(limit=SHOWN + 1)
        for number, row in enumerate(rows if len(rows) <= SHOWN else ()):
            place = f"{name}.{number}"
            given |= {f"key.{place}": spelled(part, row), **placed(part, row, place)}
    return given


def _texts(sent: Sent) -> dict[str, str]:
    return {name: value for name, value in sent.items() if isinstance(value, str)}


def _form(sheet: Sheet, sent: Sent, key: Mapping[str, Any] | None = None) -> Form:
    """The form that was sent, with its files, and after the choices in it."""
    given, own = _texts(sent), uploads(sheet.desk)
    for name, value in sent.items():
        if isinstance(value, UploadFile) and value.filename:
            given[f"staged.{name}"] = own.put(value.filename, value.file)
    staged = {n.removeprefix("staged."): own.find(token) for n, token in given.items() if n.startswith("staged.")}
    files = {name: path for name, path in staged.items() if path is not None}
    given = {n: v for n, v in given.items() if not n.startswith("staged.") or n.removeprefix("staged.") in files}
    if given.get("back.") == "mine":
        given |= {n: field_of(sheet.heading[n]).edit(v) for n, v in (key or {}).items()}
        key = None
    return Form(sheet, {**decided(given), DRAFT: number_of(given.get(DRAFT, ""))}, key, files)


def _done(request: Request, form: Form) -> Response:
    """What a button does."""
    does, _, about = form.given.get(DO, "").partition(".")
    return _BUTTONS.get(does, _save)(request, form, about)


def _save(request: Request, form: Form, _: str = "") -> Response:
    lines, problems = form.read()
    if problems:
        return _show(request, replace(form, problems=problems))
    mark = mark_of_form(form, lines)
    try:
        if not was_sent(form, mark):
            store(form, lines, mark)
    except NotSavedError as error:
        if not was_sent(form, mark):
            return _refused(request, form, error, {line.place: line for line in lines})
    except lw.LabwrightError as error:
        if not was_sent(form, mark):
            return _show(request, replace(form, problems={"": sentence(error, form.sheet)}))
    for name, token in form.given.items():
        if name.startswith("staged."):
            uploads(form.sheet.desk).discard(token)
    return _onward(form, {**lines[0].row, **(form.key or {})})


def _refused(request: Request, form: Form, error: NotSavedError, lines: Mapping[str, Any]) -> Response:
    found = clashes(form, error.conflicts)
    if found:
        return _show(request, form, found)
    problems: dict[str, str] = {}
    for place, e in error.failed.items():
        problems |= _beside(place, e, lines[place])
    given = {**form.given, WHY: form.given.get(WHY, "")} if error.is_doubt else form.given
    return _show(request, replace(form, given=given, problems=problems))


def _beside(place: str, error: Any, line: Any) -> dict[str, str]:
    """What stands beside which field, or row."""
    if isinstance(error, CheckError):
        found = error.problems(line.sheet.title)
        return {".".join(filter(None, (place, name))): text for name, text in found.items()}
    return {place: sentence(error, line.sheet, {**line.row, **(line.key or {})})}


def _onward(form: Form, row: Mapping[str, Any]) -> Response:
    """To the row, or back to the form that waits for it."""
    sheet, back = form.sheet, form.given.get(BACK, "")
    has_key = row.keys() >= set(sheet.key)
    waiting = fill(sheet, back, form.given.get(TO, ""), row if has_key else {}) if back else None
    return see(waiting or address(sheet, row if has_key else None))


def _of(request: Request) -> str:
    return str(request.path_params.get("key", ""))


def _keep_draft(request: Request, form: Form, _: str) -> Response:
    number = keep_form(form, _of(request))
    return see(form_address(form.sheet, _of(request), number) + "&.kept=1")


def _discard(_: Request, form: Form, __: str) -> Response:
    drafts(form.sheet.desk).discard(form.given[DRAFT])
    return see(_away(form))


def _away(form: Form) -> str:
    """Where somebody goes who does not save: to the form that waits for this one, or else to what it is about."""
    back = form.given.get(BACK, "")
    waiting = fill(form.sheet, back, "", {}) if back else None
    return waiting or address(form.sheet, form.key)


def _add_row(request: Request, form: Form, part: str) -> Response:
    if part not in form.parts:
        raise NotThereError("There is no such part.")
    used = [int(section.place.rpartition(".")[2]) for section in form.parts[part]]
    place = f"{part}.{max(used, default=-1) + 1}"
    given = dict(form.given)
    if len(used) < MOST:
        given |= initial(form.part_sheets[part][0], place)
    return _show(request, replace(form, given=given), focus=f"{place}.")


def _remove_row(request: Request, form: Form, place: str) -> Response:
    section, given = form.section(place), dict(form.given)
    if section is not None and place and section.key is None:
        forget_row(given, place)
    elif section is not None and place:
        given[f"gone.{place}"] = "1"
    return _show(request, replace(form, given=given))


def _restore_row(request: Request, form: Form, place: str) -> Response:
    given = {n: t for n, t in form.given.items() if n != f"gone.{place}"}
    return _show(request, replace(form, given=given))


def _find(request: Request, form: Form, full: str) -> Response:
    return _leave(request, form, full, "find")


def _new_parent(request: Request, form: Form, full: str) -> Response:
    return _leave(request, form, full, "new")


def _leave(request: Request, form: Form, full: str, verb: str) -> Response:
    """To another page, which leads back to this form."""
    at, entry = form.find(full), form.entry(full)
    pick = entry.pick if entry else None
    if at is None or pick is None:
        raise NotThereError("There is nothing to pick for this.")
    number = keep_form(form, _of(request))
    given = {n: text for n, name in pick.given.items() if (text := form.given.get(name))}
    if verb == "new":
        there = {pick.step.attributes[n]: text for n, text in given.items()}
        return see(f"{address(pick.step.sheet, verb='new')}?{urlencode({**there, BACK: number, TO: full})}")
    where = f"/find/{at[0].sheet.name}/{at[1]}"
    return see(f"{where}?{urlencode({**given, BACK: number, TO: full})}")


def _keep_pattern(request: Request, form: Form, _: str) -> Response:
    name = form.given.get(NAME, "").strip()[:MAX_NAME]
    if not name:
        return _show(request, replace(form, problems={NAME: "Give the template a name."}))
    own = patterns(form.sheet)
    own.ready()
    own.keep(name, pattern_of(form, parts=True))
    return _show(
        request, replace(form, given={**form.given, PATTERN: name, NAME: ""}), told=f"Template {name} is kept."
    )


def _fill_in(request: Request, form: Form, _: str) -> Response:
    """Fill what nobody has written into yet."""
    found = patterns(form.sheet).find(form.given.get(PATTERN, LAST))
    if found is None:
        return _show(request, form, told="You have not entered a row here yet.")
    usual = initial(form.sheet)
    empty = {n for n in form.master.names if form.given.get(n, "") in ("", usual.get(n))}
    has_rows = {name for name, rows in form.parts.items() if rows}
    taken = {n: t for n, t in found.items() if n in empty or ("." in n and n.partition(".")[0] not in has_rows)}
    return _show(request, replace(form, given={**form.given, **taken}), told="What was empty is filled.")


def _forget_pattern(request: Request, form: Form, _: str) -> Response:
    patterns(form.sheet).discard(form.given.get(PATTERN, LAST))
    return _show(request, form, told="The template is gone.")


_BUTTONS: Final[Mapping[str, Callable[[Request, Form, str], Response]]] = {
    "save": _save,
    "draft": _keep_draft,
    "discard": _discard,
    "add": _add_row,
    "remove": _remove_row,
    "restore": _restore_row,
    "find": _find,
    "new": _new_parent,
    "template": _keep_pattern,
    "fill": _fill_in,
    "forget": _forget_pattern,
}


def _show(request: Request, form: Form, found: list[Clash] | None = None, told: str = "", focus: str = "") -> Response:
    """The form, with what is wrong and what is to be decided."""
    status = 409 if found else 422 if form.problems else 200
    begun = drafts(form.sheet.desk).about(form.sheet.name, _of(request))
    others = [draft for draft in begun if draft.number != form.given[DRAFT]]
    kept = request.method == "GET" and ".kept" in request.query_params
    return render(
        request, "entry.html", status, sheet=form.sheet, form=form, row=form.key, clashes=found or [],
        told="Your draft is kept; it stands on the page Today as well." if kept else told, focus=focus,
        names=patterns(form.sheet).names(),
        others=others, many=_many(form), form_address=form_address, general=_general(form),
        files=form.files, number=form.given[DRAFT], away=_away(form), MAX_NAME=MAX_NAME,
    )  # fmt: skip


def _general(form: Form) -> list[str]:
    """What is wrong with no field that is shown."""
    shown = (
        {e.name for s in form.sections() for e in s.entries} | {s.place for s in form.sections() if s.place} | {NAME}
    )
    return [text for name, text in form.problems.items() if name not in shown]


def _many(form: Form) -> dict[str, int]:
    """The parts of which there are too many rows to stand in a form, with how many."""
    if form.key is None:
        return {}
    found: dict[str, int] = {}
    for name, (part, tied) in form.part_sheets.items():
        if not any(section.key is not None for section in form.parts[name]):
            count = part.rows({here: form.key[there] for here, there in tied.items()}).count(at_most=10_001)
            found |= {name: count} if count > SHOWN else {}
    return found


LARGER: Final[Mapping[str, int]] = dict.fromkeys(("/new/", "/edit/"), UPLOAD + 2**22)
"""How much may be sent to these addresses: forms bring files."""
ROUTES: Final = (
    Route("/new/{table}", new),
    Route("/new/{table}", add, methods=["POST"]),
    Route("/edit/{table}/{key}", edit),
    Route("/edit/{table}/{key}", change, methods=["POST"]),
    *picking.ROUTES,
    Route("/draft/{table}", keep, methods=["POST"]),
    Route("/draft/{table}/{key}", keep, methods=["POST"]),
)
