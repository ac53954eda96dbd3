"""Making tables: idempotent, and safe when several processes do it at the same time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Final

from labwright.core.errors import (
    AccessError,
    DefinitionError,
    LabwrightError,
    LockError,
    MissingTableError,
    ServerError,
    TransactionError,
)
from labwright.define.names import check_schema_name
from labwright.define.serial import kept_to_dict
from labwright.define.service_tables import store_tables
from labwright.define.table import TableDef, TableId
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import create_schema, create_table, drop_table, service_tables
from labwright.sql.ddl_writer import LINEAGE, SERVICE, Surroundings
from labwright.sql.dialect import Dialect
from labwright.sql.migrate_log import refuse_half_done
from labwright.sql.queries import queries
from labwright.sql.service import check_version
from labwright.sql.statement import Statement

PATIENCE: Final = 60
"""Seconds to wait for another process that is declaring."""
SILENCE: Final = 30
"""Seconds after which a server ends the session of a process that holds what others wait for, and says nothing."""


def declare(
    connection: Connection,
    dialect: Dialect,
    tables: Sequence[TableDef],
    *,
    classic: Collection[str] = (),
    closed: Collection[str] = (),
) -> None:
    """Make those of `tables` that are not there yet, with their schemas.

    On SQLite and PostgreSQL all are made or none. On MySQL and MariaDB, which cannot undo definitions, what this call
    has made is dropped again when it fails.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    tables : sequence of TableDef
        In any order. Those that are there already are left as they are.
    classic : collection of str
        Schemas that, where they are new, are laid out so that clients of the classic generation can read them: on MySQL
        and MariaDB, without lineages and with the marks of that generation alone.
    closed : collection of str
        Schemas that are not made where they are missing.

    Raises
    ------
    MissingTableError
        When one of the schemas `closed` is not there.
    TransactionError
        Within a transaction.
    DefinitionError
        When this database cannot have such a table.
    """
    refuse_within_transaction(connection)
    tables = [*store_tables(tables), *tables]
    if not _missing(connection, dialect, tables):
        return
    with locked(connection, dialect, "declare"):
        for schema in {t.id.schema for t in tables}:
            refuse_half_done(connection, dialect, schema, table_names(connection, dialect, schema))
        _declare(connection, dialect, in_order(_missing(connection, dialect, tables)), classic, closed)


def refuse_within_transaction(connection: Connection) -> None:
    """Raise `TransactionError` within a transaction."""
    if connection.in_transaction:
        raise TransactionError(
            "Tables cannot be made or dropped within a transaction. Do it before `with connection.transaction:`, e.g. "
            "by calling schema.activate() or inserting into the table once outside of it."
        )


def in_order(tables: Iterable[TableDef]) -> list[TableDef]:
    """Return `tables` with parents before children; else in the given order."""
    given = {t.id: t for t in tables}
    done: dict[TableId, TableDef] = {}

    def add(table: TableDef) -> None:
        for parent in table.parents:
            if parent in given and parent not in done and parent != table.id:
                add(given[parent])
        done[table.id] = table

    for table in given.values():
        if table.id not in done:
            add(table)
    return list(done.values())


def table_names(connection: Connection, dialect: Dialect, schema: str) -> set[str]:
    """Return the names of all tables of a schema, service tables included."""
    if not dialect.native_schemas:
        return {name for (name,) in connection.fetch(queries(dialect.name)["tables"], (f"{schema}.",))}
    sql = queries(dialect.name)["tables"].replace("{names}", "IS NOT NULL")
    return {row[0] for row in connection.fetch(sql, (schema,))}


@contextmanager
def locked(connection: Connection, dialect: Dialect, what: str, silence: int | None = SILENCE) -> Iterator[None]:
    """Let nobody else do `what` meanwhile, in a transaction where definitions can be undone."""
    with connection.transaction, alone(connection, dialect, what, PATIENCE, silence):
        yield


@contextmanager
def alone(
    connection: Connection, dialect: Dialect, what: str, patience: float, silence: int | None = SILENCE
) -> Iterator[None]:
    """Let nobody else do `what` meanwhile, within a transaction that is open; at its end it may be done by others.

    Who says nothing to the server for `silence` seconds, as a process that is stopped, loses the session, so that
    others can go on; None for what may take long beside the database.
    """
    named = queries(dialect.name)
    lasts = "unlock" in named  # until it is given back, whatever becomes of the transaction
    _lock(connection, dialect, what, patience, waits=lasts)
    try:
        if silence is not None and "end_silent" in named:
            connection.execute(named["end_silent"], (silence,), write=True)
        yield
        if lasts:
            connection.fetch(named["unlock"], (what,))
            connection.execute(named["keep_silent"], write=True)
    except BaseException:
        if lasts:
            connection.part_with_session()
        raise


def _lock(connection: Connection, dialect: Dialect, what: str, patience: float, *, waits: bool) -> None:
    sql = queries(dialect.name).get("lock")
    if sql is None:
        return
    found = connection.execute(sql, (what, patience) if waits else (what,), write=True)
    if waits and found.rows != [(1,)]:
        raise LockError(f"Another process has been at this ({what}) for more than {patience} s. Try again later.")


def _missing(connection: Connection, dialect: Dialect, tables: Iterable[TableDef]) -> list[TableDef]:
    there: dict[str, set[str]] = {}
    for table in tables:
        if table.id.schema not in there:
            there[table.id.schema] = table_names(connection, dialect, table.id.schema)
    return [t for t in tables if t.id.name not in there[t.id.schema]]


def _declare(
    connection: Connection,
    dialect: Dialect,
    tables: Sequence[TableDef],
    classic: Collection[str],
    closed: Collection[str],
) -> None:
    schemas = list(dict.fromkeys(t.id.schema for t in tables))
    _check_schemas(connection, dialect, schemas, closed)
    for table in tables:  # what cannot be made is found before anything is
        create_table(dialect, table, surroundings(connection, dialect, table, False))
    lineage = {s: prepare_schema(connection, dialect, s, s in classic) for s in schemas}
    made: list[TableDef] = []
    try:
        for table in tables:
            around = surroundings(connection, dialect, table, lineage[table.id.schema])
            first, *rest = create_table(dialect, table, around)
            _make(connection, table, first)
            made.append(table)  # only now, lest one that somebody else has made is dropped
            run_all(connection, rest)
    except BaseException:
        if "unlock" in queries(dialect.name):
            _undo(connection, dialect, made, lineage)
        raise


def _check_schemas(connection: Connection, dialect: Dialect, schemas: Sequence[str], closed: Collection[str]) -> None:
    """Refuse schemas that cannot be made, or are not to be."""
    there = _schemas(connection, dialect)
    for schema in schemas:
        if schema in there:
            continue
        check_schema_name(schema, existing=there, max_bytes=dialect.max_name_bytes)
        if schema in closed:
            raise MissingTableError(
                f"There is no schema {schema!r}, and with create_schema=False it is not made. There are: "
                f"{', '.join(there) or 'none'}."
            )
        there.append(schema)


def _make(connection: Connection, table: TableDef, statement: Statement) -> None:
    try:
        run_all(connection, [statement])
    except (ServerError, DefinitionError) as error:
        refusal = type(error)(f"Table {table.id} cannot be made: {error}")
        refusal.violation = error.violation
        raise refusal from error


def _undo(connection: Connection, dialect: Dialect, made: Sequence[TableDef], lineage: dict[str, bool]) -> None:
    for table in reversed(made):
        try:
            kept = dialect.native_schemas and bool(kept_to_dict(table))
            run_all(connection, drop_table(dialect, table.id, lineage=lineage[table.id.schema], kept=kept))
        except LabwrightError:
            continue  # the error that led here is the one to see


def prepare_schema(connection: Connection, dialect: Dialect, schema: str, classic: bool) -> bool:
    """Make the schema and its service tables; return whether it keeps lineages."""
    if schema not in _schemas(connection, dialect):  # even asking for what is there takes a right on PostgreSQL
        run_all(connection, create_schema(dialect, schema))
    there = table_names(connection, dialect, schema)
    if SERVICE in there:
        check_version(connection, dialect, schema)
    fresh = all(name.startswith("~") for name in there) and not (classic and dialect.classic_layout)
    lineage = dialect.native_schemas and (LINEAGE in there or fresh)
    if SERVICE not in there or (lineage and LINEAGE not in there):
        run_all(connection, service_tables(dialect, schema, lineage=lineage))
    return lineage


def _schemas(connection: Connection, dialect: Dialect) -> list[str]:
    return [name for (name,) in connection.fetch(queries(dialect.name)["schemas"])]


def surroundings(connection: Connection, dialect: Dialect, table: TableDef, lineage: bool) -> Surroundings:
    """Return what the table has to go by; SQLite has no types that a child must repeat."""
    named = queries(dialect.name)
    types: dict[tuple[TableId, str], str] = {}
    if "column_types" in named:
        for parent in table.parents:
            rows = connection.fetch(named["column_types"], (parent.schema, parent.name))
            types |= {(parent, name): type_.replace("%", "%%") for name, type_ in rows}
    enums: dict[tuple[str, str], tuple[str, ...]] = {}
    if "enums" in named and any(a.stored and a.stored.kind == "enum" for a in table.heading.values()):
        rows = connection.fetch(named["enums"], (table.id.schema,))
        enums = {(table.id.schema, name): tuple(labels) for name, labels in rows}
    return Surroundings(types, enums, lineage)


def run_all(connection: Connection, statements: Iterable[Statement]) -> None:
    """Run statements, one after the other; after an optional one that is refused, no other optional one."""
    refused = False
    for statement in statements:
        if not statement.optional:
            connection.execute(statement.sql, statement.params, write=True)
        elif not refused:
            refused = not _try(connection, statement)


def _try(connection: Connection, statement: Statement) -> bool:
    """Run a statement unless the user has no right to it; where definitions can be undone, no trace of it is left."""
    undoable = connection.in_transaction and "unlock" not in queries(connection.backend)
    try:
        with connection.atomic() if undoable else nullcontext():
            connection.execute(statement.sql, statement.params, write=True)
    except AccessError:
        return False
    return True
