"""How a table that fills itself is doing, and what a person may do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.address import read_key, spell_key
from labwright.web.desk.jobs.board import TIERS, Standing
from labwright.web.desk.jobs.durations import Durations
from labwright.web.desk.jobs.job import Failure, Job
from labwright.web.desk.jobs.status import knows_all
from labwright.web.desk.jobs.why import why
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, NotThereError
from labwright.web.fields import FieldError, field_of
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

SHOWN: Final = 500
"""Failures that are looked at, the newest first; more are counted."""
TOLD: Final = ("attempts", "user", "host", "pid", "reserved_time", "scheduled_time", "progress")


@dataclass(frozen=True)
class Filling:
    """The computation of a table's rows, as far as a person may see and steer it.

    Parameters
    ----------
    sheet : Sheet
        Of a table that fills itself.
    """

    sheet: Sheet

    def __post_init__(self) -> None:
        if self.sheet.tier not in TIERS:
            raise BadRequestError(f"{self.sheet.title} does not fill itself: its rows are entered.")

    @property
    def _jobs(self) -> Any:
        return self.sheet.table.jobs

    @property
    def may_steer(self) -> bool:
        """Whether the person may start, repeat and ignore computations, and see why they fail."""
        return self.knows_all and self.sheet.reach(Verb.POPULATE) is Scope.ALL

    @property
    def knows_all(self) -> bool:
        """Whether the person may know of all keys: numbers of them tell of rows of others."""
        return knows_all(self.sheet)

    def _know(self) -> None:
        if not self.knows_all:
            raise NotAllowedError(f"You see only some rows of {self.sheet.title}, and so not how far all of it is.")

    def _steer(self) -> None:
        self._know()
        if not self.may_steer:
            raise NotAllowedError(
                f"You may not have {self.sheet.title} computed. Somebody who administers this server can permit it."
            )

    def standing(self) -> Standing:
        """How far it is, as it was counted last; right now where it was never."""
        self._know()
        look = self.sheet.desk.workspace.board.read()
        return look.standings.get(self.sheet.name) or Standing(progress=self.counts())

    def counts(self) -> Any:
        """How many keys there are, are done, wait, run and have failed, right now."""
        self._know()
        return self._jobs.counts()

    def workers(self) -> Sequence[Any]:
        """Who is at work."""
        self._know()
        found: Sequence[Any] = self._jobs.workers()
        return found

    def jobs(self, state: str, limit: int = SHOWN) -> list[Job]:
        """What waits, runs or is ignored, in the order in which it is computed.

        Parameters
        ----------
        state : {'pending', 'reserved', 'ignored'}
        limit : int
        """
        self._know()
        names = self._jobs.names
        order = [names["priority"], names["scheduled_time"]]
        found = getattr(self._jobs, state).to_dicts(order_by=order, limit=limit)
        return [self._job(row) for row in found]

    def _job(self, row: Mapping[str, Any]) -> Job:
        names = self._jobs.names
        told = {name: row[names[name]] for name in TOLD}
        return Job(self._key(row), self.told(self._key(row)), self.spell(self._key(row)), **told)

    def durations(self) -> Durations | None:
        """How long the newest ones took; None where nobody knows."""
        self._know()
        try:
            rows = self.sheet.table.provenance.proj("duration", "started").to_dicts(
                order_by="started DESC", limit=SHOWN
            )
        except lw.LabwrightError:
            return None
        return Durations.of([row["duration"] for row in rows])

    def told(self, key: Mapping[str, Any]) -> str:
        """A key as people read it, as far as they may see it."""
        heading = self._jobs.heading
        return ", ".join(field_of(heading[n]).format(v) for n, v in key.items() if n in self.sheet.heading)

    def spell(self, key: Mapping[str, Any]) -> str:
        """A key as an address has it."""
        heading = self._jobs.heading
        return spell_key([field_of(heading[n]).edit(v) for n, v in key.items()])

    def read(self, text: str) -> dict[str, Any]:
        """The key that an address means.

        Raises
        ------
        NotThereError
            When it is none of this table.
        """
        heading, values = self._jobs.heading, read_key(text)
        names = heading.primary_key
        try:
            if values is not None and len(values) == len(names):
                return {n: field_of(heading[n]).parse(v) for n, v in zip(names, values, strict=True)}
        except FieldError:
            pass
        raise NotThereError(f"There is no such key of {self.sheet.title}.")

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields in which somebody types a key."""
        heading = self._jobs.heading
        return {name: field_of(heading[name]) for name in heading.primary_key}

    def failures(self) -> list[Failure]:
        """What has failed, that of one kind together, the newest first."""
        self._steer()
        grouped: dict[str, list[Mapping[str, Any]]] = {}
        names = self._jobs.names
        for job in self._jobs.errors.to_dicts(order_by=f"{names['completed_time']} DESC", limit=SHOWN):
            grouped.setdefault(_kind(job[names["error_message"]] or ""), []).append(job)
        return [
            Failure(
                kind,
                jobs[0][names["error_message"]] or "",
                jobs[0][names["error_stack"]] or "",
                list(map(self._key, jobs)),
            )
            for kind, jobs in grouped.items()
        ]

    def _key(self, job: Mapping[str, Any]) -> dict[str, Any]:
        return {name: job[name] for name in self._jobs.heading.primary_key}

    def refresh(self) -> int:
        """Bring in what is to be computed, for workers to take; return how many keys are new."""
        self._steer()
        with self.sheet.desk.speaking():
            added = int(self._jobs.refresh()["added"])
        self._nudge()
        return added

    def _nudge(self) -> None:
        self.sheet.desk.workspace.watch.nudge()

    def retry(self, key: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None) -> int:
        """Let what has failed or is ignored be tried again: one key, several, or all; return how many."""
        self._steer()
        count = int((self._jobs & key if key else self._jobs).reset())
        self._nudge()
        return count

    def ignore(self, key: Mapping[str, Any]) -> None:
        """Let nobody compute a key."""
        self._steer()
        self._jobs.ignore(key)
        self._nudge()

    def clear(self, key: Mapping[str, Any] | None = None) -> int:
        """Forget what has failed: one key, or all; return how many."""
        self._steer()
        count = int((self._jobs.errors & key if key else self._jobs.errors).delete())
        self._nudge()
        return count

    def explain(self, key: Mapping[str, Any]) -> str:
        """Why the rows of a key are there, or why they are not, in sentences."""
        self._know()
        return why(self, self.sheet.table.explain(key))

    def stop(self) -> bool:
        """Let the workers that this server has started give back what they are at, and end."""
        self._steer()
        found = self.sheet.desk.workspace.crews.stop(self.sheet.name)
        self._nudge()
        return found

    def stale(self) -> Sequence[Any]:
        """Look which rows are out of date, and why; how many is kept for who looks later."""
        self._steer()
        if not self.has_code:
            raise BadRequestError(
                f"This server does not know the code of {self.sheet.title}, and so not which rows are out of date."
            )
        found: Sequence[Any] = self.sheet.table.stale()
        self.sheet.desk.workspace.board.note_stale(self.sheet.name, len(found))
        return found

    def look_for_stale(self) -> int:
        """Look how many rows are out of date."""
        count = len(self.stale())
        self._nudge()
        return count

    @property
    def has_code(self) -> bool:
        """Whether the server knows how its rows are computed."""
        return self.sheet.desk.workspace.declares(self.sheet.table)


def _kind(message: str) -> str:
    head, colon, _ = message.partition(":")
    return head if colon and " " not in head else message[:80]
