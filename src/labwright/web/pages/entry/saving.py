"""Saving what a form holds: once, however often it is sent, and with what is kept beside the rows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from labwright.web.desk.changing.drafts import are_with_rows, drafts, patterns, submissions
from labwright.web.desk.changing.saving import Line, save
from labwright.web.keeping.patterns import LAST
from labwright.web.keeping.submissions import mark_of
from labwright.web.pages.entry.waiting import DRAFT, WHY

if TYPE_CHECKING:
    from labwright.web.pages.entry.form import Form


def mark_of_form(form: Form, lines: Sequence[Line]) -> str:
    """What tells whether the form comes a second time, as it is; nothing where that would enter no row twice."""
    if all(line.key is not None for line in lines):
        return ""
    held = {n: text for n, text in form.given.items() if not n.startswith("staged.")}
    files = {name: [path.name, path.stat().st_size] for name, path in form.files.items()}
    return mark_of(form.given[DRAFT], {"of": dict(form.key or {}), "held": held, "files": files})


def was_sent(form: Form, mark: str) -> bool:
    """Whether the form was sent before, as it is."""
    return bool(mark) and submissions(form.sheet.desk).has(mark)


def store(form: Form, lines: Sequence[Line], mark: str) -> None:
    """Save it, note that it was sent, and forget the draft: all or nothing, where one transaction can do so."""
    desk, overridden = form.sheet.desk, form.given.get(WHY, "")
    for kept in (drafts(desk), patterns(form.sheet), sent := submissions(desk)):
        kept.ready()
    if are_with_rows(desk):
        save(desk, lines, also=partial(_remember, form, mark), overridden=overridden)
        return
    with sent.noted(mark) if mark else nullcontext():
        save(desk, lines, overridden=overridden)
    _remember(form)


def _remember(form: Form, mark: str = "") -> None:
    if mark:
        submissions(form.sheet.desk).note(mark)
    drafts(form.sheet.desk).discard(form.given[DRAFT])
    if form.key is None:
        patterns(form.sheet).keep(LAST, pattern_of(form, parts=False))


def pattern_of(form: Form, *, parts: bool) -> dict[str, str]:
    """What can be taken over from a form into another one: all but what makes the row another one."""
    found: dict[str, str] = {}
    for section in form.sections() if parts else [form.master]:
        steps = form.steps(section.sheet)
        for name in section.names:
            own = not section.place and name in section.sheet.key and name not in steps
            text = form.given.get(section.full(name), "")
            if text and not own and not section.is_gone:
                found[section.full(name)] = text
    return found
