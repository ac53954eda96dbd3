"""From fetched rows to what users get: converters are chosen once per query and applied by column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from itertools import repeat
from typing import Any, Final

from labwright.core.heading import Attribute
from labwright.core.values import has_none
from labwright.sql.dialect import Converter, Dialect

Row = tuple[Any, ...]
Column = Sequence[Any]
Key = Mapping[str, Any]
DecodeColumn = Callable[[Column, Iterable[Key | None]], Column]
"""What a codec makes of a column of stored values, and of the keys of their rows."""
CodecDecoder = Callable[[Attribute], DecodeColumn]
"""Gives it for an attribute with a codec."""

FEW: Final = 4
"""So many rows are converted one by one, more by column."""
_COMPUTED: Final[dict[type, Converter]] = {int: int, float: float}


class DecodePlan:
    """How the columns of one query are read.

    Parameters
    ----------
    columns : sequence of Attribute
    dialect : Dialect
    """

    __slots__ = ("_coded", "_converters", "_decoders", "_key", "_nullable", "names")

    def __init__(self, columns: Sequence[Attribute], dialect: Dialect) -> None:
        self.names = tuple(c.name for c in columns)
        self._nullable = tuple(c.nullable or bool(c.expression) for c in columns)
        self._key = tuple((i, c.name) for i, c in enumerate(columns) if c.in_key)
        self._decoders: dict[int, DecodeColumn] = {}
        self._coded = {i: c for i, c in enumerate(columns) if c.type is not None and c.type.codec is not None}
        self._converters = {
            i: converter for i, c in enumerate(columns) if (converter := _stored_converter(c, dialect)) is not None
        }

    @property
    def is_coded(self) -> bool:
        """Whether stored values are what codecs have made."""
        return bool(self._coded)

    def with_codecs(self, codecs: CodecDecoder) -> DecodePlan:
        """The same with what codecs make of the stored values."""
        plan = copy(self)
        plan._decoders = {i: codecs(c) for i, c in self._coded.items()}
        return plan

    def rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """`rows` as tuples of Python values."""
        if not self.names:
            return [()] * len(rows)
        if not (self._converters or self._decoders) or not rows:
            return rows
        if len(rows) <= FEW and not self._decoders:
            return [self._row(row) for row in rows]
        return list(zip(*self.columns(rows), strict=True))

    def _row(self, row: Row) -> Row:
        """One row, which is faster so where there are few."""
        found = list(row)
        for i, convert in self._converters.items():
            value = found[i]
            if value is not None or not self._nullable[i]:
                found[i] = convert(value)
        return tuple(found)

    def columns(self, rows: Sequence[Row]) -> list[Column]:
        """`rows` turned into one sequence of Python values per column."""
        found = [self._converted(i, column) for i, column in enumerate(self.stored(rows))]
        if self._decoders:
            keys = self._keys(found, len(rows))
            for i, decode in self._decoders.items():
                found[i] = decode(found[i], keys)
        return found

    def stored(self, rows: Sequence[Row]) -> list[Column]:
        """`rows` turned into one sequence per column, as the database gives the values."""
        return list(zip(*rows, strict=True)) if rows and self.names else [[] for _ in self.names]

    def decode(self, index: int, column: Column) -> Column:
        """The Python values of one of the columns; codecs learn no keys."""
        found, decode = self._converted(index, column), self._decoders.get(index)
        return found if decode is None else decode(found, repeat(None))

    def _converted(self, index: int, column: Column) -> Column:
        convert = self._converters.get(index)
        return column if convert is None else convert_column(convert, column, nullable=self._nullable[index])

    def _keys(self, columns: Sequence[Column], count: int) -> Sequence[Key | None]:
        """The primary key of each row, as far as the query has it."""
        if not self._key:
            return [None] * count
        names = [name for _, name in self._key]
        return [dict(zip(names, row, strict=True)) for row in zip(*(columns[i] for i, _ in self._key), strict=True)]

    def dicts(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """`rows` as dicts."""
        names = self.names
        return [dict(zip(names, row)) for row in self.rows(rows)]  # noqa: B905 - as long as each other, by the million


def convert_column(convert: Converter, column: Column, *, nullable: bool) -> Column:
    """`column` with every value but None converted."""
    if nullable and has_none(column):
        return [None if v is None else convert(v) for v in column]
    return list(map(convert, column))


def _stored_converter(column: Attribute, dialect: Dialect) -> Converter | None:
    """Computed numbers may come in a wider type than they have, e.g. a sum of whole numbers as a decimal."""
    type_ = column.stored
    if type_ is None:
        return None
    decoder = dialect.decoder(type_)
    return _COMPUTED.get(type_.python_type) if decoder is None and column.expression else decoder
