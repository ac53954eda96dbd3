"""What is remembered of foreign keys goes when somebody else changes a name."""

from __future__ import annotations

import time

import pytest
from tests.backends.conftest import Bench, OpenConnection

from labwright.define.table import TableId
from labwright.sql.database import Database


def test_a_name_that_somebody_else_has_changed(bench: Bench, open_connection: OpenConnection) -> None:
    if bench.connection.backend == "sqlite":
        pytest.skip("in a file it is the kept definitions that count, and nobody else may change tables")
    bench.connection.script(
        [
            bench.sql("CREATE TABLE @rat (id int PRIMARY KEY)"),
            bench.sql("CREATE TABLE @weight (rat int PRIMARY KEY, FOREIGN KEY (rat) REFERENCES @rat (id))"),
        ]
    )
    database, other = Database(bench.connection, lambda t: t), bench.beside(open_connection())

    def found() -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        there = database.references().get(TableId(bench.schema, "rat"), ())
        return [(child.name, fk.columns, fk.parent_columns) for child, fk in there]

    assert found() == [("weight", ("rat",), ("id",))]
    other.run("ALTER TABLE @weight RENAME COLUMN rat TO animal")
    assert found() == [("weight", ("animal",), ("id",))]
    other.run("ALTER TABLE @rat RENAME COLUMN id TO number")
    assert found() == [("weight", ("animal",), ("number",))]
    other.run(f"ALTER TABLE @weight RENAME TO {'' if bench.connection.backend == 'postgres' else '@'}mass")
    assert found() == [("mass", ("animal",), ("number",))]


def test_they_are_read_once(bench: Bench) -> None:
    database, deadline = Database(bench.connection, lambda t: t), time.monotonic() + 60
    while database.references() is not database.references():
        assert time.monotonic() < deadline  # others may make tables on this server, too
