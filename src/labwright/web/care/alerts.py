"""Telling those who look after a server what is not well with it, when that begins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.accounts.clock import Clock, utc_now
from labwright.web.notices.kind import Kind
from labwright.web.notices.notify import make_ready, notify

if TYPE_CHECKING:
    from labwright.web.care.backups import Backups
    from labwright.web.care.care import Care
    from labwright.web.keeping.keeping import Keeping

STALE: Final = timedelta(days=7)
"""A backup that is older is told of."""
_LONGEST: Final = 190
_NUMBERS: Final = re.compile(r"\d[\d.,]*")
_ALARM: Final = f"""
    # what is not well, and was told to those who look after the server
    name : varchar({_LONGEST})
    ---
    since = CURRENT_TIMESTAMP : datetime_utc
    """


@dataclass(frozen=True)
class Trouble:
    """Something that is not well.

    Parameters
    ----------
    name : str
        The same as long as it is the same trouble.
    text : str
        A sentence or two.
    link : str
        The page of the app that tells more.
    """

    name: str
    text: str
    link: str


def troubles_of(project: str, care: Care | None, backups: Backups | None, clock: Clock = utc_now) -> Iterator[Trouble]:
    """What is not well with a project: what the doctor calls a problem, a disk that fills, backups that are missing.

    Parameters
    ----------
    project : str
        Its name.
    care : Care, optional
    backups : Backups, optional
    clock : callable
    """
    for finding in care.findings(project) if care is not None else ():
        if finding.level == "problem" or (finding.level, finding.subject) == ("warning", "disk"):
            name = f"{finding.level} {finding.subject} {_NUMBERS.sub('#', finding.message)}"
            yield Trouble(name[:_LONGEST], f"{finding.message.rstrip('.')}. {finding.advice}", "/admin")
    problem = "" if backups is None else backups.trouble(clock() - STALE)
    if problem:
        yield Trouble("backup", problem, "/admin/backups")


def tell_troubles(keeping: Keeping, people: Iterable[str], found: Iterable[Trouble], clock: Clock = utc_now) -> None:
    """Tell people of each trouble once, until it has been over; several servers tell of it once.

    Parameters
    ----------
    keeping : Keeping
    people : iterable of str
        Those who look after the server.
    found : iterable of Trouble
        All that there is now.
    clock : callable
    """
    now, table, names = {trouble.name: trouble for trouble in found}, _alarms(keeping), list(people)
    known = set(table().to_arrays("name").tolist())
    make_ready(keeping)
    for name in now.keys() - known:
        try:
            with keeping.changing():
                table.insert1({"name": name})
                for person in names:
                    notify(keeping, person, Kind.ALERT, now[name].text, now[name].link, clock=clock)
        except lw.errors.DuplicateError:
            continue  # another server tells it
    for name in known - now.keys():
        (table & {"name": name}).delete_quick()


def _alarms(keeping: Keeping) -> Any:
    return keeping.table("Alarm", _ALARM)
