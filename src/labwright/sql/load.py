"""Rows into a table that is empty, by the bulk path of each database; nothing is changed in silence."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

from labwright.core.errors import DataError, IntegrityError
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.core.values import adapt
from labwright.define.table import TableDef
from labwright.query.families import fraction
from labwright.sql.connection import Connection
from labwright.sql.decode import Column
from labwright.sql.dialect import Converter, Dialect
from labwright.sql.dml import copy_batches, insert_text
from labwright.sql.queries import queries
from labwright.sql.whole_rows import orphans

_PLAIN_DIGITS: Final[Mapping[str, int]] = {"postgres": 6}
"""The digits of the second in a datetime that says none, where there are any."""
_TIMES: Final = frozenset({"datetime", "timestamp", "datetime_utc", "time"})


def load_rows(
    connection: Connection, dialect: Dialect, table: TableDef, batches: Iterable[Sequence[Column]]
) -> Counter[str]:
    """Insert rows, and let columns that count up go on behind them.

    Parameters
    ----------
    table : TableDef
        A `full_table` or a `shadow_table`.
    batches : iterable
        The rows by column, in canonical values, and JSON as text.

    Returns
    -------
    Counter
        How many values are not what they were, by attribute, since this database has no such number (NULL stands for
        it) or no room for such a fraction of a second (which is rounded); it is the same on insert.

    Raises
    ------
    DataError
        When this database cannot hold a value; names the cell.
    IntegrityError
        When a row refers to one that is not there.
    """
    loader = _Loader(dialect, table)
    with connection.atomic(), _unordered(connection, dialect, table):
        loader.load(connection, batches)
    counted = next((n for n, a in table.heading.items() if a.auto), None)
    catch_up = None if counted is None else dialect.catch_up(table.id.schema, table.id.name, counted)
    if catch_up is not None:
        connection.execute(catch_up.sql, catch_up.params, write=True)
    return loader.changed


@contextmanager
def _unordered(connection: Connection, dialect: Dialect, table: TableDef) -> Iterator[None]:
    """Let rows of a table come in any order where they refer to each other; look at the end whether they are right."""
    own = [fk for fk in table.foreign_keys if fk.parent == table.id]
    switches = [queries(dialect.name).get(f"{word}_references") for word in ("defer", "check")] if own else [None, None]
    if switches[0]:
        connection.execute(switches[0], write=True)
    try:
        yield
    finally:
        if switches[1]:
            connection.execute(switches[1], write=True)
    for fk in own:
        for row in orphans(connection, dialect, table, fk):
            told = ", ".join(f"{n}={v!r}" for n, v in zip(fk.columns, row, strict=True))
            raise IntegrityError(f"Table {table.id}: a row refers to {told}, which is not there.")


class _Loader:
    """Encodes batches, and knows where it is when a value cannot be held."""

    def __init__(self, dialect: Dialect, table: TableDef) -> None:
        self.dialect = dialect
        self.table = table
        self.names = list(table.heading)
        self.encoders = [_Encoder(dialect, a) for a in table.heading.values()]
        self.changed: Counter[str] = Counter()

    def load(self, connection: Connection, batches: Iterable[Sequence[Column]]) -> None:
        encoded = map(self.encoded, batches)
        if self.dialect.copies:
            copy_batches(connection, self.dialect, self.table, self.names, encoded)
            return
        sql = insert_text(self.dialect, self.table, self.names, "error")
        for columns in encoded:
            connection.executemany(sql, zip(*columns, strict=True))

    def encoded(self, columns: Sequence[Column]) -> list[Column]:
        made = []
        for encoder, column in zip(self.encoders, columns, strict=True):
            try:
                made.append(encoder(column))
            except CellError as error:
                raise DataError(f"Table {self.table.id}, {self.key(columns, error.row)}: {error}") from error
            if encoder.changed:
                self.changed[encoder.attribute.name] += encoder.changed
        return made

    def key(self, columns: Sequence[Column], row: int) -> str:
        """Which row it is."""
        key = [f"{n}={c[row]!r}" for n, c in zip(self.names, columns, strict=True) if self.table.heading[n].in_key]
        return ", ".join(key)


class CellError(DataError):
    """A database cannot hold the value in some row of a batch."""

    def __init__(self, message: str | None = None, row: int = 0) -> None:
        super().__init__(message)
        self.row = row


class _Encoder:
    """Makes the values of one column those that are bound."""

    def __init__(self, dialect: Dialect, attribute: Attribute) -> None:
        assert attribute.type is not None
        type_ = attribute.type
        self.dialect = dialect
        self.attribute = attribute
        self.convert = _json_encoder(dialect, type_) if type_.kind == "json" else dialect.encoder(type_)
        self.changed = 0
        self.is_float = type_.kind in ("float32", "float64") and not (dialect.keeps_nan and dialect.keeps_infinity)
        self.is_text = type_.is_text and not dialect.keeps_nul
        digits = _digits(dialect, type_)
        self.rounded = Type(type_.kind, (digits,))
        self.unit = 10 ** (6 - digits)

    def __call__(self, values: Column) -> Column:
        if self.is_float:
            values = self.numbers(values)
        elif self.is_text:
            self.refuse("there is no character NUL in its texts", (v is not None and "\0" in v for v in values), values)
        elif self.unit > 1:
            values = self.times(values)
        return values if self.convert is None else self.converted(self.convert, values)

    def times(self, values: Column) -> Column:
        """The values with as many digits of the second as there is room for, rounded as they are on insert."""
        late = [v is not None and v.microsecond % self.unit > 0 for v in values]
        self.changed = sum(late)
        return self.converted(partial(adapt, self.rounded), values) if self.changed else values

    def numbers(self, values: Column) -> Column:
        """The values with NULL for what this database has no number for."""
        gone = [v is not None and not _holds(self.dialect, v) for v in values]
        self.changed = sum(gone)
        if not self.changed:
            return values
        if not self.attribute.nullable:
            self.refuse("there is no such number, and the attribute must have a value", gone, values)
        return [None if g else v for g, v in zip(gone, values, strict=True)]

    def converted(self, convert: Converter, values: Column) -> Column:
        row, made = 0, []
        try:
            for row, value in enumerate(values):  # noqa: B007 - tells where it was
                made.append(None if value is None else convert(value))
        except DataError as error:
            raise CellError(f"{self.attribute.name!r}: {error}", row) from error
        return made

    def refuse(self, why: str, bad: Iterable[bool], values: Column) -> None:
        row = next((i for i, b in enumerate(bad) if b), None)
        if row is not None:
            title, name = self.dialect.title, self.attribute.name
            raise CellError(f"{title} cannot hold {values[row]!r:.80} in {name!r}: {why}.", row)


def _json_encoder(dialect: Dialect, type_: Type) -> Converter:
    """From text to text: each database has its own way of writing the same value."""
    encode = dialect.encoder(type_) or str
    return lambda text: encode(json.loads(text))


def _digits(dialect: Dialect, type_: Type) -> int:
    """How many digits of the second there are, as far as a type may lose some."""
    if type_.kind not in _TIMES:
        return 6
    plain = not type_.args and type_.kind != "time"
    return _PLAIN_DIGITS.get(dialect.name, 0) if plain else fraction(type_)


def _holds(dialect: Dialect, value: float) -> bool:
    return dialect.keeps_nan if math.isnan(value) else dialect.keeps_infinity or math.isfinite(value)
