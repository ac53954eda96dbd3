"""Making, reading, altering and listing the tables of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import replace

from labwright.core.heading import Heading
from labwright.define.table import TableDef
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import table_writer
from labwright.sql.ddl_writer import Surroundings
from labwright.sql.declare import locked, run_all, surroundings, table_names
from labwright.sql.dialect import Dialect
from labwright.sql.queries import queries
from labwright.sql.runs import SHARED, drop_runs, fills_itself, run_id, run_table, shared_table
from labwright.sql.statement import Statement


def read_runs(connection: Connection, dialect: Dialect, table: TableDef) -> TableDef | None:
    """Return the table with the runs of `table`, as it is in the database; None where there is none."""
    id_ = run_id(table.id)
    if not fills_itself(table.id) or id_.name not in table_names(connection, dialect, id_.schema):
        return None
    there = connection.execute(f"SELECT * FROM {dialect.table(id_.schema, id_.name)} WHERE 1 = 0").names
    return run_table(table, [n for n in there if n in table.heading])


def make_runs(connection: Connection, dialect: Dialect, table: TableDef, runs: TableDef) -> None:
    """Make the table `runs` beside `table`, and what runs share, unless they are there; outside of any transaction.

    One for another key is replaced: it tells nothing of rows that are computed from now on.
    """
    if connection.in_transaction and dialect.native_schemas:
        Context().run(_make, connection, dialect, table, runs)
    else:
        _make(connection, dialect, table, runs)


def _make(connection: Connection, dialect: Dialect, table: TableDef, runs: TableDef) -> None:
    found = read_runs(connection, dialect, table)
    shared = [shared_table(table.id.schema, name) for name in SHARED]
    there = table_names(connection, dialect, table.id.schema)
    if found == runs and there.issuperset(SHARED):
        return
    with locked(connection, dialect, "declare"):
        there = table_names(connection, dialect, table.id.schema)
        for wanted in shared:
            if wanted.id.name not in there:
                run_all(connection, _creation(dialect, wanted, surroundings(connection, dialect, wanted, False)))
        found = read_runs(connection, dialect, table)
        if found != runs:
            run_all(connection, [*drop_runs(dialect, table.id)] if found else [])
            run_all(connection, _creation(dialect, runs, _around(connection, dialect, table, runs)))


def _around(connection: Connection, dialect: Dialect, table: TableDef, runs: TableDef) -> Surroundings:
    """What the key has to look like so that runs can be found by that of the table."""
    sql = queries(dialect.name).get("column_types")
    rows = connection.fetch(sql, (table.id.schema, table.id.name)) if sql else []
    own = {name: text.replace("%", "%%") for name, text in rows if name in table.heading}
    return replace(surroundings(connection, dialect, runs, False), own=own)


def _creation(dialect: Dialect, table: TableDef, around: Surroundings) -> Iterator[Statement]:
    writer = table_writer(dialect, table, around)
    yield from writer.before()
    yield Statement(writer.create())


def follow_runs(
    connection: Connection, dialect: Dialect, old: TableDef, new: TableDef, renames: Mapping[str, str]
) -> Iterator[Statement]:
    """Statements that let the runs follow when a table is altered; they go where its key is of other types.

    Parameters
    ----------
    renames : mapping
        Old name -> new name.
    """
    runs = read_runs(connection, dialect, replace(new, id=old.id, heading=_both(old, new)))
    if runs is None:
        return
    key = runs.heading.primary_key
    keeps = old.id.schema == new.id.schema and all(_stays(old, new, n, renames.get(n, n)) for n in key)
    if not keeps:
        yield from drop_runs(dialect, old.id)
        return
    place = dialect.table(runs.id.schema, runs.id.name)
    for name in key:
        if name in renames and name in old.heading:
            yield Statement(
                f"ALTER TABLE {place} RENAME COLUMN {dialect.quote(name)} TO {dialect.quote(renames[name])}"
            )
    now = run_id(new.id)
    if now != runs.id:
        to = dialect.quote(now.name) if dialect.name == "postgres" else dialect.table(now.schema, now.name)
        yield Statement(f"ALTER TABLE {place} RENAME TO {to}")


def _both(old: TableDef, new: TableDef) -> Heading:
    """The attributes of both, so that a key is known before and after its columns were renamed."""
    return Heading([*old.heading.values(), *(a for n, a in new.heading.items() if n not in old.heading)])


def _stays(old: TableDef, new: TableDef, name: str, renamed: str) -> bool:
    before = old.heading.get(name) or new.heading[name]
    return renamed in new.heading.primary_key and before.stored == new.heading[renamed].stored


def kept_runs(connection: Connection, dialect: Dialect, tables: Sequence[TableDef]) -> Iterator[TableDef]:
    """The tables of runs that there are beside those of one schema, and what they share: a backup has them too."""
    found = [runs for t in tables if fills_itself(t.id) and (runs := read_runs(connection, dialect, t)) is not None]
    schemas = dict.fromkeys(t.id.schema for t in found)
    yield from (shared_table(schema, name) for schema in schemas for name in SHARED)
    yield from found
