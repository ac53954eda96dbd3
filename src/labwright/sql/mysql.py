"""MySQL and MariaDB: the SQL that both share, and the collations of each."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Literal

from labwright.core.types import Type
from labwright.core.values import DAY
from labwright.sql.dialect import Converter, Dialect, Fragment, from_utc_naive, json_text, to_utc_naive, unsupported
from labwright.sql.hidden import BY

FEW_KEYS: Final = 100
"""Up to so many keys are written out; more go as one JSON text."""

_COLUMNS: Final = {
    "int8": "tinyint",
    "uint8": "tinyint unsigned",
    "int16": "smallint",
    "uint16": "smallint unsigned",
    "int24": "mediumint",
    "uint24": "mediumint unsigned",
    "int32": "int",
    "uint32": "int unsigned",
    "int64": "bigint",
    "uint64": "bigint unsigned",
    "year": "year",
    "float32": "float",
    "float64": "double",
    "bool": "tinyint",
    "date": "date",
    "uuid": "binary(16)",
    "json": "json",
    "bytes": "longblob",
}
_MIDNIGHT: Final = datetime.datetime.min
_NOTHING: Final = datetime.timedelta()
_LONGEST_VARCHAR: Final = 16383
"""Characters of four bytes that the longest column of this type holds."""


class MySQL(Dialect):
    """MySQL 8 and MariaDB 10.6 or later.

    Parameters
    ----------
    mariadb : bool
        Which of the two; they name the collation that compares code points, blanks included, differently.
    """

    name: ClassVar[str] = "mysql"
    title: ClassVar[str] = "MySQL/MariaDB"
    quote_mark: ClassVar[str] = "`"
    nested_semijoin: ClassVar[Literal["in", "exists"]] = "in"
    no_limit: ClassVar[str] = "18446744073709551615"
    compares_rows: ClassVar[bool] = False
    classic_layout: ClassVar[bool] = True
    default_row: ClassVar[str] = "() VALUES ()"
    clash_as_null: ClassVar[bool] = True

    def __init__(self, *, mariadb: bool = True) -> None:
        self.mariadb = mariadb
        self.collation = "utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin"

    def column_type(self, type_: Type, schema: str = "") -> str:
        kind, args = type_.kind, type_.args
        if kind == "enum":
            return f"enum({_labels(type_)}) {self._charset}"
        if kind == "varchar" and args[0] > _LONGEST_VARCHAR:
            return f"mediumtext {self._charset}"
        if kind in ("char", "varchar"):
            return f"{kind}({args[0]}) {self._charset}"
        if kind == "text":
            return f"{type_.spelling if type_.spelling in _TEXTS else 'longtext'} {self._charset}"
        if kind == "bytes" and type_.spelling in _BLOBS:
            return type_.spelling
        if kind == "decimal":
            return f"decimal({args[0]},{args[1]})"
        if kind in ("time", "datetime", "timestamp", "datetime_utc"):
            base = "datetime" if kind == "datetime_utc" else kind
            return f"{base}({args[0]})" if args else base
        if kind not in _COLUMNS:
            raise unsupported(self, type_)
        return f"{_COLUMNS[kind]} auto_increment" if type_.auto else _COLUMNS[kind]

    @property
    def _charset(self) -> str:
        return f"CHARACTER SET utf8mb4 COLLATE {self.collation}"

    def encoder(self, type_: Type) -> Converter | None:
        return _ENCODERS.get(type_.kind)

    def decoder(self, type_: Type) -> Converter | None:
        return _DECODERS.get(type_.kind)

    def output(self, column: str, type_: Type | None) -> str:
        """A float is printed with six digits unless it is made a double."""
        return f"({column} + 0e0)" if type_ is not None and type_.kind == "float32" else column

    def order_term(self, column: str, type_: Type | None, *, descending: bool, nullable: bool) -> str:
        """Labels by their place, which a union would forget."""
        if type_ is not None and type_.kind == "enum":
            column = f"field({column}, {_labels(type_)})"
        return super().order_term(column, type_, descending=descending, nullable=nullable)

    def entered(self, user: str) -> Mapping[str, Any]:
        """A default cannot look at the variables of a session."""
        return {BY: user} if user else {}

    def on_duplicate(self, table: str, key: Sequence[str], updated: Sequence[str]) -> str:
        """MySQL takes no target: a clash on another unique index, with a row of another key, is to fail."""
        columns = [self.quote(n) for n in key]
        alike = " AND ".join(f"{table}.{c} <=> VALUES({c})" for c in columns)
        same = f"{columns[0]} = IF({alike}, {table}.{columns[0]}, NULL)"
        return ", ".join([f"ON DUPLICATE KEY UPDATE {same}", *(f"{c} = VALUES({c})" for c in map(self.quote, updated))])

    def delete_keys(self, table: str) -> str:
        """MariaDB compares every row with every key where the statement is about one table in its usual form."""
        return f"DELETE FROM {table} USING {table}"

    def key_set(self, types: Sequence[Type], rows: Sequence[tuple[Any, ...]]) -> Fragment:
        if len(rows) <= FEW_KEYS:
            return self._few_keys(types, rows)
        documents = [
            [_in_json(t.kind, v) for v in c] for t, c in zip(types, self.encoded_rows(types, rows), strict=True)
        ]
        paths = ", ".join(f"c{i} {self._json_column(t)} PATH '$[{i}]'" for i, t in enumerate(types))
        chosen = ", ".join(f"UNHEX(c{i})" if t.kind in _AS_HEX else f"c{i}" for i, t in enumerate(types))
        document = json_text(list(zip(*documents, strict=True)))
        return Fragment(f"SELECT {chosen} FROM JSON_TABLE(%s, '$[*]' COLUMNS ({paths})) AS k", (document,))

    def _few_keys(self, types: Sequence[Type], rows: Sequence[tuple[Any, ...]]) -> Fragment:
        columns = self.encoded_rows(types, rows)
        one = "SELECT " + ", ".join(["%s"] * len(types))
        values = tuple(v for row in zip(*columns, strict=True) for v in row)
        return Fragment(" UNION ALL ".join([one] * len(rows)), values)

    def _json_column(self, type_: Type) -> str:
        if type_.kind in _AS_HEX:
            return "CHAR(32)" if type_.kind == "uuid" else "LONGTEXT"
        if type_.kind in ("datetime", "timestamp", "datetime_utc"):
            return "DATETIME(6)"
        if type_.is_integer:
            return "BIGINT UNSIGNED" if type_.kind == "uint64" else "BIGINT"
        if type_.kind == "enum":
            return f"VARCHAR({max(map(len, type_.args))}) {self._charset}"
        return "DOUBLE" if type_.kind == "float32" else self.column_type(type_)


def _labels(type_: Type) -> str:
    texts = (label.replace("\\", "\\\\").replace("'", "''").replace("%", "%%") for label in type_.args)
    return ",".join(f"'{text}'" for text in texts)


def _in_json(kind: str, value: Any) -> Any:
    if kind in _AS_HEX:
        return value.hex()
    return value if isinstance(value, (int, float, str)) else str(value)


def _time(value: datetime.timedelta) -> datetime.time | datetime.timedelta:
    """The time of day; the span itself where another client has stored one that is longer than a day, or negative."""
    return (_MIDNIGHT + value).time() if _NOTHING <= value < DAY else value


def _uuid(value: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=value)


_AS_HEX: Final = frozenset({"uuid", "bytes"})
_TEXTS: Final = frozenset({"tinytext", "text", "mediumtext", "longtext"})
_BLOBS: Final = frozenset({"tinyblob", "blob", "mediumblob", "longblob"})
_ENCODERS: Final[dict[str, Converter]] = {
    "bool": int,
    "uuid": lambda v: v.bytes,
    "json": json_text,
    "datetime_utc": to_utc_naive,
}
_DECODERS: Final[dict[str, Converter]] = {
    "bool": bool,
    "uuid": _uuid,
    "json": json.loads,
    "time": _time,
    "datetime_utc": from_utc_naive,
}
