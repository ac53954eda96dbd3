"""What became of a key."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from labwright.core.errors import InputsChangedError, LockError, LostConnectionError, LostJobError

State = Literal["success", "error", "skipped", "retry", "lost"]
TRANSIENT = (InputsChangedError, LockError, LostConnectionError)
"""What goes wrong for no fault of the code, so that it is tried again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a key.

    Parameters
    ----------
    key : mapping
    state : {'success', 'error', 'skipped', 'retry', 'lost'}
        Skipped is what somebody else has stored meanwhile; to be tried again what failed for no fault of the code;
        lost a job that another worker has now.
    error : Exception or None
    duration : float
        Seconds in make.
    table : str
        As ``schema.table``.
    """

    key: Mapping[str, Any]
    state: State
    error: Exception | None = None
    duration: float = 0.0
    table: str = ""

    def given_up(self) -> Outcome:
        """The same, where it is not tried again."""
        return replace(self, state="error")

    @property
    def message(self) -> str:
        """The error in one line."""
        return "" if self.error is None else f"{type(self.error).__name__}: {said(self.error)}"

    @property
    def stack(self) -> str:
        """The traceback."""
        return "" if self.error is None else "".join(traceback.format_exception(self.error))


def said(error: BaseException) -> str:
    """What an exception says, which it may be unable to."""
    try:
        return str(error)
    except Exception as another:  # noqa: BLE001 - it is the code of users
        return f"(what it says cannot be told: {type(another).__name__})"


def state_of(error: Exception) -> State:
    """What an error makes of a key."""
    if isinstance(error, LostJobError):
        return "lost"
    return "retry" if isinstance(error, TRANSIENT) else "error"
