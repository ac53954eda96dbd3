"""Where attempts are counted: in the database, so that a server which is started again remembers them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from limits.storage import MovingWindowSupport, Storage

import labwright as lw
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.secret import digest
from labwright.web.accounts.tables import Tables


class AttemptStorage(Storage, MovingWindowSupport):
    """Counts for `limits`: a row for each attempt, which several servers can add to at once."""

    STORAGE_SCHEME = None

    def __init__(self, tables: Tables, clock: Clock) -> None:
        super().__init__()
        self._tables, self._clock = tables, clock

    @property
    def base_exceptions(self) -> type[Exception]:
        """What goes wrong is said by the database."""
        return lw.LabwrightError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count an attempt unless there were too many.

        It is there before the others are counted, so that of several at the same time none is overlooked. What is
        refused leaves nothing behind: who tries without end does not keep the door shut.
        """
        table, now = self._tables["Attempt"], self._clock()
        row = {"bucket": digest("attempt", key), "at": now, "nonce": secrets.token_hex(8)}
        table.insert1({**row, "until": now + timedelta(seconds=expiry)})
        if len(self._within(key, expiry)) <= limit:
            return True
        (table & row).delete_quick()
        return False

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the first attempt that counts was made, and how many there are."""
        found = self._within(key, expiry).to_arrays("at")
        return min(found, default=self._clock()).timestamp(), len(found)

    def clear(self, key: str) -> None:
        """Forget the attempts."""
        (self._tables["Attempt"] & {"bucket": digest("attempt", key)}).delete_quick()

    def forget(self) -> None:
        """Remove those that count no more."""
        (self._tables["Attempt"] & lw.Where("until", "<", self._clock())).delete_quick()

    def _within(self, key: str, expiry: int) -> Any:
        since = self._clock() - timedelta(seconds=expiry)
        return self._tables["Attempt"] & {"bucket": digest("attempt", key)} & lw.Where("at", ">", since)

    def get(self, key: str) -> int:
        """How many there are, however old."""
        return len(self._tables["Attempt"] & {"bucket": digest("attempt", key)})

    def check(self) -> bool:
        """Whether the database answers."""
        return self.get("") == 0

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Not how attempts are counted here."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Not how attempts are counted here."""
        raise NotImplementedError

    def reset(self) -> int | None:
        """Forget all."""
        return int(self._tables["Attempt"]().delete_quick())
