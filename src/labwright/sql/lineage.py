"""The service table that keeps where attributes come from, written anew."""

from __future__ import annotations

from labwright.define.table import StorageOf
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import service_tables
from labwright.sql.ddl_writer import LINEAGE, lineage_rows
from labwright.sql.declare import refuse_within_transaction, run_all, table_names
from labwright.sql.dialect import Dialect
from labwright.sql.reflect import read_schema


def rebuild_lineage(
    connection: Connection, dialect: Dialect, schema: str, storage_of: StorageOf, *, create: bool = False
) -> int:
    """Work out the lineages of a schema from its foreign keys, keep them, and return how many there are.

    Where the schema keeps none, as on SQLite and in a classic database, they always follow from the foreign keys, and
    nothing is written unless a server is to `create` the table for them.
    """
    if LINEAGE not in table_names(connection, dialect, schema):
        if not create or not dialect.native_schemas:
            return 0
        refuse_within_transaction(connection)
        run_all(connection, service_tables(dialect, schema, lineage=True))
    tables = read_schema(connection, dialect, schema, storage_of, lineage=False).values()
    with connection.atomic():
        connection.execute(f"DELETE FROM {dialect.table(schema, LINEAGE)}", write=True)
        for table in tables:
            run_all(connection, lineage_rows(dialect, table))
    return sum(a.lineage is not None for t in tables for a in t.heading.values())
