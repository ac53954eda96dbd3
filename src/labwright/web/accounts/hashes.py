"""Hashes of what people remember, which is easier to guess than a secret: argon2id makes each guess expensive."""

from __future__ import annotations

import secrets
import threading
from functools import cached_property
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from labwright.web.accounts.clock import Clock
from labwright.web.accounts.tables import Tables

AT_ONCE: Final = 4
"""A hash takes much memory: those who send many passwords at once wait for each other."""


class Hashes:
    """One hash for each person who has one, in a table of its own.

    Parameters
    ----------
    tables : Tables
    title : str
        The table.
    clock : Clock
    hasher : PasswordHasher
        Hashes with other parameters are made anew when they are next used.
    """

    def __init__(self, tables: Tables, title: str, clock: Clock, hasher: PasswordHasher) -> None:
        self._tables, self._title = tables, title
        self._clock, self._hasher = clock, hasher
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @cached_property
    def _decoy(self) -> str:
        """What is looked at for those who have none, so that they take as long to be refused."""
        return self._hasher.hash(secrets.token_bytes())

    def set(self, name: str, text: str) -> None:
        """Keep the hash of a text for somebody, in place of an earlier one."""
        with self._turns:
            hashed = self._hasher.hash(_bytes(text))
        row = {"name": name, "hash": hashed, "changed": self._clock()}
        self._tables[self._title].insert1(row, replace=True)

    def check(self, name: str, text: str) -> bool:
        """Whether this is somebody's text. Exactly one hash is compared, also when there is nobody of this name."""
        known, decoy = self._of(name), self._decoy
        is_right = self._is_of(known or decoy, text) and known is not None
        if is_right and self._hasher.check_needs_rehash(known or ""):
            self.set(name, text)
        return is_right

    def has(self, name: str) -> bool:
        """Whether there is one for somebody."""
        return self._of(name) is not None

    def remove(self, name: str) -> None:
        """Forget it."""
        (self._tables[self._title] & {"name": name}).delete_quick()

    def _of(self, name: str) -> str | None:
        found: Any = (self._tables[self._title] & {"name": name}).to_dicts()
        return found[0]["hash"] if found else None

    def _is_of(self, hashed: str, text: str) -> bool:
        try:
            with self._turns:
                return self._hasher.verify(hashed, _bytes(text))
        except (VerificationError, InvalidHashError):
            return False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
