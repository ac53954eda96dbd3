"""A person who uses the app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from labwright.web.roles.role import Role

NAME: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
MAX_NAME: Final = 64


@dataclass(frozen=True)
class Person:
    """Who uses the app.

    Parameters
    ----------
    name : str
        What the person is called in histories, grants and at login.
    full_name, email : str
    role : Role
    lab : str
        Whose rows the person shares.
    is_active : bool
        Whether the person may come in.

    Examples
    --------
    >>> Person("ana", "Ana Silva").role
    <Role.READER: 'reader'>
    """

    name: str
    full_name: str = ""
    email: str = ""
    role: Role = Role.READER
    lab: str = ""
    is_active: bool = True


def fold(name: str) -> str:
    """A name as it is compared: people write their own with capitals and blanks around it."""
    return name.strip().lower()


def typed_name(text: str) -> str:
    """The name that somebody has typed; empty where no account can have it, so that nothing else gets any further.

    Examples
    --------
    >>> typed_name(" Ana "), typed_name("ana' OR 1=1")
    ('ana', '')
    """
    name = fold(text[: 2 * MAX_NAME])
    return name if is_name(name) else ""


def is_name(text: str) -> bool:
    """Whether an account can have this name. No underscore: ``ana_`` is where the names of Ana's schemas begin.

    Examples
    --------
    >>> is_name("ana.silva"), is_name("ana_silva"), is_name("Ana")
    (True, False, False)
    """
    return len(text) <= MAX_NAME and NAME.fullmatch(text) is not None
