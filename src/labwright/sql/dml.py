"""INSERT, UPDATE and DELETE: by the bulk path of each database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final, Literal

from labwright.core.types import Type
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.query.conditions import Condition
from labwright.query.plan import WHOLE, Ref
from labwright.sql.compiler import Compiler, compile_select
from labwright.sql.connection import Connection
from labwright.sql.ddl import default_expression
from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement

OnDuplicate = Literal["error", "skip", "replace"]
COPY_FROM: Final = 50
"""From so many rows on PostgreSQL's COPY is the faster way."""


def insert_columns(
    connection: Connection,
    dialect: Dialect,
    table: TableDef,
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
    on_duplicate: OnDuplicate = "error",
) -> int:
    """Insert encoded values, given by column; return how many rows were sent.

    Parameters
    ----------
    names : sequence of str
        The attributes; may be empty for one row of defaults.
    columns : sequence of sequence
        Their values, encoded for the database.
    on_duplicate : {'error', 'skip', 'replace'}
        What to do where the primary key is there already.
    """
    if not names:
        _execute(connection, dialect, _insert_defaults(dialect, table))
        return 1
    _insert(connection, dialect, table, names, columns, on_duplicate)
    counted = next((n for n in names if table.heading[n].auto), None)
    catch_up = None if counted is None else dialect.catch_up(table.id.schema, table.id.name, counted)
    if catch_up is not None:
        _execute(connection, dialect, catch_up.sql, catch_up.params)
    return len(columns[0])


def _insert(
    connection: Connection,
    dialect: Dialect,
    table: TableDef,
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
    on_duplicate: OnDuplicate,
) -> None:
    """By the way that is fastest for so many rows."""
    count = len(columns[0])
    if dialect.copies and on_duplicate == "error" and count >= COPY_FROM:
        _copy(connection, dialect, table, names, columns)
    elif count == 1:
        _execute(connection, dialect, insert_text(dialect, table, names, on_duplicate), [c[0] for c in columns])
    else:
        connection.executemany(insert_text(dialect, table, names, on_duplicate), zip(*columns, strict=True))


def _execute(connection: Connection, dialect: Dialect, sql: str, row: Sequence[Any] = ()) -> None:
    with recoverable(connection, dialect):
        connection.execute(sql, row, write=True)


def recoverable(connection: Connection, dialect: Dialect) -> AbstractContextManager[Any]:
    """Let a transaction live on after a statement that fails, where the database would not."""
    return connection.atomic() if dialect.failure_aborts and connection.in_transaction else nullcontext()


def _copy(
    connection: Connection,
    dialect: Dialect,
    table: TableDef,
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
) -> None:
    """PostgreSQL's COPY, in binary: each column in the form that the server's type reads."""
    wire = [dialect.copy_type(table.heading[n].stored or Type("text")) for n in names]
    converted = [
        c if e is None else [None if v is None else e(v) for v in c] for (_, e), c in zip(wire, columns, strict=True)
    ]
    listed = ", ".join(map(dialect.quote, names))
    sql = f"COPY {dialect.table(table.id.schema, table.id.name)} ({listed}) FROM STDIN (FORMAT BINARY)"
    connection.copy_rows(sql, zip(*converted, strict=True), [name for name, _ in wire])


def insert_text(dialect: Dialect, table: TableDef, names: Sequence[str], on_duplicate: OnDuplicate) -> str:
    """The INSERT for one row of `names`."""
    listed = ", ".join(map(dialect.quote, names))
    marks = ", ".join([dialect.placeholder] * len(names))
    target = dialect.table(table.id.schema, table.id.name)
    return f"INSERT INTO {target} ({listed}) VALUES ({marks}){_conflict(dialect, table, on_duplicate)}"


def _insert_defaults(dialect: Dialect, table: TableDef) -> str:
    return f"INSERT INTO {dialect.table(table.id.schema, table.id.name)} {dialect.default_row}"


def _conflict(dialect: Dialect, table: TableDef, on_duplicate: OnDuplicate) -> str:
    if on_duplicate == "error":
        return ""
    updated = [n for n in table.heading.secondary_attributes if on_duplicate == "replace"]
    return " " + dialect.on_duplicate(dialect.table(table.id.schema, table.id.name), table.key_columns, updated)


def insert_select(
    dialect: Dialect, table: TableDef, node: expr.Node, names: Sequence[str], on_duplicate: OnDuplicate
) -> Statement:
    """``INSERT ... SELECT``: nothing is fetched."""
    rows = compile_select(node, dialect, names, output=False)
    listed = ", ".join(map(dialect.quote, names))
    conflict = _conflict(dialect, table, on_duplicate)
    columns = {n: f"s.{dialect.quote(n)}" for n in names}
    carried = [dialect.carried_over(c, table.heading[n].type, table.id.schema) for n, c in columns.items()]
    wrapped = conflict or carried != [*columns.values()]
    query = f"SELECT {', '.join(carried)} FROM ({rows.sql}) AS s WHERE 1 = 1" if wrapped else rows.sql
    target = dialect.table(table.id.schema, table.id.name)
    return Statement(f"INSERT INTO {target} ({listed}) {query}{conflict}", rows.params)


def update_row(
    dialect: Dialect, table: TableDef, key: dict[str, Any], values: dict[str, Any], defaults: Sequence[str] = ()
) -> Statement:
    """Set `values`, and `defaults` to their defaults, in the row with `key`; all values are encoded."""
    quote, mark = dialect.quote, dialect.placeholder
    changes = [f"{quote(n)} = {mark}" for n in values] + [
        f"{quote(n)} = {default_expression(dialect, table, n)}" for n in defaults
    ]
    where = " AND ".join(f"{quote(n)} = {mark}" for n in key) or "1 = 1"
    target = dialect.table(table.id.schema, table.id.name)
    return Statement(f"UPDATE {target} SET {', '.join(changes)} WHERE {where}", (*values.values(), *key.values()))


def delete_rows(dialect: Dialect, table: TableDef, condition: Condition) -> Statement:
    """Delete the rows of one table that meet `condition`."""
    target = dialect.table(table.id.schema, table.id.name)
    compiler = Compiler(dialect, whole=target)
    columns = {n: Ref(WHOLE, n, a) for n, a in table.heading.attributes.items()}
    compiler.write(f"DELETE FROM {target} WHERE ")
    compiler.condition(condition, columns)
    return Statement(compiler.writer.sql, tuple(compiler.writer.params))
