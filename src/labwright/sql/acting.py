"""Who changes rows, and why: known by context, and told to the database before it is needed."""

from __future__ import annotations

import datetime
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Acting:
    """What the database notes beside a row that it keeps.

    Parameters
    ----------
    user : str
        Who; empty for the user of the database.
    why : str
    change : str
        The number under which several changes are kept as one; empty where each is one of its own.
    inserts : bool
        Whether new rows are noted as well.
    role : str
        Whose rights hold; empty for those of the user who has logged in. It is no part of what is noted.
    """

    user: str = ""
    why: str = ""
    change: str = ""
    inserts: bool = False
    role: str = field(default="", compare=False)


NOBODY: Final = Acting()
current: Final[ContextVar[Acting]] = ContextVar("labwright_acting", default=NOBODY)
"""Who acts in this thread or task."""


@contextmanager
def in_own_name() -> Iterator[None]:
    """Within the block, the rights of the user hold who has logged in, also where who acts has taken a role."""
    token = current.set(replace(current.get(), role="")) if current.get().role else None
    try:
        yield
    finally:
        if token is not None:
            current.reset(token)


def new_change() -> str:
    """Return a number that no other change has."""
    return os.urandom(16).hex()


def stamped(acting: Acting, change: str) -> Acting:
    """Return `acting`, with a number for what it changes unless it has one."""
    return acting if acting.change else replace(acting, change=change)


def now_text() -> str:
    """Return the present moment in UTC, as SQLite keeps it."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


@cache
def os_user() -> str:
    """Return the name of who runs this program; empty where nobody knows.

    Examples
    --------
    >>> isinstance(os_user(), str)
    True
    """
    try:
        return getpass.getuser()
    except (OSError, ImportError, KeyError):
        return ""
