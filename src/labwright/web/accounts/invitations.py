"""Invitations: addresses by which somebody makes an account for themselves, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import labwright as lw
from labwright.web.accounts.audit import Audit
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.password_policy import check_password
from labwright.web.accounts.passwords import Passwords
from labwright.web.accounts.people import People
from labwright.web.accounts.person import Person, is_name
from labwright.web.accounts.secret import digest, new_secret
from labwright.web.accounts.tables import Tables
from labwright.web.roles.role import Role

LIFE: Final = timedelta(days=7)
FIRST_LIFE: Final = timedelta(hours=1)
SERVER: Final = "server"
"""Who invites the first admin."""


@dataclass(frozen=True)
class Invitation:
    """What somebody is invited to be."""

    role: Role
    lab: str
    invited_by: str
    until: datetime
    name: str = ""


class Invitations:
    """The open invitations; only hashes of their addresses are kept."""

    def __init__(self, tables: Tables, clock: Clock, people: People, passwords: Passwords, audit: Audit) -> None:
        self._tables, self._clock = tables, clock
        self._people, self._passwords, self._audit = people, passwords, audit

    def first_admin(self) -> str | None:
        """An invitation to administer the server, for as long as nobody does; earlier ones of this kind are void."""
        if self._people.has_admin():
            return None
        (self._tables["Invitation"] & {"invited_by": SERVER}).delete_quick()
        return self._add(Role.ADMIN, "", SERVER, FIRST_LIFE, Caller(""))

    def create(
        self, role: Role, caller: Caller, *, by: str, lab: str = "", life: timedelta = LIFE, name: str = ""
    ) -> str:
        """Invite somebody; what comes back is shown once, and is the end of the address to send.

        Raises
        ------
        AccountError
            When they are to be called what nobody can be called.
        """
        if name and not is_name(name):
            raise AccountError(f"{name!r} cannot be the name of an account: it is like ana.silva.")
        return self._add(role, lab, by, life, caller, name)

    def find(self, text: str) -> Invitation | None:
        """The invitation, as long as it is open."""
        rows: Any = (self._open() & {"digest": digest("invitation", text)}).to_dicts()
        return _invitation(rows[0]) if rows else None

    def accept(self, text: str, person: Person, password: str, caller: Caller) -> Person:
        """Make the account that somebody was invited to; role and lab, and a name that it has, are the invitation's.

        Raises
        ------
        AccountError
            When the invitation is not open any more, or name or password cannot be such; then it stays open.
        """
        found = self.find(text)
        if found is None or (found.invited_by == SERVER and self._people.has_admin()):
            raise AccountError("This invitation was used already, or has expired. Ask for another one.")
        person = replace(person, name=found.name or person.name)
        check_password(password, person)
        with self._tables.project.connection.atomic():
            if (self._tables["Invitation"] & {"digest": digest("invitation", text)}).delete_quick() != 1:
                raise AccountError("This invitation was used already. Ask for another one.")
            made = self._people.create(replace(person, role=found.role, lab=found.lab), caller, by=found.invited_by)
            self._passwords.set(made, password)
        return made

    def forget(self) -> None:
        """Remove those that have expired."""
        (self._tables["Invitation"] & lw.Where("until", "<", self._clock())).delete_quick()

    def _add(self, role: Role, lab: str, by: str, life: timedelta, caller: Caller, name: str = "") -> str:
        text = new_secret()
        row = {"digest": digest("invitation", text), "role": role.value, "name": name, "lab": lab, "invited_by": by}
        self._tables["Invitation"].insert1({**row, "until": self._clock() + life})
        self._audit.note("invite", name, caller, actor=by, role=role.value, lab=lab)
        return text

    def _open(self) -> Any:
        return self._tables["Invitation"] & lw.Where("until", ">", self._clock())


def _invitation(row: dict[str, Any]) -> Invitation:
    return Invitation(Role(row["role"]), row["lab"], row["invited_by"], row["until"], row["name"])
