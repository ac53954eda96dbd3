"""Changing and deleting many rows at once, after a look at what would happen."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from labwright.web.api.compiling import Compiler
from labwright.web.api.expressions import Condition
from labwright.web.api.here import OfTable
from labwright.web.api.models import NAMES, AttributeName, Done, Losses, Model, Overridden, Why
from labwright.web.api.problems import problems, told
from labwright.web.api.rows import deleted, preview
from labwright.web.api.values import loading
from labwright.web.desk.changing.deleting import losses_of
from labwright.web.desk.changing.many import Chosen, change_all, chosen_of, need_changeable, need_own, replaced
from labwright.web.desk.refusals import ClashError
from labwright.web.desk.sheet import Sheet
from labwright.web.fields import field_of
from labwright.web.roles.role import Verb

router = APIRouter(tags=["rows"])


class Which(Model):
    """Rows that meet all conditions; there is one at least."""

    where: list[Condition] = Field(min_length=1, max_length=NAMES)


class Delete(Which):
    """Rows to be deleted."""

    confirm: str = Field(max_length=100, description="As `losses` has told.")
    why: Why = ""


@router.post("/tables/{table}/losses", responses=problems())
def preview_deletes(sheet: OfTable, given: Which) -> Losses:
    """Tell what would go with some rows."""
    return preview(losses_of(sheet, *_conditions(sheet, given)))


@router.post("/tables/{table}/delete", responses=problems(409))
def delete_rows(sheet: OfTable, given: Delete) -> Done:
    """Delete rows with all that depends on them, when that is still what `losses` has told."""
    with told(sheet):
        return deleted(sheet, _conditions(sheet, given), given.confirm, given.why)


class Becoming(Which):
    """Rows of which an attribute is to have one value."""

    attribute: AttributeName
    value: Any


class Becomes(Becoming):
    """The same, to be done."""

    confirm: str = Field(max_length=100, description="As `changes` has told.")
    why: Why = ""
    overridden: Overridden = ""


class Same(Model):
    """A value, and how many rows have it now."""

    value: Any
    count: int


class Coming(Model):
    """What would change."""

    rows: int = Field(description="How many rows meet the conditions.")
    before: list[Same] = Field(description="What those have now that would change, the most frequent first.")
    confirm: str = Field(description="Give it back to change exactly this.")


@router.post("/tables/{table}/changes", responses=problems())
def preview_changes(sheet: OfTable, given: Becoming) -> Coming:
    """Tell which rows would change if an attribute had one value in all that meet conditions."""
    rows, value = _becoming(sheet, given)
    field = field_of(sheet.heading[given.attribute])
    found = replaced(rows, given.attribute, value)
    before = [Same(value=None if now is None else field.to_json(now), count=count) for now, count in found]
    return Coming(rows=len(rows.rows), before=before, confirm=rows.mark)


@router.post("/tables/{table}/change", responses=problems(409))
def change_rows(sheet: OfTable, given: Becomes) -> Done:
    """Give an attribute one value in all rows that meet conditions, when they are still what `changes` has told."""
    rows, value = _becoming(sheet, given)
    if given.confirm != rows.mark:
        raise ClashError("Somebody has changed these rows since you looked. Look again at what would happen.")
    with told(sheet, {given.attribute: value}):
        number = change_all(rows, given.attribute, value, given.why, given.overridden)
    return Done(change=number, count=sum(row[given.attribute] != value for row in rows.rows))


def _becoming(sheet: Sheet, given: Becoming) -> tuple[Chosen, Any]:
    """The rows that are meant, and what they are to have."""
    sheet.need(Verb.UPDATE)
    sheet.heading.require([given.attribute], sheet.title)
    need_changeable(sheet, given.attribute)
    with loading(sheet.heading) as loader:
        value = loader.row({given.attribute: given.value})[given.attribute]
    with told(sheet):
        rows = chosen_of(sheet, sheet.rows(*_conditions(sheet, given)), given.attribute)
    need_own(rows, Verb.UPDATE)
    return rows, value


def _conditions(sheet: Sheet, given: Which) -> list[object]:
    compiler = Compiler(sheet.desk)
    return [compiler.condition(c, sheet.heading) for c in given.where]
