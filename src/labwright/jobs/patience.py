"""Waiting for what comes back: a database that went away, a job that failed for no fault of its own."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from labwright.core.errors import LabwrightError, LockError, LostConnectionError, ServerError

T = TypeVar("T")
BACKOFF: Final = 1.0
LONGEST: Final = 600.0
PATIENCE: Final = 120.0
"""Seconds in which a database that went away may come back."""

logger = logging.getLogger(__name__)


def backoff(attempt: int) -> float:
    """Return how many seconds to wait before the next attempt: about twice as long each time.

    Examples
    --------
    >>> 1 <= backoff(1) <= 3, backoff(50) <= 900
    (True, True)
    """
    return min(LONGEST, BACKOFF * 2.0 ** min(attempt, 30)) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret


def never() -> bool:
    """Asked whether to stop, says no."""
    return False


def passes(error: LabwrightError) -> bool:
    """Whether it is the database's own trouble, which may be over soon: out of reach, locked, or full.

    Examples
    --------
    >>> passes(LostConnectionError("The server is gone.")), passes(LabwrightError("No."))
    (True, False)
    """
    is_full = isinstance(error, ServerError) and error.violation is not None and error.violation.reason == "full"
    return is_full or isinstance(error, LostConnectionError | LockError)


def patiently(call: Callable[[], T], patience: float = PATIENCE, *, stopping: Callable[[], bool] = never) -> T:
    """Return what `call` gives, asked again while the database has trouble that passes, unless it is time to stop."""
    deadline, pause = time.monotonic() + patience, 0.1
    while True:
        try:
            return call()
        except LabwrightError as error:
            if not passes(error) or stopping() or time.monotonic() + pause > deadline:
                raise
            logger.warning("waiting for the database: %s", error, extra={"action": "worker"})
        time.sleep(pause)
        pause = min(2 * pause, 5.0)
