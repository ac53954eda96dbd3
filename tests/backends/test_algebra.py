"""Random expressions over random pipelines: every database gives the rows that plain loops over Python rows give."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from labwright.core.heading import Attribute
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.sql.compiler import compile_count, compile_exists
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.mysql import MySQL
from labwright.sql.postgres import Postgres
from labwright.sql.sqlite import SQLite
from labwright.sql.sqlite_functions import install
from labwright.sql.statements import Statements
from labwright.sql.url import parse_url
from labwright.testing.evaluator import evaluate
from labwright.testing.pipelines import Pipeline, pipelines
from labwright.testing.queries import Query, queries


class Lab:
    """A database that holds one pipeline at a time, each in a schema of its own."""

    def __init__(self, url: str, prefix: str) -> None:
        parsed = parse_url(url)
        self.dialect: Dialect = {"sqlite": SQLite, "postgres": Postgres, "mysql": MySQL}[parsed.backend]()
        self.statements = Statements(self.dialect)
        self.connection = Connection(parsed, on_connect=install if parsed.backend == "sqlite" else None)
        self.schemas = (f"{prefix}{n}" for n in itertools.count())

    def new_schema(self) -> str:
        self.schema = next(self.schemas)
        if self.dialect.native_schemas:
            self.connection.execute(f"CREATE SCHEMA {self.dialect.quote(self.schema)}", write=True)
        return self.schema

    def fill(self, pipeline: Pipeline) -> None:
        for table in pipeline.tables:
            self.create(table)
            rows = pipeline.rows[table.id.schema, table.id.name]
            if rows:
                self.insert(table, rows)

    def create(self, table: TableDef) -> None:
        columns = [self.column(a) for a in table.heading.values()]
        key = ", ".join(map(self.dialect.quote, table.heading.primary_key))
        name = self.dialect.table(table.id.schema, table.id.name)
        self.connection.execute(f"CREATE TABLE {name} ({', '.join(columns)}, PRIMARY KEY ({key}))", write=True)

    def column(self, attribute: Attribute) -> str:
        assert attribute.type is not None
        type_ = self.dialect.column_type(attribute.type, self.schema)
        if self.dialect.name == "postgres" and attribute.type.kind == "enum":
            self.define_enum(type_, attribute.type.args)
        return f"{self.dialect.quote(attribute.name)} {type_}{'' if attribute.nullable else ' NOT NULL'}"

    def define_enum(self, name: str, labels: tuple[str, ...]) -> None:
        if not self.connection.fetch("SELECT to_regtype(%s)", (name,))[0][0]:
            listed = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
            self.connection.execute(f"CREATE TYPE {name} AS ENUM ({listed})", write=True)

    def insert(self, table: TableDef, rows: list[dict[str, Any]]) -> None:
        heading = table.heading
        marks = ", ".join([self.dialect.placeholder] * len(heading))
        names = ", ".join(map(self.dialect.quote, heading))
        values = [tuple(self.dialect.encode(heading[n].stored, row[n]) for n in heading) for row in rows]
        target = self.dialect.table(table.id.schema, table.id.name)
        self.connection.executemany(f"INSERT INTO {target} ({names}) VALUES ({marks})", values)

    def empty(self, pipeline: Pipeline) -> None:
        for table in reversed(pipeline.tables):
            self.connection.execute(f"DROP TABLE {self.dialect.table(table.id.schema, table.id.name)}", write=True)

    def fetch(self, node: expr.Node) -> list[dict[str, Any]]:
        """The rows, by a statement that is remembered."""
        self.statements.select(node)
        statement, plan = self.statements.select(node)
        note(f"{statement.sql}\n{statement.params}")
        assert plan.names == tuple(node.heading)
        return plan.dicts(self.connection.fetch(statement.sql, statement.params))

    def count(self, node: expr.Node) -> Any:
        statement = compile_count(node, self.dialect)
        return self.connection.fetch(statement.sql, statement.params)[0][0]

    def exists(self, node: expr.Node) -> Any:
        statement = compile_exists(node, self.dialect)
        return self.connection.fetch(statement.sql, statement.params)[0][0]


@pytest.fixture
def lab(database_url: str, prefix: str) -> Iterator[Lab]:
    lab = Lab(database_url, prefix)
    yield lab
    lab.connection.close()


def plain(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row that can be compared: the class of each value, floats to twelve digits."""
    return tuple((type(v).__name__, _plain_value(v)) for v in row.values())


def _plain_value(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else repr(value)
    return repr(value) if isinstance(value, (dict, list)) else value


def check(lab: Lab, pipeline: Pipeline, query: Query) -> None:
    """The rows are right, in order where there is one; their number is; the key is one."""
    node = query.query_node()
    expected = [plain(row) for row in evaluate(node, pipeline.rows)]
    found = lab.fetch(node)
    rows = [plain(row) for row in found]
    assert Counter(rows) == Counter(expected)
    if isinstance(node, expr.Slice):
        assert rows == expected
    assert lab.count(node) == len(rows)
    assert bool(lab.exists(node)) == bool(rows)
    check_heading(query, found)


def check_heading(query: Query, rows: list[dict[str, Any]]) -> None:
    """What the heading says about NULL and the key holds for the rows."""
    key = query.primary_key
    for name, attribute in query.heading.items():
        assert attribute.nullable or all(row[name] is not None for row in rows), name
    keys = [tuple(row[n] for n in key) for row in rows if all(row[n] is not None for n in key)]
    assert len(set(keys)) == len(keys)


@settings(suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_database_gives_the_rows_of_the_evaluator(lab: Lab, data: st.DataObject) -> None:
    pipeline = data.draw(pipelines(lab.new_schema()))
    lab.fill(pipeline)
    try:
        for _ in range(4):
            query = data.draw(queries(pipeline, 3))
            check(lab, pipeline, query)
    finally:
        lab.empty(pipeline)
