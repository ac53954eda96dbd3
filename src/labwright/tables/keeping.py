"""Changing rows so that what was there before is kept: by triggers where there are any, else by a copy made first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import Context
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from labwright.core.errors import AccessError
from labwright.define.table import TableDef, TableId
from labwright.query.conditions import Condition, Constant, Keys
from labwright.query.expr import Source, restrict
from labwright.sql.acting import current
from labwright.sql.database import Database
from labwright.sql.ddl_tables import remember_table
from labwright.sql.declare import locked, refuse_within_transaction, run_all
from labwright.sql.dialect import Fragment
from labwright.sql.dml import rows_that
from labwright.sql.history import TRIGGERS_SAY, keep_rows, note_row, shadow_id, shadow_name
from labwright.sql.history_ddl import create_shadow, drop_older_indexes, make_history, remove_history
from labwright.sql.statement import Statement
from labwright.tables.declared import is_entered

Mode = Literal["triggers", "own", "off"]
logger = logging.getLogger(__name__)


def mode_of(database: Database, table: TableDef) -> Mode:
    """Who keeps what changes of a table take away: triggers, we ourselves, or nobody."""
    keeps = table.history
    if keeps is False or (keeps is None and not is_entered(table.id)):
        return "off"
    if database.shadows(table.id.schema).get(shadow_name(table.id.name)):
        return "triggers"
    return "own" if keeps or database.keeps_history() else "off"


def ensure_shadow(database: Database, table: TableDef) -> bool:
    """Make the shadow of a table unless it is there; False where the user may not.

    Servers make it outside of a transaction that is open: some end one that makes a table.
    """
    if shadow_name(table.id.name) in database.shadows(table.id.schema):
        return True
    if table.id in database.unkept:
        return False
    outside = database.connection.in_transaction and database.dialect.native_schemas
    run = Context().run if outside else _run
    try:
        run(run_all, database.connection, list(create_shadow(database.dialect, table)))
    except AccessError as error:
        database.unkept.add(table.id)
        logger.warning(
            "Labwright keeps no history of what you change in %s, since you may not make its shadow. Let its owner run "
            "`labwright history on %s`. (%s)", table.id, table.id.schema, error, extra={"action": "history"},
        )  # fmt: skip
        return False
    database.forget_shadows(table.id.schema)
    return True


def _run(function: Any, *args: Any) -> Any:
    return function(*args)


def change_rows(database: Database, table: TableDef, statement: Statement, where: Fragment, op: str) -> int:
    """Run an UPDATE of one row or a DELETE of those that meet `where`, and return how many there were.

    On SQLite a transaction tells triggers who acts by a row, which costs less than to answer for each of many rows.
    """
    mode = mode_of(database, table)
    if mode == "own" and ensure_shadow(database, table):
        with database.connection.atomic():
            database.connection.stamp()
            database.execute(keep_rows(database.dialect, table, where, op))
            return database.execute(statement)
    aloud = mode == "triggers" and not database.dialect.native_schemas and (op == "delete" or is_old(database, table))
    with database.connection.atomic() if aloud else nullcontext():
        return database.execute(statement, kept=mode == "triggers")


def is_old(database: Database, table: TableDef) -> bool:
    """Whether the triggers of a table are not those that are made today; they are told who acts by a row alone."""
    said = database.shadows(table.id.schema).get(shadow_name(table.id.name))
    return bool(said) and said != TRIGGERS_SAY[database.dialect.name]


@contextmanager
def inserting(database: Database, table: TableDef, keys: Callable[[], Condition], *, replaces: bool) -> Iterator[None]:
    """Within the block, rows with `keys` are inserted; what they replace is kept, and new ones are noted if wanted."""
    notes = current.get().inserts
    mode = mode_of(database, table) if replaces or notes else "off"
    if mode == "off" or (mode == "own" and not ensure_shadow(database, table)):
        yield
        return
    with database.connection.atomic():
        database.connection.stamp()
        if mode == "own":
            given = keys()
            if replaces:
                database.execute(
                    keep_rows(database.dialect, table, rows_that(database.dialect, table, given), "update")
                )
            if notes and isinstance(given, Keys):
                _note(database, table, given)
        yield


def given_keys(table: TableDef, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Condition:
    """The condition for rows with these keys; where the database counts the keys up, no row has one of them yet."""
    key = tuple(table.heading.primary_key)
    if not key:
        return Constant(True)
    return Keys(key, tuple(dict.fromkeys(rows))) if set(key) <= set(names) else Constant(False)


def _note(database: Database, table: TableDef, keys: Keys) -> None:
    """Note those of `keys` that are not in the table yet."""
    source = Source(table.id.schema, table.id.name, table.heading)
    statement, plan = database.query(restrict(source, keys), keys.names)
    there = set(plan.rows(database.fetch(statement)))
    new = [row for row in keys.rows if row not in there]
    types = [table.heading[n].stored for n in keys.names]
    encoded = [tuple(database.dialect.encode(t, v) for t, v in zip(types, row, strict=True)) for row in new]
    if encoded:
        database.connection.executemany(note_row(database.dialect, table), encoded)


class KeptInCascade(NamedTuple):
    """Whether anything that a cascade takes away is kept, and the tables whose rows are copied before."""

    any: bool
    copied: frozenset[TableId]


def kept_in_cascade(database: Database, root: TableId, tables: Mapping[TableId, TableDef | None]) -> KeptInCascade:
    """What is kept of a cascade: where the root keeps its history, results go with it and come back with it."""
    modes = {id_: (mode_of(database, table), table) for id_, table in tables.items() if table is not None}
    whole = modes[root][0] != "off"
    copied = (
        id_
        for id_, (mode, table) in modes.items()
        if (mode == "own" or (whole and mode == "off")) and ensure_shadow(database, table)
    )
    return KeptInCascade(any(mode != "off" for mode, _ in modes.values()), frozenset(copied))


def keep_history(database: Database, table: TableDef) -> None:
    """Make the shadow and the triggers of a table that was made without; note that it keeps its history."""
    refuse_within_transaction(database.connection)
    now, connection, dialect = replace(table, history=True), database.connection, database.dialect
    with locked(connection, dialect, "declare"):
        run_all(connection, [*remember_table(dialect, now, lineage=False), *remove_history(dialect, now, shadow=False)])
        run_all(connection, [*drop_older_indexes(dialect, shadow_id(table.id)), *make_history(dialect, now)])
    database.forget(table.id.schema)


def renew(database: Database, schema: str) -> list[TableId]:
    """Make triggers of an older form anew, and return the tables that had such."""
    if set(database.shadows(schema).values()) <= {"", TRIGGERS_SAY[database.dialect.name]}:
        return []
    found = [table for table in database.tables(schema).values() if table.history and is_old(database, table)]
    for table in found:
        keep_history(database, table)
    return [table.id for table in found]
