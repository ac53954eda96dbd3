"""From fetched rows to what users get: converters are chosen once per query and applied by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.core.values import has_none
from labwright.sql.dialect import Converter, Dialect

Row = tuple[Any, ...]
Column = Sequence[Any]
CodecDecoder = Callable[[Attribute], Converter | None]
"""Gives what a codec makes of the stored value; None for an attribute without codec."""

_COMPUTED: Final[dict[type, Converter]] = {int: int, float: float}


class DecodePlan:
    """How the columns of one query are read.

    Parameters
    ----------
    columns : sequence of Attribute
    dialect : Dialect
    codecs : callable
    """

    __slots__ = ("_converters", "_nullable", "names")

    def __init__(self, columns: Sequence[Attribute], dialect: Dialect, codecs: CodecDecoder) -> None:
        self.names = tuple(c.name for c in columns)
        self._nullable = tuple(c.nullable or bool(c.expression) for c in columns)
        self._converters = {
            i: converter for i, c in enumerate(columns) if (converter := _converter(c, dialect, codecs)) is not None
        }

    def rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """`rows` as tuples of Python values."""
        if not self.names:
            return [()] * len(rows)
        if not self._converters or not rows:
            return rows
        return list(zip(*self.columns(rows), strict=True))

    def columns(self, rows: Sequence[Row]) -> list[Column]:
        """`rows` turned into one sequence of Python values per column."""
        return [self.decode(i, column) for i, column in enumerate(self.stored(rows))]

    def stored(self, rows: Sequence[Row]) -> list[Column]:
        """`rows` turned into one sequence per column, as the database gives the values."""
        return list(zip(*rows, strict=True)) if rows and self.names else [[] for _ in self.names]

    def decode(self, index: int, column: Column) -> Column:
        """The Python values of one of the columns."""
        convert = self._converters.get(index)
        return column if convert is None else convert_column(convert, column, nullable=self._nullable[index])

    def dicts(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """`rows` as dicts."""
        names = self.names
        return [dict(zip(names, row)) for row in self.rows(rows)]  # noqa: B905 - as long as each other, by the million


def convert_column(convert: Converter, column: Column, *, nullable: bool) -> Column:
    """`column` with every value but None converted."""
    if nullable and has_none(column):
        return [None if v is None else convert(v) for v in column]
    return list(map(convert, column))


def _converter(column: Attribute, dialect: Dialect, codecs: CodecDecoder) -> Converter | None:
    """What one column's values go through: the database's form, then the codec."""
    stored = _stored_converter(column.stored, dialect, computed=bool(column.expression))
    codec = codecs(column)
    if stored is None or codec is None:
        return codec or stored
    return _chained(stored, codec)


def _stored_converter(type_: Type | None, dialect: Dialect, *, computed: bool) -> Converter | None:
    """Computed numbers may come in a wider type than they have, e.g. a sum of whole numbers as a decimal."""
    if type_ is None:
        return None
    decoder = dialect.decoder(type_)
    return _COMPUTED.get(type_.python_type) if decoder is None and computed else decoder


def _chained(first: Converter, second: Converter) -> Converter:
    return lambda value: second(first(value))
