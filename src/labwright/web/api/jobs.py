"""What is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

import labwright as lw
from labwright.web.api.here import AtDesk, OfRow, OfTable
from labwright.web.api.models import Count, Counts, Explained, Failures, One, Row, Some
from labwright.web.api.problems import problems, told
from labwright.web.api.values import dumper, loading
from labwright.web.desk.jobs.board import TIERS
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.refusals import BadRequestError
from labwright.web.desk.sheet import Sheet

router = APIRouter(tags=["jobs"])


@router.get("/jobs", responses=problems())
def list_counts(desk: AtDesk) -> list[Counts]:
    """List how far the tables are that fill themselves, and that you may see all of."""
    return [counts for sheet in desk.sheets() if sheet.tier in TIERS for counts in _known(Filling(sheet))]


def _known(filling: Filling) -> Iterator[Counts]:
    """How far a table is, if the person may know that, and the database lets them."""
    with suppress(lw.errors.AccessError):
        if filling.knows_all:
            yield _counts(filling)


@router.get("/jobs/{table}", responses=problems())
def read_counts(sheet: OfTable) -> Counts:
    """Tell how far a table is."""
    return _counts(Filling(sheet))


@router.post("/jobs/{table}/refresh", responses=problems(409))
def refresh(sheet: OfTable) -> Counts:
    """Queue what is to be computed."""
    filling = Filling(sheet)
    filling.refresh()
    return _counts(filling)


@router.get("/jobs/{table}/errors", responses=problems())
def list_errors(sheet: OfTable) -> list[Failures]:
    """List what has failed, that of one kind together, the newest first."""
    dump = dumper(sheet.heading, "described")
    return [
        Failures(kind=f.kind, message=f.message, stack=f.stack, keys=[dump(_named(sheet, key)) for key in f.keys])
        for f in Filling(sheet).failures()
    ]


def _named(sheet: Sheet, key: Mapping[str, Any]) -> Row:
    return {name: value for name, value in key.items() if name in sheet.heading}


@router.post("/jobs/{table}/retry", responses=problems(409))
def retry(sheet: OfTable, given: Some | None = None) -> Counts:
    """Try again what has failed or is ignored: one key, or all."""
    filling = Filling(sheet)
    filling.retry(_key(sheet, given.key) if given is not None and given.key else None)
    return _counts(filling)


@router.post("/jobs/{table}/ignore", responses=problems(409))
def ignore(sheet: OfTable, given: One) -> Counts:
    """Let nobody compute a key."""
    filling = Filling(sheet)
    with told(sheet):
        filling.ignore(_key(sheet, given.key))
    return _counts(filling)


@router.post("/jobs/{table}/clear", responses=problems(409))
def clear(sheet: OfTable, given: Some | None = None) -> Count:
    """Forget what has failed: one key, or all. `refresh` brings in what is still to be computed."""
    return Count(count=Filling(sheet).clear(_key(sheet, given.key) if given is not None and given.key else None))


@router.get("/jobs/{table}/explain/{key}", responses=problems())
def explain(sheet: OfTable, key: OfRow) -> Explained:
    """Tell why the rows of a key are there, or why they are not."""
    return Explained(text=Filling(sheet).explain(key))


def _key(sheet: Sheet, given: Row) -> Row:
    """A key that was given as JSON.

    Raises
    ------
    BadRequestError
        When it is not one of the table.
    """
    with loading(sheet.heading) as loader:
        sheet.heading.require(given, sheet.title)
        if set(given) != set(sheet.key):
            raise BadRequestError(f"key: give a value for each of {', '.join(sheet.key)}.")
        return loader.row(given)


def _counts(filling: Filling) -> Counts:
    counts = filling.counts()
    found = {**asdict(counts), "done": counts.done}
    return Counts(table=filling.sheet.name, **{n: found[n] for n in Counts.model_fields if n in found})
