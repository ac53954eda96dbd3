"""What can be used once: whoever comes first has it, however many come at the same time."""

from __future__ import annotations

from datetime import datetime

import labwright as lw
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.tables import Tables


class Spent:
    """What was used already. The database decides who was first: there is one row for each."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables, self._clock = tables, clock

    def spend(self, digest: str, until: datetime) -> bool:
        """Use something up; False when it was used before.

        Parameters
        ----------
        digest : str
        until : datetime
            When it would be of no use anyway, so that this can be forgotten.
        """
        table = self._tables["Spent"]
        table().ready()
        try:
            with self._tables.project.connection.atomic():
                table.insert1({"digest": digest, "until": until})
        except lw.errors.DuplicateError:
            return False
        return True

    def forget(self) -> None:
        """Forget what is of no use anyway."""
        (self._tables["Spent"] & lw.Where("until", "<", self._clock())).delete_quick()
