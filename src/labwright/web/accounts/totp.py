"""One-time passwords of an authenticator app, and codes for the day when the telephone is lost."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pyotp

from labwright.web.accounts.clock import Clock
from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.person import Person
from labwright.web.accounts.secret import digest, new_recovery_code
from labwright.web.accounts.spent import Spent
from labwright.web.accounts.tables import Tables

WINDOW: Final = 1
"""Codes of so many steps before and after the present one count, for clocks that are wrong."""
STEP: Final = timedelta(seconds=30)
RECOVERY_CODES: Final = 10
ISSUER: Final = "Labwright"


@dataclass(frozen=True)
class Proof:
    """A code that is right, and is used up when somebody comes in by it."""

    digest: str
    is_recovery: bool = False


class Totp:
    """The second factors of people."""

    def __init__(self, tables: Tables, clock: Clock, spent: Spent) -> None:
        self._tables, self._clock, self._spent = tables, clock, spent

    def begin(self, person: Person) -> str:
        """The address that an authenticator app reads, as a picture or by hand. It counts when it is confirmed.

        Raises
        ------
        AccountError
            When the person has one already.
        """
        if self.is_on(person.name):
            raise AccountError("A second factor is on already. Turn it off first.")
        secret = pyotp.random_base32()
        self._tables["Totp"].insert1({"name": person.name, "secret": secret, "is_confirmed": False}, replace=True)
        return pyotp.TOTP(secret).provisioning_uri(name=person.name, issuer_name=ISSUER)

    def pending(self, person: Person) -> str | None:
        """The same address, as long as it is not confirmed."""
        row = self._row(person.name)
        if row is None or row["is_confirmed"]:
            return None
        return pyotp.TOTP(row["secret"]).provisioning_uri(name=person.name, issuer_name=ISSUER)

    def confirm(self, person: Person, code: str) -> list[str]:
        """Turn it on, when the app gives right codes. The codes that come back are shown once.

        Raises
        ------
        AccountError
            When the code is wrong.
        """
        row = self._row(person.name)
        step = None if row is None else self._step(row["secret"], code)
        if step is None or not self.use(Proof(_used(person.name, step))):
            raise AccountError("This is not the code that the app should show now. Look at its clock, and try again.")
        self._tables["Totp"].update1({"name": person.name, "is_confirmed": True})
        return self.renew_recovery_codes(person)

    def renew_recovery_codes(self, person: Person) -> list[str]:
        """New codes, each of which stands in once for the app; earlier ones are void."""
        codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        table = self._tables["RecoveryCode"]
        table().ready()
        with self._tables.project.connection.atomic():
            (table & {"name": person.name}).delete_quick()
            table.insert({"name": person.name, "digest": _recovery(person.name, code)} for code in codes)
        return codes

    def turn_off(self, person: Person) -> None:
        """Do without a second factor."""
        for title in ("RecoveryCode", "Totp"):
            (self._tables[title] & {"name": person.name}).delete_quick()

    def is_on(self, name: str) -> bool:
        """Whether somebody has to give a code."""
        row = self._row(name)
        return row is not None and bool(row["is_confirmed"])

    def recovery_codes_left(self, name: str) -> int:
        """How many recovery codes somebody has not used."""
        return len(self._tables["RecoveryCode"] & {"name": name})

    def proof(self, name: str, code: str) -> Proof | None:
        """What a code proves; None when it is wrong. Nothing is used up yet."""
        row = self._row(name)
        if row is None or not row["is_confirmed"]:
            return None
        step = self._step(row["secret"], code)
        if step is not None:
            return Proof(_used(name, step))
        recovery = _recovery(name, code)
        known = self._tables["RecoveryCode"] & {"name": name, "digest": recovery}
        return Proof(recovery, is_recovery=True) if known else None

    def use(self, proof: Proof) -> bool:
        """Use a code up; False when it was used before, or somebody else is quicker."""
        if proof.is_recovery:
            return bool((self._tables["RecoveryCode"] & {"digest": proof.digest}).delete_quick() == 1)
        return self._spent.spend(proof.digest, self._clock() + STEP * (2 * WINDOW + 2))

    def _row(self, name: str) -> dict[str, Any] | None:
        found: list[dict[str, Any]] = (self._tables["Totp"] & {"name": name}).to_dicts()
        return found[0] if found else None

    def _step(self, secret: str, code: str) -> int | None:
        """The step that a code is of. All are compared, right or not, to take as long."""
        totp, given = pyotp.TOTP(secret), "".join(code.split()).encode("utf-8", "replace")
        now = totp.timecode(self._clock())
        steps = range(now - WINDOW, now + WINDOW + 1)
        found = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)]
        return found[0] if found else None


def _used(name: str, step: int) -> str:
    return digest("totp", f"{name}\0{step}")


def _recovery(name: str, code: str) -> str:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return digest("recovery", f"{name}\0{plain}")
