"""Codes that tell nothing of what they stand for."""

from __future__ import annotations

import secrets
from collections.abc import Container, Iterable
from typing import Final

import labwright as lw

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
DIGITS: Final = "23456789"
"""Neither vowels, which make words, nor what is mistaken on a label: 0 and O, 1 and I."""


def blind_codes(names: Iterable[str], taken: Container[str] = (), length: int = 5) -> dict[str, str]:
    """A code for each name, drawn from the randomness of the system: no seed tells them again.

    Give arms for codes of groups, or units for codes that do not even tell who is with whom.

    Parameters
    ----------
    names : iterable of str
    taken : container of str
        Codes of this and other experiments, of which none is used again: people remember what K7QF2 was.
    length : int
        At least 4 letters and digits in turn.

    Returns
    -------
    dict from str to str
        The code of each name.

    Raises
    ------
    DataError
        When a name is there twice, the codes are too short, or hardly any are left.

    Examples
    --------
    >>> codes = blind_codes(["drug", "saline"], taken={"K7Q4F"})
    >>> len(set(codes.values())), {len(code) for code in codes.values()}
    (2, {5})
    """
    wanted = sorted(names)
    if len(set(wanted)) < len(wanted) or length < 4:
        raise lw.errors.DataError("Names to be coded must be there once, and codes have at least 4 characters.")
    codes: dict[str, str] = {}
    for name in wanted:
        codes[name] = _fresh_code(length, taken, codes.values())
    return codes


def _fresh_code(length: int, taken: Container[str], ours: Iterable[str]) -> str:
    used = set(ours)
    for _ in range(1000):
        code = "".join(secrets.choice((LETTERS, DIGITS)[place % 2]) for place in range(length))
        if code not in taken and code not in used:
            return code
    raise lw.errors.DataError(f"Hardly any code of {length} characters is left: take longer ones.")
