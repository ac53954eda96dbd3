"""Who guesses has to wait, and longer with each round; who knows is never locked out for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Final

from limits import RateLimitItem, parse_many
from limits.strategies import MovingWindowRateLimiter

from labwright.web.accounts.attempts import AttemptStorage
from labwright.web.accounts.audit import Audit
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.tables import Tables

BY_ACCOUNT: Final = "5/minute; 20/hour; 60/day"
BY_ADDRESS: Final = "20/minute; 100/hour; 400/day"
BY_PIN: Final = "3/minute; 10/hour; 30/day"
"""A PIN has ten thousand values: at this rate it takes a year to try them, and somebody notices."""
FAMILIAR_FOR: Final = timedelta(days=30)


@dataclass(frozen=True)
class Rates:
    """How often something may be tried.

    Parameters
    ----------
    account, address, pin : str
        Several rates, the shorter ones first: ``"5/minute; 20/hour"``.
    """

    account: str = BY_ACCOUNT
    address: str = BY_ADDRESS
    pin: str = BY_PIN


class Throttle:
    """Counts attempts by account and by address.

    Where the person has logged in from lately is counted by itself, so that strangers who guess at an account from
    elsewhere do not keep its owner out.
    """

    def __init__(self, tables: Tables, clock: Clock, audit: Audit, rates: Rates) -> None:
        self._storage = AttemptStorage(tables, clock)
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._clock, self._audit = clock, audit
        self._by_account, self._by_address = _parsed(rates.account), _parsed(rates.address)
        self._by_pin = _parsed(rates.pin)

    def allows_login(self, name: str, caller: Caller) -> bool:
        """Whether somebody may try to log in now; it is counted. The same for names that nobody has."""
        tried = self._hit(self._by_address, "address", _line(caller.address))
        return tried and self._hit(self._by_account, *self._account(name, caller))

    def forgive(self, name: str, caller: Caller) -> None:
        """Forget the attempts at an account, to which somebody had the key; those of the address remain."""
        bucket = self._account(name, caller)
        for rate in self._by_account:
            self._limiter.clear(rate, *bucket)

    def allows_pin(self, device: str, name: str) -> bool:
        """Whether a PIN may be tried at a device now; it is counted, for the person and for the device."""
        tried = self._hit(self._by_address, "device", device)
        return tried and self._hit(self._by_pin, "pin", name)

    def forgive_pin(self, name: str) -> None:
        """Forget the attempts at a PIN."""
        for rate in self._by_pin:
            self._limiter.clear(rate, "pin", name)

    def forget(self) -> None:
        """Remove what counts no more."""
        self._storage.forget()

    def _account(self, name: str, caller: Caller) -> tuple[str, ...]:
        is_familiar = self._audit.came_from(name, caller.address, self._clock() - FAMILIAR_FOR)
        return ("account", name, caller.address if is_familiar else "")

    def _hit(self, rates: Sequence[RateLimitItem], *bucket: str) -> bool:
        return all(self._limiter.hit(rate, *bucket) for rate in rates)


def _parsed(rates: str) -> list[RateLimitItem]:
    """The longest first: what it refuses need not count for the others."""
    return sorted(parse_many(rates), key=lambda rate: -rate.get_expiry())


def _line(address: str) -> str:
    """What one subscriber has: an address, or of IPv6 the whole network of 64 bits that comes with a line."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found.packed[:8] + bytes(8), 64))) if found.version == 6 else address
