"""People: who may come in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import labwright as lw
from labwright.web.accounts.audit import Audit
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.person import Person, fold, is_name, typed_name
from labwright.web.accounts.tables import Tables
from labwright.web.roles.role import Role


class People:
    """Those who have an account. None is ever removed: rows of theirs remain."""

    def __init__(self, tables: Tables, clock: Clock, audit: Audit) -> None:
        self._tables, self._clock, self._audit = tables, clock, audit

    def find(self, name: str) -> Person | None:
        """The person of this name."""
        rows = (self._tables["Person"] & {"name": typed_name(name)}).to_dicts()
        return person_of(rows[0]) if rows else None

    def all(self) -> list[Person]:
        """Everybody, by name."""
        return [person_of(row) for row in self._tables["Person"]().to_dicts(order_by="name")]

    def of_lab(self, lab: str) -> list[Person]:
        """The people of a lab, also those who have left; of no lab, nobody."""
        return [p for p in self.all() if lab and p.lab == lab]

    def create(self, person: Person, caller: Caller, *, by: str) -> Person:
        """Give somebody an account.

        Raises
        ------
        AccountError
            When the name cannot be one, or is taken.
        """
        person = replace(person, name=fold(person.name), email=person.email.strip())
        _check(person)
        if self.find(person.name):
            raise AccountError(f"There is an account {person.name!r} already. Choose another name.")
        with self._changing(by):
            self._tables["Person"].insert1({**_row(person), "made": self._clock()})
            self._audit.note("create person", person.name, caller, actor=by, role=person.role.value)
        return person

    def change(self, person: Person, caller: Caller, *, by: str) -> Person:
        """Let the account of the same name be as given.

        Raises
        ------
        AccountError
            When there is none, or nobody could administer the server any more.
        """
        _check(person)
        with self._changing(by):
            old = self.find(person.name)
            if old is None:
                raise AccountError(f"There is no account {person.name!r}.")
            self._tables["Person"].update1(_row(person))
            if not self.has_admin() and _is_admin(old):
                raise AccountError(f"{person.name} is the only admin. Make somebody else one first.")
            if not person.is_active or (_is_admin(old) and not _is_admin(person)):  # nor comes whom they have invited
                (self._tables["Invitation"] & {"invited_by": person.name}).delete_quick()
            changed = [key for key, value in asdict(person).items() if value != asdict(old)[key]]
            self._audit.note("change person", person.name, caller, actor=by, changed=changed, role=person.role.value)
        return person

    def deactivate(self, name: str, caller: Caller, *, by: str) -> Person:
        """Let somebody come in no more. Sessions and tokens end with it."""
        found = self.find(name)
        if found is None:
            raise AccountError(f"There is no account {name!r}.")
        return self.change(replace(found, is_active=False), caller, by=by)

    def has_admin(self) -> bool:
        """Whether there is somebody who can administer the server."""
        return bool(self._tables["Person"] & {"role": Role.ADMIN.value, "is_active": True})

    @contextmanager
    def _changing(self, by: str) -> Iterator[None]:
        """Let changes in the block be made by somebody, all or none; tables are not declared in a transaction."""
        self._tables["Person"]().ready()
        with lw.acting_as(by), self._tables.project.connection.atomic():
            yield


def person_of(row: Any) -> Person:
    """The person that a row tells of."""
    return Person(row["name"], row["full_name"], row["email"], Role(row["role"]), row["lab"], bool(row["is_active"]))


def _row(person: Person) -> dict[str, Any]:
    return {**asdict(person), "role": person.role.value}


def _is_admin(person: Person) -> bool:
    return person.is_active and person.role is Role.ADMIN


def _check(person: Person) -> None:
    if not is_name(person.name):
        raise AccountError(
            f"{person.name!r} cannot be the name of an account. Use small letters and digits, with single dots or "
            "hyphens between them, at most 64 in all: ana.silva"
        )
    long = next(
        (n for n, most in (("full_name", 200), ("email", 254), ("lab", 64)) if len(asdict(person)[n]) > most), ""
    )
    if long:
        raise AccountError(f"The {long.replace('_', ' ')} is too long.")
