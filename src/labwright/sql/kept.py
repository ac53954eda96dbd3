"""What servers keep of a table for Labwright: rules, owner and history, which no catalogue has a place for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from labwright.define.serial import kept_to_dict
from labwright.define.table import TableDef, TableId
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement

KEPT: Final = "~table"
"""The service table for it, one per schema, made with the first table that needs it."""


def keep(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that note it, for a table that has any of it."""
    told = kept_to_dict(table)
    if told:
        name = dialect.table(table.id.schema, KEPT)
        yield _create(dialect, name)
        yield Statement(f"DELETE FROM {name} WHERE name = %s", (table.id.name,))
        yield Statement(f"INSERT INTO {name} (name, value) VALUES (%s, %s)", (table.id.name, json.dumps(told)))


def forget_kept(dialect: Dialect, id_: TableId) -> Statement:
    """The statement that removes it; the service table must be there."""
    return Statement(f"DELETE FROM {dialect.table(id_.schema, KEPT)} WHERE name = %s", (id_.name,))


def read_kept(connection: Connection, dialect: Dialect, schema: str) -> dict[str, Mapping[str, Any]]:
    """What is kept of the tables of a schema, by their names; the service table must be there."""
    rows = connection.fetch(f"SELECT name, value FROM {dialect.table(schema, KEPT)}")
    return {name: json.loads(value) for name, value in rows}


def _create(dialect: Dialect, name: str) -> Statement:
    options = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin" if dialect.name == "mysql" else ""
    text = "longtext" if dialect.name == "mysql" else "text"
    return Statement(
        f"CREATE TABLE IF NOT EXISTS {name} (name varchar(64) NOT NULL PRIMARY KEY, value {text} NOT NULL){options}"
    )
