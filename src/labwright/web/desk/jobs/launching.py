"""Having tables computed by workers that the server starts: in processes of their own, so that it answers meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import labwright as lw
from labwright.web.desk.jobs.board import TIERS
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.sentences import sentence
from labwright.web.notices.following import follow

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet


def launch(filling: Filling, *, here: bool) -> str:
    """Queue what a table lacks and, where the server computes, start a worker for it and for what it is made of.

    Parameters
    ----------
    filling : Filling
    here : bool
        Whether the server starts workers.

    Returns
    -------
    str
        What was done, for the person.
    """
    desk, name = filling.sheet.desk, filling.sheet.name
    added = filling.refresh()
    follow(desk.workspace.keeping, desk.person.name, name, filling.counts().error)
    queued = f"{added} new in the queue." if added else "Nothing new in the queue."
    if not here:
        return f"{queued} Workers that run elsewhere take it from there."
    if not filling.has_code:
        return f"{queued} This server does not know the code of the table, so a worker elsewhere has to compute it."
    return f"{queued} {_start(filling)}"


def _start(filling: Filling) -> str:
    sheet = filling.sheet
    try:
        started = sheet.desk.workspace.crews.start(sheet.name, [s.table for s in made_of(sheet)])
    except lw.LabwrightError as error:
        return f"No worker could be started: {sentence(error, sheet)}"
    sheet.desk.workspace.watch.nudge()
    return "A worker computes it now." if started else "A worker is at it already."


def made_of(sheet: Sheet) -> list[Sheet]:
    """The table, and before it those that it is made of which fill themselves and the person may have computed."""
    found: dict[str, Sheet] = {}

    def visit(one: Sheet) -> None:
        for link in one.references:
            if link.sheet.name not in found and link.sheet.name != one.name:
                visit(_master(link.sheet))
        if one.tier in TIERS and Filling(one).may_steer and Filling(one).has_code:
            found[one.name] = one

    visit(sheet)
    return list(found.values())


def _master(sheet: Sheet) -> Sheet:
    return sheet if sheet.master_name is None else sheet.desk.sheet(sheet.master_name)
