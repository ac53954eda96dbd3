"""What was changed, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query

import labwright as lw
from labwright.web.api.here import AtDesk, OfRow, OfTable
from labwright.web.api.models import Changed, ChangeModel, Done, Event, Reason
from labwright.web.api.problems import problems
from labwright.web.api.values import moment
from labwright.web.desk.past import change_of, recent, steps, undo
from labwright.web.fields import FieldError, field_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

router = APIRouter(tags=["changes"])


@router.get("/tables/{table}/rows/{key}/history", responses=problems())
def read_history(sheet: OfTable, key: OfRow) -> list[Event]:
    """Tell what happened to a row, newest first."""
    return events(sheet, key)


def events(sheet: Sheet, key: Mapping[str, Any]) -> list[Event]:
    """What happened to a row, as far as the person may see it."""
    return [
        Event(
            change=str(step.change.id),
            what=step.change.op,
            who=step.change.who,
            when=moment(step.change.when),
            why=step.why,
            values={n: Changed(old=_json(sheet, n, o), new=_json(sheet, n, w)) for n, (o, w) in step.values.items()},
        )
        for step in steps(sheet, key)
    ]


def _json(sheet: Sheet, name: str, value: Any) -> Any:
    try:
        return field_of(sheet.heading[name]).to_json(value)
    except (FieldError, AttributeError, TypeError):
        return str(value)[:200]


@router.get("/changes", responses=problems())
def list_changes(
    desk: AtDesk,
    by: Annotated[str | None, Query(max_length=255, description="Whose.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 20,
) -> list[ChangeModel]:
    """List the newest changes in tables all of whose rows you may read."""
    return [_told(desk, c) for c in recent(desk, by, limit)]


def _told(desk: Any, change: lw.ChangeSet) -> ChangeModel:
    rows = {desk.workspace.name_of(name) or name: dict(done) for name, done in change.rows.items()}
    return ChangeModel(change=str(change.id), who=change.who, when=moment(change.when), why=change.why, rows=rows)


@router.post("/changes/{change}/undo", responses=problems(409))
def undo_change(desk: AtDesk, change: Annotated[str, Path(max_length=64)], given: Reason) -> Done:
    """Take a change back, all of it."""
    found = change_of(desk, change)
    count = sum(n for done in found.rows.values() for n in done.values())
    return Done(change=undo(desk, found, given.why), count=count)
