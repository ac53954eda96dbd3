"""Passwords."""

from __future__ import annotations

from argon2 import PasswordHasher

from labwright.web.accounts.clock import Clock
from labwright.web.accounts.hashes import Hashes
from labwright.web.accounts.password_policy import MAX_LENGTH, check_password, normal
from labwright.web.accounts.person import Person
from labwright.web.accounts.tables import Tables


class Passwords:
    """The passwords of people."""

    def __init__(self, tables: Tables, clock: Clock, hasher: PasswordHasher) -> None:
        self._hashes = Hashes(tables, "Password", clock, hasher)

    def set(self, person: Person, password: str) -> None:
        """Give somebody a password.

        Raises
        ------
        AccountError
            When it is easily guessed.
        """
        check_password(password, person)
        self._hashes.set(person.name, normal(password))

    def check(self, name: str, password: str) -> bool:
        """Whether this is somebody's password. It takes as long when there is nobody of this name."""
        return self._hashes.check(name, normal(password[: MAX_LENGTH + 1]))

    def has(self, name: str) -> bool:
        """Whether somebody has one: those who come by way of a provider of identities need none."""
        return self._hashes.has(name)
