"""What differs between databases, as data first and a hook second.

A `Dialect` says how names are quoted, which column type holds an attribute, how a value is bound and read back, and
the few places where the same SELECT is written in another way. Nothing else in Labwright asks which database it is.
"""

from __future__ import annotations

import datetime
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

from labwright.core.errors import DataError
from labwright.core.types import Type

Converter = Callable[[Any], Any]
"""Turns one value that is not None."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """SQL text with its bound values."""

    sql: str
    params: tuple[Any, ...] = ()


class Dialect(ABC):
    """One database's way of saying things."""

    name: ClassVar[str]
    """``sqlite``, ``postgres`` or ``mysql``."""
    title: ClassVar[str]
    """The name people know it by."""
    placeholder: ClassVar[str] = "%s"
    quote_mark: ClassVar[str] = '"'
    semijoin: ClassVar[Literal["in", "exists"]] = "exists"
    """The form in which the planner of this database handles a semijoin well."""
    nested_semijoin: ClassVar[Literal["in", "exists"]] = "exists"
    """The same where it stands within OR or NOT."""
    no_limit: ClassVar[str] = ""
    """What stands for no limit where an offset needs one."""
    native_schemas: ClassVar[bool] = True
    classic_layout: ClassVar[bool] = False
    """Whether databases of the classic generation exist, which new tables of that generation have to look like."""
    max_name_bytes: ClassVar[int] = 64
    collation: str = ""
    """The one that compares texts by code point, where an expression has to name it."""
    compares_rows: ClassVar[bool] = True
    """Whether an index finds the rows beyond several values when these are compared as one."""
    escape: ClassVar[str] = ""
    """What follows a LIKE whose pattern has backslashes before characters that are meant."""
    row_lock: ClassVar[str] = " FOR UPDATE"
    """What makes a query lock what it reads; nothing where a transaction that writes has the database for itself."""
    keeps_nan: ClassVar[bool] = False
    keeps_infinity: ClassVar[bool] = False
    copies: ClassVar[bool] = False
    """Whether rows can be loaded by COPY."""
    failure_aborts: ClassVar[bool] = False
    """Whether a statement that fails spoils the transaction it is in."""
    default_row: ClassVar[str] = "DEFAULT VALUES"
    """What follows INSERT INTO table for a row of defaults alone."""
    clash_as_null: ClassVar[bool] = False
    """Whether `on_duplicate` says of a clash elsewhere than in the key that the key would have no value."""
    keeps_nul: ClassVar[bool] = True
    """Whether text may hold the character NUL."""

    def quote(self, name: str) -> str:
        """`name` as an identifier."""
        return _quoted(self.quote_mark, name)

    def table(self, schema: str, table: str) -> str:
        """The table as SQL names it."""
        return f"{self.quote(schema)}.{self.quote(table)}"

    def full_name(self, schema: str, table: str) -> str:
        """Schema and table as users see the name and give it to us."""
        return self.table(schema, table)

    @abstractmethod
    def column_type(self, type_: Type, schema: str = "") -> str:
        """The type of the column that holds `type_`; `schema` is where its own types live."""

    def encoder(self, type_: Type) -> Converter | None:
        """What turns a canonical Python value into what is bound; None when that is the value itself."""
        return None

    def decoder(self, type_: Type) -> Converter | None:
        """What turns a fetched value into the canonical Python value; None when it is that already."""
        return None

    def encode(self, type_: Type | None, value: Any) -> Any:
        """One value, as it is bound."""
        encoder = None if type_ is None or value is None else self.encoder(type_)
        return encoder(value) if encoder else value

    def output(self, column: str, type_: Type | None) -> str:
        """`column` as it is selected, where reading it back takes more than its name."""
        return column

    def carried_over(self, column: str, type_: Type | None, schema: str) -> str:
        """A column of a query as it goes into one of `type_` in a table of `schema`."""
        return column

    def comparable(self, column: str, type_: Type | None) -> str:
        """`column` as it stands in a comparison with a set of keys."""
        return column

    def order_term(self, column: str, type_: Type | None, *, descending: bool, nullable: bool) -> str:
        """`column` in ORDER BY: NULL first going up and last going down, text by code point."""
        return f"{column} DESC" if descending else column

    def slice(self, limit: int | None, offset: int) -> str:
        """The clause for an ordered slice."""
        size = str(limit) if limit is not None else self.no_limit if offset else ""
        return (f" LIMIT {size}" if size else "") + (f" OFFSET {offset}" if offset else "")

    def on_duplicate(self, table: str, key: Sequence[str], updated: Sequence[str]) -> str:
        """The clause for a key that is there already: set the columns `updated` to the new values, or do nothing."""
        clash = f"ON CONFLICT ({', '.join(map(self.quote, key))}) DO "
        if not updated:
            return clash + "NOTHING"
        return clash + "UPDATE SET " + ", ".join(f"{self.quote(n)} = excluded.{self.quote(n)}" for n in updated)

    def delete_keys(self, table: str) -> str:
        """The beginning of a statement that deletes the rows of a table by their keys."""
        return f"DELETE FROM {table}"

    def entered(self, user: str) -> Mapping[str, Any]:
        """Hidden columns of a new row that no default of this database knows, encoded."""
        return {}

    def catch_up(self, schema: str, table: str, column: str) -> Fragment | None:
        """What lets a column that counts up go on after the greatest value that was given to it by hand."""
        return None

    def copy_type(self, type_: Type) -> tuple[str, Converter | None]:
        """The type that COPY announces for a column, and what an encoded value goes through for it."""
        raise unsupported(self, type_)

    @abstractmethod
    def key_set(self, types: Sequence[Type], rows: Sequence[tuple[Any, ...]]) -> Fragment:
        """A SELECT that yields `rows`, whatever their number, as one bound value per column or in all.

        Its text depends on the types and on how many rows there are, not on what is in them.
        """

    def possible_rows(self, types: Sequence[Type], rows: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
        """`rows` without those that no row of this database can be equal to."""
        if self.keeps_infinity or not any(t.kind in ("float32", "float64") for t in types):
            return rows
        return [row for row in rows if not any(map(is_infinite, row))]

    def encoded_rows(self, types: Sequence[Type], rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
        """The columns of `rows`, encoded."""
        columns = []
        for type_, column in zip(types, zip(*rows, strict=True), strict=True):
            encoder = self.encoder(type_)
            columns.append([encoder(v) for v in column] if encoder else list(column))
        return columns


def is_infinite(value: Any) -> bool:
    """Whether it is a float beyond all others."""
    return isinstance(value, float) and math.isinf(value)


@lru_cache(maxsize=8192)
def _quoted(mark: str, name: str) -> str:
    return mark + name.replace(mark, mark + mark) + mark


def json_text(value: Any) -> str:
    """JSON in its shortest form, with the text as it is."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def to_utc_naive(value: datetime.datetime) -> datetime.datetime:
    """An aware moment as its naive one in UTC."""
    return value.astimezone(datetime.UTC).replace(tzinfo=None)


def from_utc_naive(value: datetime.datetime) -> datetime.datetime:
    """A naive moment in UTC, made aware."""
    return value.replace(tzinfo=datetime.UTC)


def unsupported(dialect: Dialect, type_: Type) -> DataError:
    """The error for a type that the database has no column for."""
    return DataError(f"{dialect.title} has no column type for {type_}.")
