"""From columns of values to what is bound: checked cell by cell, refused with the place."""

from __future__ import annotations

import datetime
import math
import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labwright.codecs.base import CodecContext
from labwright.core.errors import CodecError, DataError, LabwrightError, MissingAttributeError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.core.values import adapt_column, has_none, refuse
from labwright.define.default_values import default_value
from labwright.define.table import TableDef
from labwright.sql.database import Database
from labwright.sql.decode import convert_column
from labwright.sql.dialect import json_text
from labwright.tables.project import codec_chain
from labwright.tables.rows import Columns

_NUL_IN_JSON: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell that cannot be stored, and why."""

    row: int
    attribute: str
    error: LabwrightError


def encode_columns(database: Database, table: TableDef, columns: Columns) -> list[Columns]:
    """Check and encode; the result is one batch, or two where some rows leave a default to the database.

    Raises
    ------
    DataError, MissingAttributeError, CodecError
        For the first cell that cannot be stored; says row, attribute, value and type.
    """
    check_required(table, columns)
    return encode_given(database, table, columns)


def encode_given(database: Database, table: TableDef, columns: Columns) -> list[Columns]:
    """The same for some of the attributes: what is not given is not asked for."""
    return [_encoded(database, table, part) for part in _by_default(table.heading, columns)]


def check_required(table: TableDef, columns: Columns) -> None:
    """Every attribute without default must be there."""
    missing = [n for n, a in table.heading.attributes.items() if a.required and n not in columns.names]
    if missing:
        given = ", ".join(columns.names) or "none"
        raise MissingAttributeError(
            f"Table {table.id} needs a value for {', '.join(map(repr, missing))}. Given: {given}."
        )


def _by_default(heading: Heading, columns: Columns) -> Iterator[Columns]:
    """Leave out an attribute whose default only the database knows in the rows that give no value for it."""
    for i, name in enumerate(columns.names):
        attribute = heading[name]
        if (attribute.auto or (attribute.default and attribute.default.kind == "now")) and None in columns.values[i]:
            gone = [v is None for v in columns.values[i]]
            yield from _by_default(heading, _without(_rows_where(columns, gone), i))
            rest = _rows_where(columns, [not g for g in gone])
            if rest.count:
                yield from _by_default(heading, rest)
            return
    yield columns


def _rows_where(columns: Columns, mask: Sequence[bool]) -> Columns:
    values = tuple([v for v, keep in zip(c, mask, strict=True) if keep] for c in columns.values)
    return Columns(columns.names, values, sum(mask))


def _without(columns: Columns, index: int) -> Columns:
    keep = [i for i in range(len(columns.names)) if i != index]
    return Columns(tuple(columns.names[i] for i in keep), tuple(columns.values[i] for i in keep), columns.count)


def _encoded(database: Database, table: TableDef, columns: Columns) -> Columns:
    encoded = []
    for name, values in zip(columns.names, columns.values, strict=True):
        attribute = table.heading[name]
        try:
            encoded.append(encode_column(database, table, attribute, values))
        except LabwrightError as error:
            raise locate(database, table, columns, attribute, error) from error
    return Columns(columns.names, tuple(encoded), columns.count)


def encode_column(database: Database, table: TableDef, attribute: Attribute, values: Sequence[Any]) -> Sequence[Any]:
    """One column, as it is bound."""
    type_ = attribute.stored or Type("text")
    if attribute.type is not None and attribute.type.codec is not None:
        values = _through_codec(table, attribute, values)
    values = _with_defaults(database, attribute, type_, values)
    values = adapt_column(type_, values)
    _check_domain(database, type_, values)
    encoder = database.encoder(type_)
    return values if encoder is None else convert_column(encoder, values, nullable=True)


def _through_codec(table: TableDef, attribute: Attribute, values: Sequence[Any]) -> Sequence[Any]:
    assert attribute.type is not None
    chain = codec_chain(attribute.type)
    context = CodecContext(table.id.schema, table.id.name, attribute.name)
    return [chain.encode(v, None, context) for v in values]


def _with_defaults(database: Database, attribute: Attribute, type_: Type, values: Sequence[Any]) -> Sequence[Any]:
    """None, and nan where it has no place, as the default."""
    if type_.kind in ("float32", "float64"):
        values = _without_nan(database, attribute, type_, values)
    elif type_.is_numeric or type_.python_type is datetime.datetime or type_.kind == "date":
        values = [None if _is_nothing(v) else v for v in values] if _has_floats_or_text(values) else values
    if attribute.nullable or not has_none(values):
        return values
    if attribute.default is None:
        raise MissingAttributeError(f"Attribute {attribute.name!r} needs a value.")
    literal = default_value(type_, attribute.default.value)
    return [literal if v is None else v for v in values]


def _has_floats_or_text(values: Sequence[Any]) -> bool:
    return any(
        t is float or t is str or t.__name__ in ("NaTType", "datetime64", "float64") for t in set(map(type, values))
    )


def _is_nothing(value: Any) -> bool:
    """What means "no value" in a column of numbers or times: nan, NaT and empty text."""
    return value == "" if isinstance(value, str) else value != value  # only nan differs from itself


def _without_nan(database: Database, attribute: Attribute, type_: Type, values: Sequence[Any]) -> Sequence[Any]:
    """Nan as NULL where the database has no nan; never as a default, which would be another number."""
    if "" in values:
        values = [None if isinstance(v, str) and v == "" else v for v in values]
    if database.dialect.keeps_nan or not any(map(operator.ne, values, values)):  # only nan differs from itself
        return values
    gone = [isinstance(v, float) and math.isnan(v) for v in values]
    if any(gone) and not attribute.nullable and attribute.default is not None:
        refuse(type_, math.nan, f"{database.dialect.title} has no nan; leave the value out to have the default.")
    return [None if g else v for v, g in zip(values, gone, strict=True)]


def _check_domain(database: Database, type_: Type, values: Sequence[Any]) -> None:
    """What this database in particular cannot hold."""
    dialect = database.dialect
    if type_.kind in ("float32", "float64") and not dialect.keeps_infinity:
        for value in (math.inf, -math.inf):
            if value in values:
                refuse(type_, value, f"{dialect.title} has no infinity.")
    elif type_.is_text and not dialect.keeps_nul:
        for value in values:
            if value is not None and "\0" in value:
                refuse(type_, value, f"{dialect.title} cannot keep the character NUL in text; use bytes.")
    elif type_.kind == "json" and not dialect.keeps_nul:
        for value in values:
            if value is not None and _NUL_IN_JSON.search(json_text(value)):
                refuse(type_, value, f"{dialect.title} cannot keep the character NUL in JSON; use <blob>.")


def locate(
    database: Database, table: TableDef, columns: Columns, attribute: Attribute, error: LabwrightError
) -> LabwrightError:
    """`error` with the first row that it is about."""
    values = columns.values[columns.names.index(attribute.name)]
    for number, value in enumerate(values):
        try:
            encode_column(database, table, attribute, [value])
        except LabwrightError as found:
            return _placed(table, columns, number, attribute, found)
    return error


def _placed(table: TableDef, columns: Columns, row: int, attribute: Attribute, error: LabwrightError) -> LabwrightError:
    key = {n: v for n, v in columns.row(row).items() if table.heading[n].in_key and n != attribute.name}
    where = f" ({', '.join(f'{n}={v!r}' for n, v in key.items())})" if key else ""
    kind = type(error) if isinstance(error, (DataError, MissingAttributeError, CodecError)) else DataError
    placed = kind(f"Table {table.id}, row {row}{where}, attribute {attribute.name!r}: {error}")
    placed.__cause__ = error
    return placed


def problems(database: Database, table: TableDef, columns: Columns) -> Iterator[CellProblem]:
    """Every cell that cannot be stored."""
    for name, values in zip(columns.names, columns.values, strict=True):
        attribute = table.heading[name]
        try:
            encode_column(database, table, attribute, values)
        except LabwrightError:
            for number, value in enumerate(values):
                try:
                    encode_column(database, table, attribute, [value])
                except LabwrightError as error:
                    yield CellProblem(number, name, error)
