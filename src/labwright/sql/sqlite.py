"""SQLite: one file, schemas as prefixes of table names, values in the form that sorts and compares right."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Literal

from labwright.core.errors import DataError
from labwright.core.types import Type
from labwright.sql.acting import now_text, os_user
from labwright.sql.decimals import decode_text, encode_text
from labwright.sql.dialect import Converter, Dialect, Fragment, from_utc_naive, json_text, to_utc_naive, unsupported
from labwright.sql.hidden import BY, SINCE

SCALED_DIGITS: Final = 18
"""Decimals with at most so many digits are kept as scaled 64-bit integers; longer ones as text that sorts right."""
MAX_INTEGER: Final = (1 << 63) - 1

_AFFINITY: Final = (
    dict.fromkeys(["bool", "year"], "INTEGER")
    | dict.fromkeys([f"{u}int{b}" for u in ("", "u") for b in (8, 16, 24, 32, 64)], "INTEGER")
    | dict.fromkeys(["float32", "float64"], "REAL")
    | dict.fromkeys(["char", "varchar", "text", "enum", "date", "time", "uuid", "json"], "TEXT")
    | dict.fromkeys(["datetime", "timestamp", "datetime_utc"], "TEXT")
    | {"bytes": "BLOB"}
)


class SQLite(Dialect):
    """The embedded database."""

    name: ClassVar[str] = "sqlite"
    title: ClassVar[str] = "SQLite"
    placeholder: ClassVar[str] = "?"
    semijoin: ClassVar[Literal["in", "exists"]] = "in"
    nested_semijoin: ClassVar[Literal["in", "exists"]] = "in"
    no_limit: ClassVar[str] = "-1"
    row_lock: ClassVar[str] = ""
    escape: ClassVar[str] = r" ESCAPE '\'"
    native_schemas: ClassVar[bool] = False
    max_name_bytes: ClassVar[int] = 1 << 20
    keeps_infinity: ClassVar[bool] = True

    def table(self, schema: str, table: str) -> str:
        return self.quote(f"{schema}.{table}")

    def full_name(self, schema: str, table: str) -> str:
        return f"`{schema}`.`{table}`"

    def column_type(self, type_: Type, schema: str = "") -> str:
        if type_.kind == "decimal":
            return "INTEGER" if type_.args[0] <= SCALED_DIGITS else "TEXT"
        try:
            return _AFFINITY[type_.kind]
        except KeyError:
            raise unsupported(self, type_) from None

    def encoder(self, type_: Type) -> Converter | None:
        kind = type_.kind
        if kind == "decimal":
            return _decimal_encoder(*type_.args)
        if kind in ("datetime", "timestamp"):
            return _datetime_encoder(_digits(type_))
        if kind == "datetime_utc":
            naive = _datetime_encoder(_digits(type_))
            return lambda v: naive(to_utc_naive(v))
        if kind == "time":
            return _time_encoder(_digits(type_))
        return _ENCODERS.get(kind)

    def decoder(self, type_: Type) -> Converter | None:
        kind = type_.kind
        if kind == "decimal":
            return _decimal_decoder(*type_.args)
        return _DECODERS.get(kind)

    def order_term(self, column: str, type_: Type | None, *, descending: bool, nullable: bool) -> str:
        if type_ is not None and type_.kind == "enum":
            column = f"CASE {column} {' '.join(_label_ranks(type_))} END"
        return super().order_term(column, type_, descending=descending, nullable=nullable)

    def entered(self, user: str) -> Mapping[str, Any]:
        """A default knows no user, and takes its time to tell the time."""
        return {SINCE: now_text(), BY: user or os_user() or None}

    def key_set(self, types: Sequence[Type], rows: Sequence[tuple[Any, ...]]) -> Fragment:
        """One JSON text, taken apart by the database; what would lose something in it is written and read as text."""
        columns = [_written(t, c) for t, c in zip(types, self.encoded_rows(types, rows), strict=True)]
        if len(types) == 1:
            chosen = ["value"]
            document = json_text(columns[0])
        else:
            chosen = [f"json_extract(value, '$[{i}]')" for i in range(len(types))]
            document = json_text(list(zip(*columns, strict=True)))
        terms = [_READ.get(t.kind, "{0}").format(c) for t, c in zip(types, chosen, strict=True)]
        return Fragment(f"SELECT {', '.join(terms)} FROM json_each(?)", (document,))


_TEXT: Final = "replace(replace({0}, char(1, 3), char(0)), char(1, 2), char(1))"
_READ: Final = (
    dict.fromkeys(["float32", "float64"], "lw_float({0})")
    | dict.fromkeys(["char", "varchar"], _TEXT)
    | {"text": f"CASE typeof({{0}}) WHEN 'text' THEN {_TEXT} ELSE {{0}} END", "bytes": "lw_unhex({0})"}
)
"""How a value is read from the JSON of a set of keys, which ends a text at its first NUL. What has no type counts as
text, and may be a number."""


def _written(type_: Type, column: list[Any]) -> list[Any]:
    """A column as it goes into JSON; NUL, and what stands for it, with a sign before."""
    if type_.kind in ("float32", "float64"):
        return [repr(v) for v in column]
    if type_.kind == "bytes":
        return [v.hex() for v in column]
    if type_.is_text and any(isinstance(v, str) and ("\0" in v or "\1" in v) for v in column):
        return [v.replace("\1", "\1\2").replace("\0", "\1\3") if isinstance(v, str) else v for v in column]
    return column


def _digits(type_: Type) -> int:
    return int(type_.args[0]) if type_.args else 0


def _label_ranks(type_: Type) -> list[str]:
    return [f"WHEN '{label.replace(chr(39), chr(39) * 2)}' THEN {i}" for i, label in enumerate(type_.args)]


def _datetime_encoder(digits: int) -> Converter:
    if digits in (0, 6):
        precision = "microseconds" if digits else "seconds"
        return lambda v: v.isoformat(" ", precision)
    return lambda v: v.isoformat(" ", "microseconds")[: digits - 6]


def _time_encoder(digits: int) -> Converter:
    if digits in (0, 6):
        precision = "microseconds" if digits else "seconds"
        return lambda v: v.isoformat(precision)
    return lambda v: v.isoformat("microseconds")[: digits - 6]


def _decimal_encoder(precision: int, scale: int) -> Converter:
    if precision > SCALED_DIGITS:
        return lambda v: encode_text(v, precision, scale)
    return lambda v: int(v.scaleb(scale))


def _decimal_decoder(precision: int, scale: int) -> Converter:
    if precision > SCALED_DIGITS:
        return lambda v: decode_text(v, precision, scale)
    exponent = -scale
    return lambda v: decimal.Decimal(v).scaleb(exponent)


def _unsigned(value: int) -> int:
    if value > MAX_INTEGER:
        raise DataError(f"SQLite holds whole numbers up to {MAX_INTEGER}, not {value}; use decimal(20,0).")
    return value


_ENCODERS: Final[dict[str, Converter]] = {
    "uint64": _unsigned,
    "bool": int,
    "date": datetime.date.isoformat,
    "uuid": str,
    "json": json_text,
}

_DECODERS: Final[dict[str, Converter]] = {
    "bool": bool,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
    "datetime_utc": lambda v: from_utc_naive(datetime.datetime.fromisoformat(v)),
    "uuid": uuid.UUID,
    "json": json.loads,
}
