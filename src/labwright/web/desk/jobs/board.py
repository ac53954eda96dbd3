"""How all tables of a project stand: asked of the database for all of them at once, and kept for whoever looks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import labwright as lw

if TYPE_CHECKING:
    from labwright.web.desk.workspace import Workspace

TIERS: Final = frozenset({"imported", "computed"})
YOUNG: Final = 1.0
"""Seconds for which what was asked is good enough for everybody."""
SHARE: Final = 20
"""So much longer than the questions take is the pause before they are asked again."""
LONGEST: Final = 30.0
"""Seconds after which is counted again though nothing was written: jobs come due, leases end."""
DEAR: Final = 0.3
"""Seconds; who looks does not wait for what takes longer and is known from before."""


@dataclass(frozen=True)
class Standing:
    """How one table stands.

    Parameters
    ----------
    rows : int
        About how many there are.
    progress : TableProgress, optional
        Of a table that fills itself.
    stale : int, optional
        Rows that are out of date; None where nobody has looked.
    problem : str
        Why nobody knows how far it is.
    """

    rows: int = 0
    progress: Any = None
    stale: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class Look:
    """How all tables stood at one time.

    Parameters
    ----------
    standings : mapping of str to Standing
        By the name of the table in the app.
    marks : mapping of str to str
        Of all tables of the database, those that it keeps beside others among them.
    counted : float
        When it was counted how far tables are, on a clock that only goes forward.
    """

    standings: Mapping[str, Standing] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    counted: float = float("-inf")

    @property
    def age(self) -> float:
        """Seconds since it was counted."""
        return time.monotonic() - self.counted


class Board:
    """What is known of the tables of a workspace. It asks when somebody looks, and not before.

    Whether anything was written is a cheap question. How far tables are is counted when something was, and with a pause
    that is the longer the more it costs, so that a table of millions of rows takes a twentieth of a processor at most.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._look = Look()
        self._looked = float("-inf")
        self._costs: deque[float] = deque(maxlen=3)
        self._owed = False
        self._asking = threading.Lock()
        self._stale: dict[str, int] = {}

    @property
    def last(self) -> Look:
        """How they stood when somebody asked last."""
        return self._look

    def read(self) -> Look:
        """How all tables stand: asked now, unless that was a moment ago, or takes longer than somebody waits."""
        if time.monotonic() - self._looked < YOUNG:
            return self._look
        if self._cost > DEAR and self._look.standings:
            threading.Thread(target=self._follow_apart, name="board", daemon=True).start()
            return self._look
        return self.follow()

    def _follow_apart(self) -> None:
        with self._workspace.bounded():
            self.follow()

    def follow(self) -> Look:
        """Ask whether anything was written, and count again where it was; the same look where nothing is new.

        Who asks while another does gets the other's answer.
        """
        before = self._looked
        with self._asking:
            if self._looked == before:
                self._ask()
                self._looked = time.monotonic()
        return self._look

    def _ask(self) -> None:
        tables = self._workspace.tables()
        schemas = {name.partition(".")[0] for name in tables} | {self._workspace.keeping.schema}
        activity = lw.activity(schemas, self._workspace.project)
        marks = {name: told.mark for name, told in activity.items()}
        last = self._look
        self._owed |= marks != last.marks or last.age > LONGEST
        if not self._owed:
            return
        is_due = last.age > min(SHARE * self._cost, LONGEST)
        progress = self._counted(tables) if is_due else last.standings
        standings = {name: self._standing(name, cls, activity, progress) for name, cls in tables.items()}
        counted = time.monotonic() if is_due else last.counted
        self._owed = not is_due
        if (standings, marks) != (last.standings, last.marks) or is_due:
            self._look = Look(MappingProxyType(standings), marks, counted)

    def _counted(self, tables: Mapping[str, Any]) -> Mapping[str, Standing]:
        began = time.monotonic()
        found = dict(_progress({name: cls for name, cls in tables.items() if str(cls.tier) in TIERS}))
        self._costs.append(time.monotonic() - began)
        return found

    @property
    def _cost(self) -> float:
        """Seconds that it takes to count: the least of late, since a busy machine is no reason to wait longer.

        The first count says little of those to come, as the statements are compiled for it.
        """
        return min(self._costs) if len(self._costs) > 1 else 0.0

    def _standing(
        self, name: str, cls: Any, activity: Mapping[str, lw.Activity], progress: Mapping[str, Standing]
    ) -> Standing:
        told = activity.get(str(cls.id))
        return replace(progress.get(name, Standing()), rows=told.rows if told else 0, stale=self._stale.get(name))

    def note_stale(self, name: str, count: int) -> None:
        """Keep how many rows of a table were found to be out of date."""
        with self._asking:
            self._stale[name] = count
            if name in self._look.standings:
                standings = {**self._look.standings, name: replace(self._look.standings[name], stale=count)}
                self._look = replace(self._look, standings=MappingProxyType(standings))


def _progress(filling: Mapping[str, Any]) -> Iterable[tuple[str, Standing]]:
    """How far tables are; where one of them cannot be asked, the others can."""
    try:
        return _together(filling)
    except lw.LabwrightError:
        return [_alone(name, cls) for name, cls in filling.items()]


def _together(filling: Mapping[str, Any]) -> list[tuple[str, Standing]]:
    found = lw.progress_of(*filling.values())
    return [(name, Standing(progress=progress)) for name, progress in zip(filling, found, strict=True)]


def _alone(name: str, cls: Any) -> tuple[str, Standing]:
    try:
        return _together({name: cls})[0]
    except lw.LabwrightError as error:
        return name, Standing(problem=str(error).partition("\n")[0])
