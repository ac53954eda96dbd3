"""One person at one project."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.desk.sheet import Sheet
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Verb


@dataclass(frozen=True)
class Desk:
    """What one person may see and do in one project.

    Parameters
    ----------
    workspace : Workspace
    person : Person
    rights : Rights
    colleagues : collection of str
        The names of all who share the person's lab, the person's own among them.
    """

    workspace: Workspace
    person: Person
    rights: Rights
    colleagues: Collection[str] = ()

    def sheets(self) -> list[Sheet]:
        """The tables that the person may read: schemas by name, parents first."""
        return [s for s in map(self._sheet, self.workspace.tables()) if s.may(Verb.READ)]

    def sheet(self, name: str) -> Sheet:
        """The table of a name.

        Raises
        ------
        NotThereError
            When there is none, or none that the person may read.
        """
        found = self.find(name)
        if found is None:
            raise NotThereError(f"There is no table {name!r} here.")
        return found

    def find(self, name: str) -> Sheet | None:
        """The table of a name; None where there is none, or none that the person may read."""
        if name not in self.workspace.tables() and name not in self.workspace.tables(max_age=5):
            return None
        found = self._sheet(name)
        return found if found.may(Verb.READ) else None

    def need_lent(self, verb: Verb, schema: str | None = None) -> None:
        """Refuse what is about the person, and in no table of the project, to a program that was lent less than that.

        Parameters
        ----------
        verb : Verb
        schema : str, optional
            What it is about; without, it is about all there is.

        Raises
        ------
        NotAllowedError
        """
        if not self.rights.are_lent(verb, schema):
            raise NotAllowedError(
                f"This was not lent all it takes to {verb} what is your own. Log in, and do it there."
            )

    def _sheet(self, name: str) -> Sheet:
        return Sheet(self, name, self.workspace.tables()[name])

    @contextmanager
    def acting(self, why: str | None = None) -> Iterator[str]:
        """Let what is changed in the block be one change of this person, all of it or nothing; yields its number."""
        connection: Any = self.workspace.project.connection
        with self.speaking(why) as number, connection.atomic():
            yield number

    @contextmanager
    def speaking(self, why: str | None = None) -> Iterator[str]:
        """The same for what has transactions of its own."""
        with lw.acting_as(self.person.name), lw.change(why) as number:
            yield number
        self.workspace.watch.nudge()
