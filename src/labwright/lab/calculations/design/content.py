"""A design as plain data, and its hash."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

import labwright as lw
from labwright.lab.canonical import digest, moment, to_json

FORMAT: Final = "labwright design 1"


def content_hash(design: Mapping[str, Any]) -> str:
    """SHA-256 of a design, the same on every machine and in whatever order its parts are named.

    It is taken of JSON without spaces, names in the order of their characters, in UTF-8, of
    ``{"design": ..., "format": "labwright design 1"}``.

    Parameters
    ----------
    design : mapping
        Texts, numbers, dates, fractions, UUIDs, and lists and mappings of these. A moment needs a time zone.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    DataError
        When a value has no one way of being written: a set, a moment without a time zone, an object, NaN.

    Examples
    --------
    >>> one = content_hash({"unit": "cage", "arms": ["saline", "drug"]})
    >>> one == content_hash({"arms": ("saline", "drug"), "unit": "cage"})
    True
    >>> one == content_hash({"arms": ("drug", "saline"), "unit": "cage"})
    False
    """
    return digest(to_json({"design": plain(design), "format": FORMAT}).encode())


def plain(value: Any, where: str = "design") -> Any:
    """The same value as JSON has it: dates, fractions and decimals are texts, tuples are lists.

    Raises
    ------
    DataError
        As in `content_hash`.

    Examples
    --------
    >>> plain({"p": Fraction(1, 3), "from": date(2026, 3, 1), "sizes": (2, 4)})
    {'p': '1/3', 'from': '2026-03-01', 'sizes': [2, 4]}
    """
    if isinstance(value, Mapping):
        return {_name(name, where): plain(inner, f"{where}.{name}") for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, f"{where}[{number}]") for number, inner in enumerate(value)]
    if isinstance(value, datetime):
        return _moment(value, where)
    if isinstance(value, (Fraction, Decimal, UUID)):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return _scalar(value, where)


def _name(name: Any, where: str) -> str:
    if isinstance(name, str):
        return name
    raise lw.errors.DataError(f"{where} has the name {name!r}: only texts are names.")


def _moment(value: datetime, where: str) -> str:
    if value.tzinfo is None:
        raise lw.errors.DataError(f"{where} is {value}, without a time zone: give it one, as UTC.")
    return moment(value)


def _scalar(value: Any, where: str) -> Any:
    finite = not isinstance(value, float) or abs(value) < float("inf")
    if value is None or (isinstance(value, (str, int, float)) and finite):
        return value
    raise lw.errors.DataError(
        f"{where} is {value!r}, a {type(value).__name__}: a design is made of texts, finite numbers, dates, "
        "and lists and mappings of these."
    )
