"""INSERT, UPDATE and DELETE: by the bulk path of each database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from typing import Any, Final, Literal

from labwright.core.errors import DuplicateError, IntegrityError, LabwrightError, Violation
from labwright.core.types import Type
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.query.conditions import Condition, Keys
from labwright.query.plan import WHOLE, Ref
from labwright.sql.acting import current
from labwright.sql.compiler import Compiler, compile_select
from labwright.sql.connection import Connection
from labwright.sql.ddl import default_expression
from labwright.sql.dialect import Converter, Dialect, Fragment
from labwright.sql.hidden import BY
from labwright.sql.repeated import Repeated
from labwright.sql.statement import Statement
from labwright.sql.transaction import Later

OnDuplicate = Literal["error", "skip", "replace"]
Told = Callable[[LabwrightError], LabwrightError]
COPY_FROM: Final = 50
"""From so many rows on PostgreSQL's COPY is the faster way."""


def insert_columns(
    connection: Connection,
    dialect: Dialect,
    table: TableDef,
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
    on_duplicate: OnDuplicate = "error",
    told: Told | None = None,
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
    told : callable, optional
        Makes of the error with which it fails the one that is raised, where a computation inserts the rows later.
    """
    later = None
    if told is not None and on_duplicate == "error":
        later = Later(dialect.table(table.id.schema, table.id.name), told)
    if not names:
        _execute(connection, dialect, _insert_defaults(dialect, table), later=later)
        return 1
    hidden = _entered(dialect, table)
    given = [*columns, *([value] * len(columns[0]) for value in hidden.values())]
    with telling_clashes(dialect, table, on_duplicate):
        _insert(connection, dialect, table, [*names, *hidden], given, on_duplicate, later)
    counted = next((n for n in names if table.heading[n].auto), None)
    catch_up = None if counted is None else dialect.catch_up(table.id.schema, table.id.name, counted)
    if catch_up is not None:
        _execute(connection, dialect, catch_up.sql, catch_up.params)
    return len(columns[0])


def _entered(dialect: Dialect, table: TableDef) -> Mapping[str, Any]:
    """What the database cannot tell of a new row by itself."""
    return dialect.entered(current.get().user) if BY in table.hidden else {}


def _insert(
    connection: Connection,
    dialect: Dialect,
    table: TableDef,
    names: Sequence[str],
    columns: Sequence[Sequence[Any]],
    on_duplicate: OnDuplicate,
    later: Later | None,
) -> None:
    """By the way that is fastest for so many rows."""
    count = len(columns[0])
    if dialect.copies and on_duplicate == "error" and count >= COPY_FROM:
        copy_batches(connection, dialect, table, names, [columns], later)
    elif count == 1:
        sql = insert_text(dialect, table, names, on_duplicate)
        _execute(connection, dialect, sql, [c[0] for c in columns], later)
    else:
        sql = insert_text(dialect, table, names, on_duplicate)
        connection.executemany(sql, zip(*columns, strict=True), later=later)


def _execute(
    connection: Connection, dialect: Dialect, sql: str, row: Sequence[Any] = (), later: Later | None = None
) -> None:
    with recoverable(connection, dialect):
        connection.execute(sql, row, write=True, later=later)


def recoverable(connection: Connection, dialect: Dialect) -> AbstractContextManager[Any]:
    """Let a transaction live on after a statement that fails, where the database would not."""
    return connection.atomic() if dialect.failure_aborts and connection.in_transaction else nullcontext()


def copy_batches(
    connection: Connection,
    dialect: Dialect,
    table: TableDef,
    names: Sequence[str],
    batches: Iterable[Sequence[Sequence[Any]]],
    later: Later | None = None,
) -> None:
    """PostgreSQL's COPY, in binary: each column in the form that the server's type reads; one COPY for all batches."""
    wire = [dialect.copy_type(table.heading[n].stored or Type("text")) for n in names]
    rows = chain.from_iterable(_wire_rows([e for _, e in wire], columns) for columns in batches)
    listed = ", ".join(map(dialect.quote, names))
    sql = f"COPY {dialect.table(table.id.schema, table.id.name)} ({listed}) FROM STDIN (FORMAT BINARY)"
    connection.copy_rows(sql, rows, [name for name, _ in wire], later=later)


def _wire_rows(encoders: Sequence[Converter | None], columns: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    converted = [
        c if e is None else [None if v is None else e(v) for v in c] for e, c in zip(encoders, columns, strict=True)
    ]
    return zip(*converted, strict=True)


def insert_text(dialect: Dialect, table: TableDef, names: Sequence[str], on_duplicate: OnDuplicate) -> str:
    """The INSERT for one row of `names`."""
    listed = ", ".join(map(dialect.quote, names))
    marks = ", ".join([dialect.placeholder] * len(names))
    target = dialect.table(table.id.schema, table.id.name)
    return Repeated(f"INSERT INTO {target} ({listed}) VALUES ", f"({marks})", _conflict(dialect, table, on_duplicate))


def _insert_defaults(dialect: Dialect, table: TableDef) -> str:
    return f"INSERT INTO {dialect.table(table.id.schema, table.id.name)} {dialect.default_row}"


def _conflict(dialect: Dialect, table: TableDef, on_duplicate: OnDuplicate) -> str:
    if on_duplicate == "error":
        return ""
    updated = [n for n in table.heading.secondary_attributes if on_duplicate == "replace"]
    return " " + dialect.on_duplicate(dialect.table(table.id.schema, table.id.name), table.key_columns, updated)


@contextmanager
def telling_clashes(dialect: Dialect, table: TableDef, on_duplicate: OnDuplicate) -> Iterator[None]:
    """Say of a clash in another unique index than the key what it is, where the database does not."""
    try:
        yield
    except IntegrityError as error:
        told, unique = error.violation, _unique_columns(table)
        null_key = told is not None and told.reason == "not_null" and told.columns == table.key_columns[:1]
        if on_duplicate == "error" or not (dialect.clash_as_null and null_key and unique):
            raise
        clash = DuplicateError(f"A row with the same {unique} is already in {table.id}.")
        clash.violation = Violation("unique", str(table.id))
        raise clash from error


def _unique_columns(table: TableDef) -> str:
    """What no two rows may have in common, beside the key."""
    unique = [fk.columns for fk in table.foreign_keys if fk.unique] + [i.columns for i in table.indexes if i.unique]
    return " or ".join(", ".join(c if isinstance(c, str) else c.text for c in columns) for columns in unique)


def insert_select(
    dialect: Dialect, table: TableDef, node: expr.Node, names: Sequence[str], on_duplicate: OnDuplicate
) -> Statement:
    """``INSERT ... SELECT``: nothing is fetched."""
    rows = compile_select(node, dialect, names, output=False)
    hidden = _entered(dialect, table)
    listed = ", ".join(map(dialect.quote, [*names, *hidden]))
    conflict = _conflict(dialect, table, on_duplicate)
    columns = {n: f"s.{dialect.quote(n)}" for n in names}
    carried = [dialect.carried_over(c, table.heading[n].type, table.id.schema) for n, c in columns.items()]
    listing = ", ".join([*carried, *[dialect.placeholder] * len(hidden)])
    wrapped = conflict or hidden or carried != [*columns.values()]
    query = f"SELECT {listing} FROM ({rows.sql}) AS s WHERE 1 = 1" if wrapped else rows.sql
    target = dialect.table(table.id.schema, table.id.name)
    return Statement(f"INSERT INTO {target} ({listed}) {query}{conflict}", (*hidden.values(), *rows.params))


def update_row(
    dialect: Dialect, table: TableDef, key: dict[str, Any], values: dict[str, Any], defaults: Sequence[str] = ()
) -> Statement:
    """Set `values`, and `defaults` to their defaults, in the row with `key`; all values are encoded."""
    quote, mark = dialect.quote, dialect.placeholder
    changes = [f"{quote(n)} = {mark}" for n in values] + [
        f"{quote(n)} = {default_expression(dialect, table, n)}" for n in defaults
    ]
    where, target = row_with(dialect, key), dialect.table(table.id.schema, table.id.name)
    return Statement(f"UPDATE {target} SET {', '.join(changes)} WHERE {where.sql}", (*values.values(), *where.params))


def row_with(dialect: Dialect, key: Mapping[str, Any]) -> Fragment:
    """The condition for the row with a key, whose values are encoded."""
    where = " AND ".join(f"{dialect.quote(n)} = {dialect.placeholder}" for n in key) or "1 = 1"
    return Fragment(where, tuple(key.values()))


def rows_that(dialect: Dialect, table: TableDef, condition: Condition) -> Fragment:
    """`condition`, said of the rows of a table in a statement that is about it alone."""
    compiler = Compiler(dialect, whole=dialect.table(table.id.schema, table.id.name))
    compiler.condition(condition, {n: Ref(WHOLE, n, a) for n, a in table.heading.attributes.items()})
    return Fragment(compiler.writer.sql, tuple(compiler.writer.params))


def delete_rows(dialect: Dialect, table: TableDef, condition: Condition) -> Statement:
    """Delete the rows of one table that meet `condition`."""
    where, name = rows_that(dialect, table, condition), dialect.table(table.id.schema, table.id.name)
    beginning = dialect.delete_keys(name) if isinstance(condition, Keys) else f"DELETE FROM {name}"
    return Statement(f"{beginning} WHERE {where.sql}", where.params)
