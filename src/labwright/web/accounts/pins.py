"""PINs: how people take turns at a rig on which somebody has logged in."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher

from labwright.web.accounts.audit import Audit
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.hashes import Hashes
from labwright.web.accounts.people import People
from labwright.web.accounts.person import Person, typed_name
from labwright.web.accounts.sessions import Session, Sessions
from labwright.web.accounts.tables import Tables
from labwright.web.accounts.throttle import Throttle

MIN_LENGTH: Final = 4
MAX_LENGTH: Final = 12


class Pins:
    """The PINs of people. A PIN opens nothing but a session within that of a device."""

    def __init__(
        self,
        tables: Tables,
        clock: Clock,
        hasher: PasswordHasher,
        people: People,
        sessions: Sessions,
        throttle: Throttle,
        audit: Audit,
    ) -> None:
        self._hashes = Hashes(tables, "Pin", clock, hasher)
        self._people, self._sessions, self._throttle, self._audit = people, sessions, throttle, audit

    def set(self, person: Person, pin: str, caller: Caller) -> None:
        """Give somebody a PIN.

        Raises
        ------
        AccountError
            When it is no PIN, or one of those that are tried first.
        """
        if not (pin.isascii() and pin.isdigit() and MIN_LENGTH <= len(pin) <= MAX_LENGTH):
            raise AccountError(f"A PIN has {MIN_LENGTH} to {MAX_LENGTH} digits.")
        if _is_row(pin):
            raise AccountError("The PIN is one of those that are tried first.")
        self._hashes.set(person.name, pin)
        self._audit.note("set PIN", person.name, caller)

    def remove(self, person: Person, caller: Caller) -> None:
        """Let somebody have no PIN."""
        self._hashes.remove(person.name)
        self._audit.note("remove PIN", person.name, caller)

    def has(self, person: Person) -> bool:
        """Whether somebody has a PIN."""
        return self._hashes.has(person.name)

    def switch(self, device: str, name: str, pin: str, caller: Caller) -> str:
        """Let somebody else go on at a device; what comes back is the secret of their session.

        Parameters
        ----------
        device : str
            The secret of the device's session.
        name, pin : str
        caller : Caller

        Raises
        ------
        LoginError
            When this is no device, or name or PIN are wrong, or too many were tried: always the same.
        """
        session, name = self._sessions.find(device), typed_name(name)
        if session is None or not session.device:
            raise LoginError
        person = self._checked(session, name, pin)
        if person is None:
            known = name if self._people.find(name) else ""
            self._audit.note("switch by PIN", known, caller, ok=False, device=session.device)
            raise LoginError
        self._throttle.forgive_pin(name)
        self._audit.note("switch by PIN", name, caller, device=session.device)
        return self._sessions.open(person, caller, "pin", parent=session.id)

    def _checked(self, session: Session, name: str, pin: str) -> Person | None:
        if not self._throttle.allows_pin(session.id, name):
            return None
        is_right, person = self._hashes.check(name, pin[: MAX_LENGTH + 1]), self._people.find(name)
        return person if is_right and person is not None and person.is_active else None


def _is_row(pin: str) -> bool:
    """Whether it is the same step from each digit to the next: 1111, 1234, 9753."""
    return len({int(b) - int(a) for a, b in pairwise(pin)}) == 1
