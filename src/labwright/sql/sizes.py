"""How much room tables take."""

from __future__ import annotations

from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.queries import queries


def size_on_disk(connection: Connection, dialect: Dialect, schema: str, table: str | None = None) -> int:
    """Return the bytes that a schema takes with its indexes, or one table of it, as the database tells."""
    sql = queries(dialect.name)["size"]
    if dialect.native_schemas:
        names = "IS NOT NULL" if table is None else "= %s"
        params = (schema,) if table is None else (schema, table)
        return int(connection.fetch(sql.replace("{names}", names), params)[0][0])
    prefix = f"{schema}.{table or ''}"
    return int(connection.fetch(sql, (prefix, table is not None))[0][0])
