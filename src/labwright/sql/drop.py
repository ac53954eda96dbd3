"""Dropping tables and schemas, with what is remembered of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from labwright.core.errors import IntegrityError
from labwright.define.table import TableId
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import drop_schema, drop_table
from labwright.sql.ddl_writer import LINEAGE
from labwright.sql.declare import locked, refuse_within_transaction, run_all, table_names
from labwright.sql.dialect import Dialect
from labwright.sql.kept import KEPT
from labwright.sql.objects import HOLD
from labwright.sql.reflect import children_of
from labwright.sql.rule_drop import before_drop
from labwright.sql.runs import drop_shared

_TRIGGERS: Final = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"


def drop(connection: Connection, dialect: Dialect, ids: Sequence[TableId]) -> None:
    """Drop tables in the given order, children first.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    ids : sequence of TableId
        Those that are not there are passed over.

    Raises
    ------
    IntegrityError
        When a table that is not among `ids` refers to one of them; nothing is dropped then.
    TransactionError
        Within a transaction.
    """
    refuse_within_transaction(connection)
    with locked(connection, dialect, "declare"):
        _refuse_children(connection, dialect, ids)
        names = {schema: table_names(connection, dialect, schema) for schema in {i.schema for i in ids}}
        run_all(connection, before_drop(connection, dialect, ids, names))
        _loosen(connection, dialect, ids)
        for id_ in ids:
            if id_.name in names[id_.schema]:
                there = names[id_.schema]
                run_all(connection, drop_table(dialect, id_, lineage=LINEAGE in there, kept=KEPT in there))
        for schema in names:
            run_all(connection, drop_shared(dialect, schema, table_names(connection, dialect, schema)))


def drop_whole_schema(connection: Connection, dialect: Dialect, schema: str) -> None:
    """Drop a schema with all its tables.

    Raises
    ------
    IntegrityError
        When a table of another schema refers to one of them; nothing is dropped then.
    TransactionError
        Within a transaction.
    """
    refuse_within_transaction(connection)
    with locked(connection, dialect, "declare"):
        there = table_names(connection, dialect, schema)
        ids = [TableId(schema, name) for name in sorted(there, key=lambda name: (name != HOLD, name))]
        _refuse_children(connection, dialect, ids)
        ordered = () if dialect.native_schemas else _children_first(connection, dialect, ids)
        run_all(connection, before_drop(connection, dialect, ids, {schema: there}))
        _loosen(connection, dialect, ids)
        run_all(connection, drop_schema(dialect, schema, ordered))


def _refuse_children(connection: Connection, dialect: Dialect, ids: Sequence[TableId]) -> None:
    for child, fk in children_of(connection, dialect, ids):
        if child not in ids:
            raise IntegrityError(
                f"The table {fk.parent} cannot be dropped, since {child} refers to it. Drop {child} first, or with it."
            )


def _loosen(connection: Connection, dialect: Dialect, ids: Sequence[TableId]) -> None:
    """Let rows of a table let go of each other: SQLite deletes them one by one before it drops the table."""
    if dialect.native_schemas:
        return
    for id_, fk in children_of(connection, dialect, ids):
        if id_ == fk.parent and fk.nullable:
            for (trigger,) in connection.fetch(_TRIGGERS, (f"{id_.schema}.{id_.name}",)):
                connection.execute(f"DROP TRIGGER {dialect.quote(trigger)}", write=True)
            nothing = ", ".join(f"{dialect.quote(column)} = NULL" for column in fk.columns)
            connection.execute(f"UPDATE {dialect.table(id_.schema, id_.name)} SET {nothing}", write=True)


def _children_first(connection: Connection, dialect: Dialect, ids: Sequence[TableId]) -> tuple[str, ...]:
    """The names of `ids`, none behind a parent of its own."""
    children: dict[TableId, list[TableId]] = {}
    for child, fk in children_of(connection, dialect, ids):
        children.setdefault(fk.parent, []).append(child)
    done: dict[TableId, None] = {}

    def add(id_: TableId, above: frozenset[TableId]) -> None:
        for child in children.get(id_, ()):
            if child not in done and child not in above:
                add(child, above | {id_, child})
        done[id_] = None

    for id_ in ids:
        if id_ not in done:
            add(id_, frozenset((id_,)))
    return tuple(id_.name for id_ in done)
