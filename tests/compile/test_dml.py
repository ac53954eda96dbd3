"""Statements that change rows, on each database."""

from __future__ import annotations

import pytest

from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.define.table import TableDef, TableId
from labwright.query.conditions import InQuery, Keys
from labwright.query.expr import Source
from labwright.sql.dialect import Dialect
from labwright.sql.dml import delete_rows
from labwright.sql.mysql import MySQL
from labwright.sql.postgres import Postgres
from labwright.sql.sqlite import SQLite

KEY = Heading([Attribute("mouse", Type("int32"), in_key=True, lineage="lab.mouse.mouse")])


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        (
            SQLite(),
            'DELETE FROM "lab.mouse" WHERE (("lab.mouse"."mouse") IN (SELECT t0."mouse" FROM "lab.session" AS t0))',
        ),
        (
            Postgres(),
            (
                'DELETE FROM "lab"."mouse" WHERE EXISTS (SELECT 1 FROM "lab"."session" AS t0 '
                'WHERE t0."mouse" = "lab"."mouse"."mouse")'
            ),
        ),
        (
            MySQL(),
            (
                "DELETE FROM `lab`.`mouse` WHERE EXISTS (SELECT 1 FROM `lab`.`session` AS t0 "
                "WHERE t0.`mouse` = `lab`.`mouse`.`mouse`)"
            ),
        ),
    ],
    ids=["sqlite", "postgres", "mysql"],
)
def test_a_subquery_of_a_delete_looks_at_the_row_that_goes(dialect: Dialect, sql: str) -> None:
    table = TableDef(TableId("lab", "mouse"), KEY)
    condition = InQuery(("mouse",), Source("lab", "session", KEY))
    assert delete_rows(dialect, table, condition).sql == sql


@pytest.mark.parametrize(
    ("dialect", "beginning"),
    [
        (SQLite(), 'DELETE FROM "lab.mouse" WHERE'),
        (Postgres(), 'DELETE FROM "lab"."mouse" WHERE'),
        (MySQL(), "DELETE FROM `lab`.`mouse` USING `lab`.`mouse` WHERE"),
    ],
    ids=["sqlite", "postgres", "mysql"],
)
def test_rows_are_deleted_by_key_in_the_form_that_finds_them_by_an_index(dialect: Dialect, beginning: str) -> None:
    table = TableDef(TableId("lab", "mouse"), KEY)
    assert delete_rows(dialect, table, Keys(("mouse",), ((1,), (2,)))).sql.startswith(beginning)
