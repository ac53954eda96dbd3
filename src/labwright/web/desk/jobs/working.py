"""Computing keys elsewhere: what a person's programs claim, and bring."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import labwright as lw
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.refusals import NotAllowedError
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Working:
    """A worker elsewhere, at one table.

    Parameters
    ----------
    sheet : Sheet
        Of a table that fills itself.
    worker : str
        The name that the worker was given.
    program, host : str
        What it is, and where.
    pid : int
    """

    sheet: Sheet
    worker: str
    program: str = ""
    host: str = ""
    pid: int = 0

    def __post_init__(self) -> None:
        Filling(self.sheet)
        if self.sheet.need(Verb.POPULATE) is not Scope.ALL:
            raise NotAllowedError(f"To compute {self.sheet.title} takes the right to all of its rows.")

    @cached_property
    def _claims(self) -> lw.Claims:
        who = lw.WorkerId(self.worker, self.host, self.pid, self.sheet.desk.person.name, self.program, engine="api")
        return lw.Claims(self.sheet.table(), who)

    def claim(self, limit: int, lease: float, conditions: Sequence[Any] = ()) -> list[lw.Job]:
        """Take the keys that are next."""
        return self._claims.claim(limit, *conditions, lease=lease)

    def renew(self, jobs: Collection[lw.Job], lease: float, progress: float | None) -> set[int]:
        """Hold on to keys; returns the numbers of those that are still held."""
        return self._claims.renew(jobs, lease=lease, progress=progress)

    def held(self, id_: int, token: int) -> lw.Job:
        """A job that the worker holds.

        Raises
        ------
        LostJobError
            When it does not, or not any more.
        """
        return self._claims.held(id_, token)

    def find(self, id_: int, token: int) -> lw.Job | None:
        """The same; None when the worker does not hold it."""
        try:
            return self.held(id_, token)
        except lw.errors.LostJobError:
            return None

    def complete(self, job: lw.Job, rows: Sequence[Row], parts: Mapping[str, Sequence[Row]], duration: float) -> None:
        """Store the rows of a key with the end of its job, or nothing.

        Raises
        ------
        LostJobError
            When it is another's by now.
        """
        self.sheet.check_known(rows)
        for name, own in parts.items():
            self.sheet.part(name).check_known(own)
        with self.sheet.desk.speaking(), self._claims.storing(job, duration=duration):
            self.sheet.table.insert(rows, parts=parts) if parts else self.sheet.table.insert(rows)

    def fail(self, job: lw.Job, message: str, stack: str) -> bool:
        """Say that a key failed; False when it is another's by now."""
        return self._claims.fail(job, message, stack)

    def release(self, jobs: Collection[lw.Job]) -> int:
        """Give keys back; returns how many were still held."""
        return self._claims.release(jobs)
