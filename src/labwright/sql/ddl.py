"""Making and dropping schemas and tables: the statements, and running them safely."""

from __future__ import annotations

from labwright.sql.ddl_tables import (
    create_schema,
    create_table,
    default_expression,
    drop_schema,
    drop_table,
    service_tables,
)
from labwright.sql.ddl_writer import Surroundings
from labwright.sql.declare import declare
from labwright.sql.drop import drop, drop_whole_schema

__all__ = [
    "Surroundings",
    "create_schema",
    "create_table",
    "declare",
    "default_expression",
    "drop",
    "drop_schema",
    "drop_table",
    "drop_whole_schema",
    "service_tables",
]
