"""Whole tables, as a backup takes and gives them: every column, hidden ones too, and nothing decoded by a codec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from labwright.core.errors import DataError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.core.values import has_none
from labwright.define.table import ForeignKey, TableDef
from labwright.query.expr import Source
from labwright.sql.compiler import compile_select
from labwright.sql.connection import Connection
from labwright.sql.decode import Column, DecodePlan
from labwright.sql.dialect import Dialect
from labwright.sql.hidden import hidden_column
from labwright.sql.history import shadow_id, shadow_source

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 16 << 20
"""What a batch of rows may have, unless one row alone has more."""
_LONG: Final = 1000
_LENGTHS: Final[Mapping[str, str]] = {
    "sqlite": "length({0})",
    "postgres": "octet_length({0}::{1})",
    "mysql": "octet_length({0})",
}


def full_table(table: TableDef) -> TableDef:
    """`table` with its hidden columns as attributes, each in the type that is stored."""
    hidden = [hidden_column(name) for name in table.hidden]
    named = [*(h for h in hidden if h.in_key), *table.heading.values(), *(h for h in hidden if not h.in_key)]
    return TableDef(table.id, Heading(named).map(_as_stored), table.foreign_keys)


def shadow_table(table: TableDef) -> TableDef:
    """What keeps the history of `table`, as a table of its own."""
    known = replace(table, heading=Heading([*table.heading.values(), *map(hidden_column, table.hidden)]), hidden=())
    heading = shadow_source(known).heading.map(_as_stored)
    return TableDef(shadow_id(table.id), heading.map(lambda a: replace(a, type=_counted(a))))


def _as_stored(attribute: Attribute) -> Attribute:
    return replace(attribute, type=attribute.stored, storage=None)


def _counted(attribute: Attribute) -> Type | None:
    """The number of a record goes on where the restored ones end."""
    return replace(attribute.type, auto=True) if attribute.in_key and attribute.type else attribute.type


def read_rows(connection: Connection, dialect: Dialect, table: TableDef) -> Iterator[list[Column]]:
    """Yield the rows of a `full_table` or `shadow_table` in batches, by column, in canonical values.

    JSON comes as text, so that its null is told from no value.
    """
    heading = table.heading.map(_json_as_text)
    statement = compile_select(Source(table.id.schema, table.id.name, heading), dialect, list(heading))
    plan = DecodePlan(statement.columns, dialect)
    for rows in connection.stream(statement.sql, statement.params, batch_size(connection, dialect, table)):
        yield [_decoded(table, plan, i, column) for i, column in enumerate(plan.stored(rows))]


def _json_as_text(attribute: Attribute) -> Attribute:
    return replace(attribute, type=Type("text")) if attribute.type and attribute.type.kind == "json" else attribute


def _decoded(table: TableDef, plan: DecodePlan, index: int, column: Column) -> Column:
    attribute = table.heading[plan.names[index]]
    try:
        values = plan.decode(index, column)
    except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
        raise DataError(f"Table {table.id}: a value of {attribute.name!r} is no {attribute.type}: {error}.") from error
    if not attribute.nullable and has_none(values):
        raise DataError(
            f"Table {table.id}: {attribute.name!r} has a value that stands for none, such as the date 0000-00-00. Give"
            " it another value, or let the attribute be null."
        )
    return values


def batch_size(connection: Connection, dialect: Dialect, table: TableDef) -> int:
    """How many rows are few enough for the memory, by the largest one."""
    lengths = [_length(dialect, a) for a in table.heading.values() if _may_be_long(a.type)]
    if not lengths:
        return MOST_ROWS
    largest = " + ".join(f"coalesce({length}, 0)" for length in lengths)
    rows = connection.fetch(f"SELECT max({largest}) FROM {dialect.table(table.id.schema, table.id.name)}")
    return max(1, min(MOST_ROWS, MOST_BYTES // (int(rows[0][0] or 0) + 1)))


def _may_be_long(type_: Type | None) -> bool:
    kind = type_.kind if type_ else ""
    return kind in ("bytes", "text", "json") or (kind == "varchar" and type_ is not None and type_.args[0] > _LONG)


def _length(dialect: Dialect, attribute: Attribute) -> str:
    cast = "bytea" if attribute.type is not None and attribute.type.kind == "bytes" else "text"
    return _LENGTHS[dialect.name].format(dialect.quote(attribute.name), cast)


def orphans(connection: Connection, dialect: Dialect, table: TableDef, fk: ForeignKey) -> list[tuple[Any, ...]]:
    """The columns of a foreign key in one row that refers to none, where there is such a row."""
    child, parent = (dialect.table(t.schema, t.name) for t in (table.id, fk.parent))
    columns = [f"c.{dialect.quote(name)}" for name in fk.columns]
    told = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    same = " AND ".join(f"p.{dialect.quote(p)} = {c}" for p, c in zip(fk.parent_columns, columns, strict=True))
    return connection.fetch(
        f"SELECT {', '.join(columns)} FROM {child} c WHERE {told} "
        f"AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {same}) LIMIT 1"
    )
