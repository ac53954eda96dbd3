"""The columns that are read and written: ten of different types, repeated where more are wanted."""

from __future__ import annotations

import datetime
import decimal
import random
import uuid
from typing import Any

KINDS = {
    "key": "int32",
    "mass": "float64",
    "speed": "float64",
    "name": "varchar(30)",
    "sex": "enum('F', 'M', 'U')",
    "born": "date",
    "seen": "datetime",
    "tame": "bool",
    "price": "decimal(10, 2)",
    "tag": "uuid",
}
START = datetime.datetime(2024, 1, 1)  # noqa: DTZ001 - the columns know no time zone


def names(width: int) -> list[str]:
    """Names of so many columns; the first is the key."""
    return [f"{name}{i // len(KINDS) or ''}" for i, name in zip(range(width), list(KINDS) * 9, strict=False)]


def kind(name: str) -> str:
    """Which of the ten a column is."""
    return name.rstrip("0123456789")


def definition(width: int, plain: bool = False) -> str:
    """A table of so many columns; a plain one has text for the uuid."""
    kinds = KINDS | ({"tag": "varchar(36)"} if plain else {})
    first, *others = [f"{name} : {kinds[kind(name)]}" for name in names(width)]
    return "\n".join([first, "---", *others])


def dicts(width: int, count: int, plain: bool = False) -> list[dict[str, Any]]:
    """So many rows, the same in every process."""
    chance = random.Random(7)
    wanted = names(width)
    rows = (_row(i, width, chance) for i in range(count))
    if plain:
        rows = ([str(v) if isinstance(v, uuid.UUID) else v for v in row] for row in rows)
    return [dict(zip(wanted, row, strict=True)) for row in rows]


def _row(key: int, width: int, chance: random.Random) -> list[Any]:
    row: list[Any] = []
    while len(row) < width:
        row += [
            key,
            chance.random(),
            chance.gauss(0, 100),
            f"animal {key}",
            "FMU"[key % 3],
            START.date() + datetime.timedelta(days=key % 1000),
            START + datetime.timedelta(seconds=key),
            key % 2 == 0,
            decimal.Decimal(chance.randrange(10_000_000)).scaleb(-2),
            uuid.UUID(int=chance.getrandbits(128)),
        ]
    return row[:width]
