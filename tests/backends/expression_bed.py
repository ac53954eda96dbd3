"""A table of typed values, extremes among them, to which expressions are put."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.backends.conftest import Bench

from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.query.scalar import Scalar, json_scalar, parse_path, parse_scalar
from labwright.sql.dialect import Dialect
from labwright.sql.mysql import MySQL
from labwright.sql.postgres import Postgres, enum_name
from labwright.sql.sqlite import SQLite
from labwright.sql.translate import translate

UID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
TYPES = {
    "id": Type("int32"),
    "n": Type("int32"),
    "small": Type("int8"),
    "u": Type("uint16"),
    "wide": Type("int64"),
    "score": Type("float64"),
    "f": Type("float32"),
    "name": Type("varchar", (40,)),
    "flag": Type("bool"),
    "kind": Type("enum", ("low", "high", "mid")),
    "day": Type("date"),
    "at": Type("datetime", (3,)),
    "clock": Type("time", (0,)),
    "price": Type("decimal", (10, 2)),
    "big": Type("decimal", (30, 10)),
    "uid": Type("uuid"),
    "info": Type("json"),
    "raw": Type("bytes"),
}
INFO = {
    "weight": 21.5,
    "tags": ["a", "b"],
    "name": "x",
    "ok": True,
    "n": 3,
    "nil": None,
    "o": {"k": 1},
    "a b": "c'\"d",
    "on": "2024-03-01",
}
ROWS: list[dict[str, Any]] = [
    {
        "id": 1,
        "n": 7,
        "small": 100,
        "u": 5,
        "wide": 2**62,
        "score": 2.5,
        "f": 0.10000000149011612,
        "name": "Ab c%_\\'\"",
        "flag": True,
        "kind": "low",
        "day": datetime.date(2024, 2, 29),
        "at": datetime.datetime(2024, 2, 29, 13, 45, 6, 125000),
        "clock": datetime.time(13, 45, 6),
        "price": Decimal("12.34"),
        "big": Decimal("12345678901234567890.0123456789"),
        "uid": UID,
        "info": INFO,
        "raw": b"\x00\xff",
    },
    {
        "id": 2,
        "n": -7,
        "small": -128,
        "u": 0,
        "wide": -(2**62),
        "score": -0.5,
        "f": -2.0,
        "name": "ÄÖü ñ 日本",
        "flag": False,
        "kind": "high",
        "day": datetime.date(1999, 12, 31),
        "at": datetime.datetime(1999, 12, 31, 23, 59, 59),
        "clock": datetime.time(0, 0, 0),
        "price": Decimal("-0.05"),
        "big": Decimal("-1.5"),
        "uid": uuid.UUID(int=0),
        "info": {"weight": "heavy", "n": 2.5, "ok": "true"},
        "raw": b"",
    },
    dict.fromkeys(TYPES, None) | {"id": 3},
]
HEADING = Heading(Attribute(n, t, in_key=n == "id", nullable=n != "id") for n, t in TYPES.items())
DIALECTS: dict[str, Callable[[], Dialect]] = {"sqlite": SQLite, "postgres": Postgres, "mysql": MySQL}


class Bed:
    """The table of typed values, and questions to it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.dialect = DIALECTS[bench.connection.backend]()
        self.connection = bench.connection
        self.place = bench.sql("@bed")
        self.build()

    def build(self) -> None:
        if self.dialect.name == "postgres":
            labels = TYPES["kind"].args
            quoted = ", ".join(f"'{label}'" for label in labels)
            self.connection.execute(f'CREATE TYPE {self.bench.schema}."{enum_name(labels)}" AS ENUM ({quoted})')
        columns = (
            f"{self.dialect.quote(n)} {self.dialect.column_type(t, self.bench.schema)}" for n, t in TYPES.items()
        )
        self.connection.execute(f"CREATE TABLE {self.place} ({', '.join(columns)})")
        marks = ", ".join([self.dialect.placeholder] * len(TYPES))
        for row in ROWS:
            values = [self.dialect.encode(t, row[n]) for n, t in TYPES.items()]
            self.connection.execute(f"INSERT INTO {self.place} VALUES ({marks})", values)

    def sql(self, scalar: Scalar, *, condition: bool = False) -> tuple[str, list[Any]]:
        text, params = "", []
        for part in translate(scalar, self.dialect.name, condition=condition):
            if isinstance(part, str):
                text += part
            elif part.kind == "param":
                text += self.dialect.placeholder
                params.append(self.dialect.encode(part.type, part.value))
            else:
                shown = {"star": "*", "collation": self.dialect.collation}
                text += shown.get(part.kind) or self.dialect.quote(part.value)
        return text, params

    def values(self, scalar: Scalar) -> list[Any]:
        """The value in every row, or of the whole table for an aggregate."""
        text, params = self.sql(scalar)
        order = "" if scalar.aggregate else " ORDER BY id"
        selected = self.dialect.output(text, scalar.type)
        rows = self.connection.fetch(f"SELECT {selected} AS found FROM {self.place}{order}", params)
        decode = (self.dialect.decoder(scalar.type) if scalar.type else None) or (lambda v: v)
        return [None if v is None else decode(v) for (v,) in rows]

    def chosen(self, scalar: Scalar) -> list[int]:
        """The rows that meet a condition."""
        text, params = self.sql(scalar, condition=True)
        return [i for (i,) in self.connection.fetch(f"SELECT id FROM {self.place} WHERE {text} ORDER BY id", params)]


def read(text: str) -> Scalar:
    return parse_scalar(text, HEADING)


def read_path(text: str) -> Scalar:
    found = parse_path(text)
    assert found is not None
    return json_scalar(*found, HEADING)
