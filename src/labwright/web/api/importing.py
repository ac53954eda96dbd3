"""Rows from files of people: CSV, text with tabs, XLSX, ODS."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from labwright.web.api.bulk import Sent
from labwright.web.api.content import BINARY
from labwright.web.api.here import OfTable
from labwright.web.api.models import OVERRIDDEN, Model
from labwright.web.api.problems import problems, told
from labwright.web.desk.importing.beginning import begin
from labwright.web.desk.importing.checking import override, put_into
from labwright.web.desk.importing.draft import Draft, need_import
from labwright.web.desk.importing.entering import enter
from labwright.web.desk.importing.judging import Fate, There
from labwright.web.desk.importing.looking import rows_with
from labwright.web.desk.importing.mapping import Choice, wrong_with
from labwright.web.desk.refusals import BadRequestError

router = APIRouter(tags=["importing"])
BODY: dict[str, Any] = {"requestBody": {"required": True, "content": BINARY}}
Names = Annotated[str, Query(max_length=20_000, description='JSON, such as `{"Maus": "mouse"}`; empty leaves one out.')]


class Fault(Model):
    """What is wrong with a row."""

    row: int = Field(description="Its number in the file, counted from 1.")
    attribute: str = Field(description="Empty for the row as a whole.")
    text: str


class Report(Model):
    """What an import comes to."""

    columns: dict[str, str] = Field(description="Columns of the file, with the attributes that they go into.")
    rows: int
    new: int
    changed: int
    same: int
    skipped: int
    bad: int
    faults: list[Fault] = Field(description="Of the first rows that cannot be entered.")
    change: str | None = Field(description="The number of the change, by which all of it can be taken back.")


@router.post("/import/{table}", responses=problems(409), openapi_extra=BODY)
def import_rows(
    sheet: OfTable,
    sent: Sent,
    name: Annotated[str, Query(max_length=200, description="What the file is called.")] = "file",
    columns: Names = "{}",
    constants: Annotated[str, Query(max_length=20_000, description="JSON: what all rows have, by attribute.")] = "{}",
    there: Annotated[There, Query(description="What becomes of rows whose key is there.")] = There.REFUSE,
    enter_: Annotated[
        Literal["none", "all", "valid"],
        Query(alias="enter", description="`none` only tells what would come of it; `valid` leaves out what is bad."),
    ] = "none",
    overridden: Annotated[str, Query(max_length=300, description=OVERRIDDEN)] = "",
) -> Report:
    """Try all rows of a file, and enter them if that is asked for: all or none, or those that can be."""
    need_import(sheet)
    chosen, same = _names(columns, "columns"), _names(constants, "constants")
    with told(sheet):
        draft = begin(sheet, name, sent.read())
        try:
            return _report(_tried(draft, chosen, same, there, overridden), enter_)
        finally:
            draft.discard()


def _names(text: str, what: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadRequestError(f"{what}: give a JSON object of texts.")
    return found


def _tried(draft: Draft, chosen: dict[str, str], same: dict[str, str], there: There, reason: str) -> Draft:
    """The rows, judged and entered for a trial."""
    unknown = [*(chosen.keys() - set(draft.header)), *(({*chosen.values(), *same} - {""}) - draft.fields.keys())]
    if unknown:
        raise BadRequestError(f"There is no column or attribute {', '.join(map(repr, sorted(unknown)))}.")
    guessed = {i: n for i, n in draft.mapping.columns.items() if n not in {*chosen.values(), *same}}
    asked = {i: chosen[text] for i, text in enumerate(draft.header) if text in chosen}
    mapping = Choice({i: n for i, n in sorted({**guessed, **asked}.items()) if n}, same)
    wrong = wrong_with(draft.fields, mapping)
    if wrong:
        raise BadRequestError(" ".join(f"{name}: {text}" for name, text in wrong.items()))
    tried = put_into(draft, mapping, there)
    return override(tried, reason) if reason.strip() else tried


def _report(draft: Draft, enter_: str) -> Report:
    counts, columns = dict(draft.counts), {draft.header[i]: name for i, name in draft.mapping.columns.items()}
    faults = [
        Fault(row=one.number, attribute=problem.name, text=problem.text)
        for one in rows_with(draft, Fate.BAD).rows
        for problem in one.problems
    ]
    number = None
    if enter_ != "none":
        number = enter(draft, only_valid=enter_ == "valid").about["entered"][-1]["change"]
    return Report(columns=columns, rows=sum(counts.values()), faults=faults, change=number, **counts)
