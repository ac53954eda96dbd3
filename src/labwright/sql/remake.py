"""Making tables that are filled from a backup: bare at first, and with rules and history once their rows are there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from labwright.core.errors import DefinitionError, LabwrightError
from labwright.define.table import TableDef
from labwright.sql.companions import create_companions
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import create_table, remember_table
from labwright.sql.ddl_writer import FORMAT, LINEAGE, SERVICE
from labwright.sql.declare import locked, prepare_schema, refuse_within_transaction, run_all, surroundings, table_names
from labwright.sql.dialect import Dialect
from labwright.sql.drop import drop, drop_whole_schema
from labwright.sql.kept import KEPT
from labwright.sql.objects import COPY, HOLD, OBJECT, STORE
from labwright.sql.queries import queries
from labwright.sql.rule_triggers import LOCKS
from labwright.sql.runs import SHARED, drop_shared
from labwright.sql.service import RESTORING
from labwright.sql.statement import Statement

_OURS: Final = frozenset({SERVICE, LINEAGE, KEPT, LOCKS, OBJECT, COPY, HOLD, STORE})
"""What a schema may have and yet be empty."""


@contextmanager
def remaking(
    connection: Connection, dialect: Dialect, tables: Sequence[TableDef], classic: Collection[str] = ()
) -> Iterator[Callable[[], None]]:
    """Make tables without rules and history; the block fills them, and calls what it is given to have these made.

    All is made or nothing. MySQL and MariaDB cannot undo definitions: there a schema that is not complete yet says so
    to whoever opens it, and what was made is dropped again after an error.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    tables : sequence of TableDef
        Parents first.
    classic : collection of str
        Schemas that are laid out as clients of the classic generation expect it, where this database has such.

    Raises
    ------
    DefinitionError
        When a schema has tables already, or this database cannot have a table.
    """
    refuse_within_transaction(connection)
    if "unlock" in queries(dialect.name):
        with _marked(connection, dialect, tables, classic) as complete:
            yield complete
    else:
        with locked(connection, dialect, "declare", None):
            _make(connection, dialect, tables, classic)
            yield partial(_complete, connection, dialect, tables)


@contextmanager
def _marked(
    connection: Connection, dialect: Dialect, tables: Sequence[TableDef], classic: Collection[str]
) -> Iterator[Callable[[], None]]:
    schemas = _schemas(tables)
    there = {s: bool(table_names(connection, dialect, s)) for s in schemas}
    began = False
    try:
        with locked(connection, dialect, "declare"):
            _refuse_filled(connection, dialect, schemas)
            began = True
            _make(connection, dialect, tables, classic)
            _note(connection, dialect, schemas, RESTORING)
        yield partial(_complete, connection, dialect, tables)
        _note(connection, dialect, schemas, FORMAT)
    except BaseException:
        if began:
            _drop(connection, dialect, tables, [s for s in schemas if not there[s]])
        raise


def _schemas(tables: Sequence[TableDef]) -> list[str]:
    return list(dict.fromkeys(t.id.schema for t in tables))


def _refuse_filled(connection: Connection, dialect: Dialect, schemas: Sequence[str]) -> None:
    for schema in schemas:
        filled = sorted(table_names(connection, dialect, schema) - _OURS - SHARED.keys())
        if filled:
            raise DefinitionError(
                f"The schema {schema!r} has tables already: {', '.join(filled[:5])}{', ...' * (len(filled) > 5)}."
                f" Nothing is overwritten: restore it under another name (--rename {schema}=OTHER), into another"
                " database, or drop the schema first."
            )


def _make(connection: Connection, dialect: Dialect, tables: Sequence[TableDef], classic: Collection[str]) -> None:
    """Make the bare tables."""
    schemas = _schemas(tables)
    _refuse_filled(connection, dialect, schemas)
    for schema in schemas:
        run_all(connection, drop_shared(dialect, schema, table_names(connection, dialect, schema)))
    bare = [replace(t, rules=(), history=None) for t in tables]
    for table in bare:  # what cannot be made is found before anything is
        create_table(dialect, table, surroundings(connection, dialect, table, False))
    lineage = {s: prepare_schema(connection, dialect, s, s in classic) for s in schemas}
    for table in bare:
        around = surroundings(connection, dialect, table, lineage[table.id.schema])
        run_all(connection, create_table(dialect, table, around))


def _complete(connection: Connection, dialect: Dialect, tables: Sequence[TableDef]) -> None:
    """Give tables their rules and what keeps their history, and note that they have them."""
    for table in tables:
        run_all(connection, remember_table(dialect, table, lineage=False))
        run_all(connection, create_companions(dialect, table))


def _note(connection: Connection, dialect: Dialect, schemas: Sequence[str], version: str) -> None:
    for schema in schemas:
        sql = f"UPDATE {dialect.table(schema, SERVICE)} SET value = {dialect.placeholder} WHERE name = 'version'"
        run_all(connection, [Statement(sql, (version,))])


def _drop(connection: Connection, dialect: Dialect, tables: Sequence[TableDef], made: Sequence[str]) -> None:
    try:
        drop(connection, dialect, [t.id for t in reversed(tables)])
        for schema in made:
            drop_whole_schema(connection, dialect, schema)
    except LabwrightError as error:
        error.add_note("What a failed restore has left could not be dropped.")
        return  # the error that led here is the one to see
