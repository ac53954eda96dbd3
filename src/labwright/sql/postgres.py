"""PostgreSQL: native types nearly everywhere, so most values are bound and read as they are."""

from __future__ import annotations

import decimal
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from labwright.core.types import Type
from labwright.sql.dialect import Converter, Dialect, Fragment, from_utc_naive, json_text, to_utc_naive, unsupported

_COLUMNS: Final = {
    "int8": "smallint",
    "uint8": "smallint",
    "int16": "smallint",
    "uint16": "integer",
    "int24": "integer",
    "uint24": "integer",
    "int32": "integer",
    "uint32": "bigint",
    "int64": "bigint",
    "uint64": "numeric(20)",
    "year": "smallint",
    "float32": "real",
    "float64": "double precision",
    "bool": "boolean",
    "text": 'text COLLATE "C"',
    "date": "date",
    "uuid": "uuid",
    "json": "jsonb",
    "bytes": "bytea",
}
_SERIALS: Final = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
_ARRAYS: Final = (
    {f"{u}int{b}": "bigint[]" for u in ("", "u") for b in (8, 16, 24, 32, 64)}
    | {"uint64": "numeric[]", "year": "bigint[]", "float32": "double precision[]", "float64": "double precision[]"}
    | {"bool": "boolean[]", "decimal": "numeric[]", "date": "date[]", "time": "time[]", "uuid": "uuid[]"}
    | {"bytes": "bytea[]"}
    | dict.fromkeys(["datetime", "timestamp", "datetime_utc"], "timestamp[]")
)
_WIRE: Final = (
    {k: {"smallint": "int2", "integer": "int4", "bigint": "int8"}[c] for k, c in _COLUMNS.items() if c in _SERIALS}
    | {"uint64": "numeric", "float32": "float4", "float64": "float8", "bool": "bool", "date": "date", "time": "time"}
    | {"uuid": "uuid", "bytes": "bytea", "json": "bytea", "decimal": "numeric"}
    | dict.fromkeys(["datetime", "timestamp", "datetime_utc"], "timestamp")
)
"""Types as COPY names them; an enum reads its label as text, jsonb a version byte and its text."""
_WIRE_ENCODERS: Final[dict[str, Converter]] = {"json": lambda v: b"\x01" + v.encode(), "uint64": decimal.Decimal}


class Postgres(Dialect):
    """The database of choice for a lab."""

    name: ClassVar[str] = "postgres"
    title: ClassVar[str] = "PostgreSQL"
    max_name_bytes: ClassVar[int] = 63
    keeps_nan: ClassVar[bool] = True
    keeps_infinity: ClassVar[bool] = True
    keeps_nul: ClassVar[bool] = False
    copies: ClassVar[bool] = True
    failure_aborts: ClassVar[bool] = True

    def column_type(self, type_: Type, schema: str = "") -> str:
        kind, args = type_.kind, type_.args
        if kind == "enum":
            return f"{self.quote(schema)}.{self.quote(enum_name(args))}"
        if kind in ("char", "varchar"):
            return f'{kind}({args[0]}) COLLATE "C"'
        if kind == "decimal":
            return f"numeric({args[0]},{args[1]})"
        if kind == "time":
            return f"time({args[0] if args else 0})"
        if kind in ("datetime", "timestamp", "datetime_utc"):
            return f"timestamp({args[0]})" if args else "timestamp"
        if kind not in _COLUMNS:
            raise unsupported(self, type_)
        return _SERIALS.get(_COLUMNS[kind], _COLUMNS[kind]) if type_.auto else _COLUMNS[kind]

    def encoder(self, type_: Type) -> Converter | None:
        return _ENCODERS.get(type_.kind)

    def decoder(self, type_: Type) -> Converter | None:
        return _DECODERS.get(type_.kind)

    def carried_over(self, column: str, type_: Type | None, schema: str) -> str:
        """Enums of the same labels are types of their own in each schema."""
        if type_ is None or type_.kind != "enum":
            return column
        return f"{column}::text::{self.column_type(type_, schema)}"

    def comparable(self, column: str, type_: Type | None) -> str:
        return f"{column}::text" if type_ is not None and type_.kind == "enum" else column

    def order_term(self, column: str, type_: Type | None, *, descending: bool, nullable: bool) -> str:
        """The place of NULL is said only where there may be one: an index in the usual order serves the rest."""
        if not nullable:
            return super().order_term(column, type_, descending=descending, nullable=False)
        return f"{column} DESC NULLS LAST" if descending else f"{column} NULLS FIRST"

    def catch_up(self, schema: str, table: str, column: str) -> Fragment | None:
        """A sequence knows nothing of values that did not come from it; it is only ever moved on."""
        name = self.table(schema, table)
        most = f"max({self.quote(column)})"  # NULL without rows, which least() would pass over
        most = f"CASE WHEN {most} IS NOT NULL THEN least({most}, {2**63 - 1})::bigint END"
        sequence = "pg_get_serial_sequence(%s, %s)::regclass"
        return Fragment(
            f"SELECT setval(s, m) FROM (SELECT {sequence} AS s, (SELECT {most} FROM {name}) AS m) AS q "
            "WHERE m > coalesce(pg_sequence_last_value(s), 0)",
            (name, column),
        )

    def copy_type(self, type_: Type) -> tuple[str, Converter | None]:
        return _WIRE.get(type_.kind, "text"), _WIRE_ENCODERS.get(type_.kind)

    def key_set(self, types: Sequence[Type], rows: Sequence[tuple[Any, ...]]) -> Fragment:
        """One array per column."""
        arrays = ", ".join(f"%s::{_ARRAYS.get(t.kind, 'text[]')}" for t in types)
        return Fragment(f"SELECT * FROM unnest({arrays})", tuple(self.encoded_rows(types, rows)))


def enum_name(labels: Sequence[str]) -> str:
    """The name of the type of an enum: the same for every order of the same labels.

    Examples
    --------
    >>> enum_name(["a", "b"]) == enum_name(["b", "a"])
    True
    """
    digest = hashlib.md5("_".join(sorted(labels)).encode(), usedforsecurity=False).hexdigest()
    return f"enum_{digest[:8]}"


def _loads(value: Any) -> Any:
    return json.loads(value) if isinstance(value, (str, bytes)) else value


def _json(value: Any) -> str:
    """JSON in which every float has a point: jsonb keeps no exponents, and would give back 1e16 as a whole number."""
    text = json_text(value)
    return _EXPONENTS.sub(_without_exponent, text) if "e+" in text else text


def _without_exponent(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else f"{decimal.Decimal(found[1]):f}.0"


def _strip(value: str) -> str:
    return value.rstrip(" ")


_EXPONENTS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(-?[\d.]+e\+\d+)')
_ENCODERS: Final[dict[str, Converter]] = {"json": _json, "datetime_utc": to_utc_naive}
_DECODERS: Final[dict[str, Converter]] = {
    "char": _strip,
    "uint64": int,
    "json": _loads,
    "datetime_utc": from_utc_naive,
    "bytes": bytes,
}
