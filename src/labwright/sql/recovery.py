"""What to do when a statement outside a transaction fails: repeat it, or raise."""

from __future__ import annotations

import logging
import random
import time
from typing import Final

from labwright.core.errors import LostConnectionError
from labwright.sql.drivers.base import Driver, Fate, is_read
from labwright.sql.pool import Entry, Pool
from labwright.sql.transaction import raise_translated

ATTEMPTS: Final = 5

logger = logging.getLogger(__name__)


class Recovery:
    """Decides for one statement, failure after failure."""

    __slots__ = ("_attempts", "_deadline", "_driver", "_pool", "_reconnected", "_sql", "_write")

    def __init__(self, pool: Pool, sql: str, *, write: bool) -> None:
        self._pool = pool
        self._driver: Driver = pool.driver
        self._sql = sql
        self._write = write or not is_read(sql)
        self._attempts = 0
        self._reconnected = False
        self._deadline = time.monotonic() + self._driver.patience

    def handle(self, entry: Entry, exc: BaseException) -> None:
        """Return when the statement may be repeated; otherwise raise. The connection is given back."""
        fate = self._driver.fate(exc, entry.raw) if isinstance(exc, Exception) else Fate.LOST
        if fate in {Fate.LOST, Fate.REPLAN}:
            self._pool.discard(entry)
        else:
            self._pool.release(entry)
        if not isinstance(exc, Exception) or not self._may_repeat(fate):
            self._raise(fate, exc)

    def _may_repeat(self, fate: Fate) -> bool:
        if fate is Fate.RETRY:
            return self._wait()
        again = not self._reconnected and (fate is Fate.REPLAN or (fate is Fate.LOST and not self._write))
        self._reconnected = True
        return again

    def _wait(self) -> bool:
        self._attempts += 1
        pause = random.uniform(0.5, 1.5) * 0.01 * 3**self._attempts  # noqa: S311 - no secret
        if self._attempts >= ATTEMPTS or time.monotonic() + pause > self._deadline:
            return False
        logger.debug("repeating a statement after %.2f s", pause, extra={"action": "retry"})
        time.sleep(pause)
        return True

    def _raise(self, fate: Fate, exc: BaseException) -> None:
        if fate is not Fate.LOST or not isinstance(exc, Exception) or not self._write:
            raise_translated(self._driver, exc, self._sql)
        error = LostConnectionError(
            "The connection to the database was lost while a change was on its way: it was carried out as a whole, or"
            " not at all. Look whether it was before repeating it."
        )
        error.outcome_unknown = True
        raise error from exc
