"""Roles, what can be done, and to whose rows."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is in the lab."""

    READER = "reader"
    TECHNICIAN = "technician"
    RESEARCHER = "researcher"
    DATA_MANAGER = "data_manager"
    ADMIN = "admin"


class Verb(StrEnum):
    """What can be done to a table, or with it."""

    READ = "read"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    POPULATE = "populate"
    DECLARE = "declare"
    SIGN = "sign"
    ADMINISTER = "administer"


class Scope(StrEnum):
    """Whose rows are meant: one's own, those of one's lab, or all. Each includes those before it."""

    OWN = "own"
    LAB = "lab"
    ALL = "all"

    def includes(self, other: Scope) -> bool:
        """Whether all rows of the other scope are in this one.

        Examples
        --------
        >>> Scope.LAB.includes(Scope.OWN), Scope.LAB.includes(Scope.ALL)
        (True, False)
        """
        return _WIDTH[self] >= _WIDTH[other]


_WIDTH: Final = {scope: width for width, scope in enumerate(Scope)}


def widest(scopes: Iterable[Scope]) -> Scope | None:
    """The scope that includes all the others; None of none.

    Examples
    --------
    >>> widest([Scope.OWN, Scope.LAB])
    <Scope.LAB: 'lab'>
    """
    return max(scopes, key=lambda scope: _WIDTH[scope], default=None)
