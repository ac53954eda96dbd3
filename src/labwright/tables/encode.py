"""From columns of values to what is bound: checked cell by cell, refused with the place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from labwright.codecs.objects import REHEARSAL, Objects
from labwright.core.errors import CodecError, DataError, LabwrightError, MissingAttributeError
from labwright.core.heading import Attribute
from labwright.core.values import adapt
from labwright.define.table import TableDef
from labwright.sql.database import Database
from labwright.tables.encoder import ALONE, Beside, TableEncoder, table_encoder, without_value
from labwright.tables.rows import Columns

_OF_CELLS: Final = (DataError, MissingAttributeError, CodecError)


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A cell that cannot be stored, and why."""

    row: int
    attribute: str
    error: LabwrightError


def encode_columns(
    database: Database, table: TableDef, columns: Columns, objects: Objects = REHEARSAL
) -> list[Columns]:
    """Check and encode; the result is one batch, or two where some rows leave a default to the database.

    Large values go into `objects` on the way; without it they are looked at only.

    Raises
    ------
    DataError, MissingAttributeError, CodecError
        For the first cell that cannot be stored; says row, attribute, value and type.
    """
    check_required(database, table, columns)
    return encode_given(database, table, columns, objects)


def encode_given(database: Database, table: TableDef, columns: Columns, objects: Objects = REHEARSAL) -> list[Columns]:
    """The same for some of the attributes: what is not given is not asked for."""
    left = table_encoder(database, table).left_to_database
    return [_encoded(database, table, part, objects) for part in _by_default(left, columns)]


def check_required(database: Database, table: TableDef, columns: Columns) -> None:
    """Every attribute without default must be there."""
    missing = [n for n in table_encoder(database, table).required if n not in columns.names]
    if missing:
        given = ", ".join(columns.names) or "none"
        raise MissingAttributeError(
            f"Table {table.id} needs a value for {', '.join(map(repr, missing))}. Given: {given}."
        )


def _by_default(left: Collection[str], columns: Columns) -> Iterator[Columns]:
    """Leave out an attribute whose default only the database knows in the rows that give no value for it."""
    for i, name in enumerate(columns.names):
        if name in left and any(gone := without_value(columns.values[i])):
            yield from _by_default(left, _without(_rows_where(columns, gone), i))
            rest = _rows_where(columns, [not g for g in gone])
            if rest.count:
                yield from _by_default(left, rest)
            return
    yield columns


def _rows_where(columns: Columns, mask: Sequence[bool]) -> Columns:
    values = tuple([v for v, keep in zip(c, mask, strict=True) if keep] for c in columns.values)
    numbers = [columns.number(i) for i, keep in enumerate(mask) if keep]
    return Columns(columns.names, values, len(numbers), numbers)


def _without(columns: Columns, index: int) -> Columns:
    keep = [i for i in range(len(columns.names)) if i != index]
    return replace(columns, names=tuple(columns.names[i] for i in keep), values=tuple(columns.values[i] for i in keep))


def _encoded(database: Database, table: TableDef, columns: Columns, objects: Objects) -> Columns:
    encoder, encoded = table_encoder(database, table), {}
    beside = Beside(objects, row_keys(table, columns)) if encoder.has_codecs else ALONE
    given = dict(zip(columns.names, columns.values, strict=True))
    for name in _puts_last(encoder, database, table, columns) if encoder.uses_stores else columns.names:
        try:
            encoded[name] = encoder.columns[name](given[name], beside)
        except LabwrightError as error:
            raise locate(database, table, columns, table.heading[name], error) from error
    return replace(columns, values=tuple(encoded[name] for name in columns.names))


def _puts_last(encoder: TableEncoder, database: Database, table: TableDef, columns: Columns) -> list[str]:
    """The attributes, those in stores last, whose values are looked at before the first of them is put."""
    order = sorted(columns.names, key=lambda name: encoder.columns[name].in_store)
    for name in order:
        try:
            encoder.columns[name].validate(columns.values[columns.names.index(name)])
        except LabwrightError as error:
            raise locate(database, table, columns, table.heading[name], error) from error
    return order


def row_keys(table: TableDef, columns: Columns) -> list[dict[str, Any]]:
    """The primary key of each row, as far as it is given, with the values that the types have."""
    key = [n for n in table.heading.primary_key if n in columns.names]
    values = [[_canonical(table, n, v) for v in columns.values[columns.names.index(n)]] for n in key]
    return [dict(zip(key, row, strict=True)) for row in zip(*values, strict=True)] or [{}] * columns.count


def _canonical(table: TableDef, name: str, value: Any) -> Any:
    type_ = table.heading[name].type
    try:
        return value if type_ is None else adapt(type_, value)
    except LabwrightError:
        return value  # the column of the key itself says what is wrong with it


def locate(
    database: Database, table: TableDef, columns: Columns, attribute: Attribute, error: LabwrightError
) -> LabwrightError:
    """`error` with the first row that it is about."""
    if error.cell is not None:
        return _placed(table, columns, error.cell, table.heading[error.attribute or attribute.name], error)
    encode = table_encoder(database, table).columns[attribute.name]
    values = columns.values[columns.names.index(attribute.name)]
    for number, value in enumerate(values):
        try:
            encode([value])
        except LabwrightError as found:
            return _placed(table, columns, number, attribute, found)
    return error


def _placed(table: TableDef, columns: Columns, row: int, attribute: Attribute, error: LabwrightError) -> LabwrightError:
    key = {n: v for n, v in columns.row(row).items() if table.heading[n].in_key and n != attribute.name}
    where = f" ({', '.join(f'{n}={v!r}' for n, v in key.items())})" if key else ""
    kind = type(error) if isinstance(error, _OF_CELLS) or error.cell is not None else DataError
    placed = kind(f"Table {table.id}, row {columns.number(row)}{where}, attribute {attribute.name!r}: {error}")
    placed.__cause__ = error
    return placed


def problems(database: Database, table: TableDef, columns: Columns) -> Iterator[CellProblem]:
    """Every cell that cannot be stored."""
    encoders = table_encoder(database, table).columns
    for name, values in zip(columns.names, columns.values, strict=True):
        try:
            encoders[name](values)
        except LabwrightError:
            for number, value in enumerate(values):
                try:
                    encoders[name]([value])
                except LabwrightError as error:
                    yield CellProblem(number, name, error)
