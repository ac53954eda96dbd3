"""Rows for the rich pipeline."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, Final

import numpy as np

Row = dict[str, Any]
at: Final = dt.datetime.fromisoformat


def code(number: int, backend: str = "mysql") -> Any:
    """The second key of a subject."""
    found = uuid.UUID(int=number << 64 | number)
    return found if backend == "mysql" else str(found)


BLOBS: Final[tuple[Any, ...]] = (
    np.arange(12, dtype="float32").reshape(3, 4),
    np.array([[1 + 2j, 3], [4, -5j]]),
    np.zeros((0, 3), dtype="int16"),
    np.array(["2024-01-01", "NaT"], dtype="datetime64[D]"),
    np.array([(1, 2.5), (3, 4.5)], dtype=[("a", "i4"), ("b", "f8")]),
    np.arange(2000),
    {"a": [1, 2.5, None, True], "b": {"c": (1, "x")}, 3: {1, 2}},
    [b"bytes", "Zoë \U0001f401", Decimal("1.50"), uuid.UUID(int=7), 2**70, 1 - 2j],
    at("2024-01-02 03:04:05.678901"),
    dt.date(1999, 12, 31),
    dt.time(23, 59, 59, 999999),
    "text",
    -5,
    False,
)
"""Values of as many kinds as blobs have."""


def subjects(backend: str, start: int = 0, count: int = len(BLOBS)) -> list[Row]:
    """Rows of `Subject` in the 2.x form, with a value for every attribute."""
    return [_subject(n) | {"code": code(n, backend)} for n in range(start, start + count)]


def classic_subjects(start: int = 0, count: int = len(BLOBS)) -> list[Row]:
    """Rows of `Subject` in the classic form."""
    return [_classic_subject(n) for n in range(start, start + count)]


def bare_subject(number: int, backend: str) -> Row:
    """A row that leaves to the defaults what it can."""
    return {"subject": number, "code": code(number, backend), "species": "apis", "big": number}


def _subject(number: int) -> Row:
    return {
        "subject": number,
        "species": ("mus", "apis")[number % 2],
        "sex": "FMU"[number % 3],
        "also": "FMU"[number % 3],
        "born": dt.date(2024, 2, 29),
        "tiny": -128,
        "small": 32767,
        "big": -(2**63) + number,
        "weight": 16777216.0,
        "length": 0.1,
        "alive": bool(number % 2),
        "letters": "abcd",
        "note": 'it\'s \\ 100% "Zoë" 日本',
        "price": Decimal("-999999.99"),
        "precise": Decimal("12345678901234567890.0123456789"),
        "at": at("1999-12-31 23:59:59"),
        "exactly": at("1970-01-01 00:00:00.001"),
        "made": at("2024-06-01"),
        "info": {"n": number % 42, "list": [1, None, "x'\\"], "deep": {"ä": True}},
        "raw": bytes(range(256)),
        "value": BLOBS[number % len(BLOBS)],
        "clock": dt.time(12, 34, 56),
        "plain": -(2**31),
        "real_": 0.5,
        "body": "long " * 1000,
    }


def _classic_subject(number: int) -> Row:
    row = _subject(number)
    for name in ("also", "precise", "info", "raw", "plain", "real_", "body"):
        del row[name]
    return row | {
        "code": code(number),
        "big": 2**63 - 1 - number,
        "medium": -(2**23),
        "lesser": {"number": number % 42},
        "year_": 1999,
    }


def litters(backend: str) -> list[Row]:
    """Rows of `Litter`: with and without what may be null."""
    dam = {"dam": 0, "dam_code": code(0, backend)}
    orphan = {"sire": None, "sire_code": None, "species": None}
    return [
        dam | {"litter": 1, "sire": 1, "sire_code": code(1, backend), "species": "mus", "size": 3},
        dam | orphan | {"litter": 2, "size": 4},
        dam | orphan | {"litter": 3, "size": 0},
    ]


def pups(backend: str) -> list[Row]:
    """Rows of `Pup`."""
    return [
        {"subject": n, "code": code(n, backend), "dam": 0, "dam_code": code(0, backend), "litter": n} for n in (1, 2)
    ]
