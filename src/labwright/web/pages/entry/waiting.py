"""Forms that wait while somebody picks or enters what they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from labwright.web.desk.changing.drafts import drafts
from labwright.web.desk.keys import key_of
from labwright.web.fields import field_of
from labwright.web.keeping.drafts import is_number
from labwright.web.pages.entry.form import Form
from labwright.web.pages.render import address

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

WHY: Final = ".why"
"""The field in which somebody says why doubt is wrong."""
DRAFT: Final = ".draft"
"""The number under which what is in the form is kept."""
BACK: Final = ".back"
"""The number of a form that waits for the row of this one, and ..."""
TO: Final = ".to"
"""... the field in it that the row is for."""
PATTERN: Final = ".pattern"
"""The template that is chosen."""
NAME: Final = ".name"
"""What a template is to be called."""
DO: Final = ".do"
"""What the button does that was pressed."""
_NOT_KEPT: Final = (DO, DRAFT, PATTERN, NAME)


def number_of(text: str) -> str:
    """The number that a text is, or else a new one."""
    return text if is_number(text) else uuid4().hex


def keep_form(form: Form, of: str) -> str:
    """Keep what is in a form; return under which number.

    Parameters
    ----------
    form : Form
    of : str
        The key of the row that it changes, as addresses have it.
    """
    content = {n: t for n, t in form.given.items() if n not in _NOT_KEPT}
    number = number_of(form.given.get(DRAFT, ""))
    drafts(form.sheet.desk).keep(number, form.sheet.name, of, content)
    return number


def form_address(sheet: Sheet, of: str, number: str) -> str:
    """Where a form that was kept is gone on with."""
    where = address(sheet, key_of(sheet, of), "edit") if of else address(sheet, verb="new")
    return f"{where}?{urlencode({DRAFT: number})}"


def fill(picked: Sheet, number: str, to: str, row: Mapping[str, Any]) -> str | None:
    """Fill fields of a form that waits with what was picked for one of them.

    Parameters
    ----------
    picked : Sheet
        The table that it was picked from.
    number : str
        That of the form.
    to : str
        The field.
    row : mapping
        The key; empty to pick nothing.

    Returns
    -------
    str or None
        Where the form is; None when it does not wait any more.
    """
    own = drafts(picked.desk)
    found = own.find(number)
    sheet = None if found is None else picked.desk.find(found.table)
    if found is None or sheet is None:
        return None
    texts = _filled(Form(sheet, found.content, key_of(sheet, found.of) if found.of else None), picked, to, row)
    if texts:
        own.keep(number, sheet.name, found.of, {**found.content, **texts})
    return form_address(sheet, found.of, number)


def _filled(form: Form, picked: Sheet, to: str, row: Mapping[str, Any]) -> dict[str, str]:
    entry = form.entry(to)
    if entry is None or entry.pick is None or entry.pick.step.sheet.name != picked.name or not row:
        return {}
    there, fills = entry.pick.step.attributes, entry.pick.fills
    return {full: field_of(picked.heading[there[here]]).edit(row[there[here]]) for here, full in fills.items()}
