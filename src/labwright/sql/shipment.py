"""All that stores computations, sent at once: nobody waits for an answer before the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from labwright.core.errors import QueryError
from labwright.sql.acting import current
from labwright.sql.assertions import ASSERTIONS
from labwright.sql.cargo import Cargo, Load
from labwright.sql.drivers.base import Fate, Raw
from labwright.sql.pool import Pool
from labwright.sql.recheck import Known
from labwright.sql.transaction import Transaction

LONG: Final = 1.0
"""Seconds of computing after which one looks whether the server is still there, since to ask it anew is safe then."""


class Shippable(Protocol):
    """What can be sent with others."""

    @property
    def age(self) -> float:
        """For how many seconds nothing may have been heard of the server."""

    def load(self) -> Load | None:
        """All that waits; None where it cannot be sent with others."""

    def is_in_doubt(self) -> None:
        """Take note that nobody knows whether it is stored."""


class _Shipment(Transaction):
    """A transaction that is sent as a whole."""

    __slots__ = ("_is_old",)

    def __init__(self, pool: Pool, *, is_old: bool) -> None:
        self._is_old = is_old
        super().__init__(pool)

    def _start(self, raw: Raw) -> None:
        """Begin with the rest; only make sure that the connection lives, since one that is lost is replaced here."""
        if self._is_old:
            self._driver.fetch(raw, "SELECT 1", ())

    def send(self, cargo: Cargo) -> Exception | None:
        """Send it; return the error for which nothing of it is stored."""
        try:
            self._heed(current.get())
            answers = self._driver.ship(self._entry.raw, cargo.orders, commit=cargo.is_complete)
            cargo.compare(answers)
            if not cargo.is_complete:
                self._driver.commit(self._entry.raw)
        except BaseException as exc:  # noqa: BLE001 - raised again, where nobody knows what is stored
            if not isinstance(exc, Exception) or self._driver.fate(exc, self._entry.raw) is Fate.LOST:
                self._commit_failed(exc)
            self.rollback()
            return exc
        self._pool.release(self._entry)
        return None


def ship(pool: Pool, known: Known, waiting: Sequence[Shippable]) -> bool:
    """Store computations by sending all of it at once.

    Returns
    -------
    bool
        False when nothing of it is stored: one statement after the other will tell why, or succeed.

    Raises
    ------
    LostConnectionError
        When nobody knows whether it is stored.
    """
    assertions = ASSERTIONS.get(known.product())
    if assertions is None or pool.driver.role_of(current.get()):  # which has to be taken first
        return False
    loads = [load for one in waiting if (load := one.load()) is not None]
    if len(loads) < len(waiting):
        return False
    cargo = Cargo(pool.driver, known, assertions, loads)
    if not cargo.fits:
        return False
    shipment = _Shipment(pool, is_old=max(one.age for one in waiting) > LONG)
    try:
        error = shipment.send(cargo)
    except BaseException:
        for one in waiting:
            one.is_in_doubt()
        raise
    if error is not None and isinstance(pool.driver.translate(error), QueryError):
        known.cannot_compare(cargo.compared)
    return error is None
