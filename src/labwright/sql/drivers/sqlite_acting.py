"""How triggers on SQLite learn who acts.

Within a transaction it is a row of a table. A statement by itself is told by a function, which costs nothing to say and
to forget: with seven arguments, which nobody has a use for, ``date`` is ours on our connections. Everywhere else it is
SQLite's, which is in every client, and says NULL when it is asked for the date of nothing.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from labwright.sql.acting import Acting, new_change, now_text, os_user

ACTING: Final = "~labwright_acting"
"""The table that says within a transaction who acts."""
SAY: Final = f'INSERT OR REPLACE INTO "{ACTING}" (rowid, change, at, user, why, inserts) VALUES (1, ?, ?, ?, ?, ?)'
HUSH: Final = f'DELETE FROM "{ACTING}"'


class Spoken(NamedTuple):
    """What triggers write down."""

    change: str
    at: str
    user: str | None
    why: str | None


spoken: Final[ContextVar[Spoken | None]] = ContextVar("labwright_spoken", default=None)
"""What is said to the statement that runs now."""


def speak(acting: Acting) -> Spoken:
    """What is said of who acts, at this moment."""
    return Spoken(acting.change or new_change(), now_text(), acting.user or os_user() or None, acting.why or None)


def ask(name: str) -> str:
    """The SQL by which a trigger asks.

    Examples
    --------
    >>> ask("user")
    "date(NULL, NULL, NULL, NULL, NULL, NULL, 'user')"
    """
    return f"date(NULL, NULL, NULL, NULL, NULL, NULL, '{name}')"


def teach(raw: Any) -> None:
    """Let a connection answer."""
    raw.execute("PRAGMA trusted_schema = ON")  # as it is by default: triggers may call functions
    raw.create_function("date", 7, _answer)


def _answer(*arguments: Any) -> str | None:
    told = spoken.get()
    return getattr(told, arguments[-1], None) if told is not None and isinstance(arguments[-1], str) else None
