"""Schemas and tables as they are named on the command line."""

from __future__ import annotations

from labwright.core.errors import MissingTableError, did_you_mean
from labwright.tables.project import Project
from labwright.tables.schema import Schema
from labwright.tables.table import Part, Table
from labwright.tables.virtual import virtual_schema


def open_schema(project: Project, name: str) -> Schema:
    """Return a schema with classes for the tables that the database has.

    Raises
    ------
    MissingTableError
        When there is no such schema; names near ones.
    """
    found = project.database.schemas()
    if name not in found:
        there = f"There are: {', '.join(found)}." if found else "There are none yet."
        raise MissingTableError(f"There is no schema {name!r}.{did_you_mean(name, found)} {there}")
    return virtual_schema(name, connection=project)


def all_tables(schema: Schema) -> list[type[Table]]:
    """Return the tables of a schema, parents first, each followed by its parts."""
    masters = [cls for cls in schema if not issubclass(cls, Part)]
    return [cls for master in masters for cls in (master, *schema.part_classes(master))]


def find_table(schema: Schema, name: str) -> type[Table]:
    """Return a table by the name of its class (``Session.Trial``) or in the database (``session__trial``).

    Raises
    ------
    MissingTableError
        When there is no such table; names near ones.
    """
    by_name = {label(cls): cls for cls in all_tables(schema)}
    for known, cls in by_name.items():
        if name in (known, cls._table_name):
            return cls
    near = did_you_mean(name, [*by_name, *(cls._table_name for cls in by_name.values())])
    there = f"There are: {', '.join(by_name) or 'none'}."
    raise MissingTableError(f"There is no table {name!r} in schema {schema.database_name!r}.{near} {there}")


def label(cls: type[Table]) -> str:
    """Return the name of a class, with its master before that of a part."""
    master = cls.master if issubclass(cls, Part) else None
    return cls.__name__ if master is None else f"{master.__name__}.{cls.__name__}"
