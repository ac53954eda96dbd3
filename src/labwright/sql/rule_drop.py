"""What the rules of a table have at other tables goes before the table does."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from labwright.define.rules import RuleDef
from labwright.define.table import TableId
from labwright.sql.connection import Connection
from labwright.sql.ddl_sqlite import TABLE
from labwright.sql.ddl_writer import SERVICE
from labwright.sql.dialect import Dialect
from labwright.sql.kept import KEPT, read_kept
from labwright.sql.rule_triggers import outlying_triggers
from labwright.sql.statement import Statement


def before_drop(
    connection: Connection, dialect: Dialect, ids: Collection[TableId], there: Mapping[str, Collection[str]]
) -> Iterator[Statement]:
    """Statements to run before the tables `ids` are dropped; `there` has the names of all tables by schema."""
    for schema in dict.fromkeys(id_.schema for id_ in ids):
        for name, told in _told(connection, dialect, schema, there[schema]).items():
            if TableId(schema, name) in ids:
                rules = [RuleDef(**r) for r in told.get("rules", ())]
                yield from outlying_triggers(dialect, TableId(schema, name), rules)


def _told(
    connection: Connection, dialect: Dialect, schema: str, there: Collection[str]
) -> Mapping[str, Mapping[str, Any]]:
    """What is kept of the tables of a schema."""
    if dialect.native_schemas:
        return read_kept(connection, dialect, schema) if KEPT in there else {}
    if SERVICE not in there:
        return {}
    rows = connection.fetch(f"SELECT name, value FROM {dialect.table(schema, SERVICE)}")
    return {n.removeprefix(TABLE): json.loads(v) for n, v in rows if n.startswith(TABLE)}
