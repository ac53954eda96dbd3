"""Rows that break a rule, told without writing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from labwright.core.errors import LabwrightError
from labwright.core.heading import Heading
from labwright.define.rules import RuleDef
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.query.plan import Ref
from labwright.sql.compiler import compile_select
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.literals import literal
from labwright.sql.rule_compiler import RuleCompiler, Written
from labwright.sql.rule_triggers import refused_if
from labwright.sql.rules import Guard, check_condition, guards

SHOWN: Final = 5
"""So many rows that break a rule are named."""
AT_ONCE: Final = 200
"""So many rows are checked in one statement."""
_ROW: Final = "written"


def breaking_rows(
    connection: Connection, dialect: Dialect, table: TableDef, rule: RuleDef, most: int = SHOWN
) -> list[dict[str, Any]]:
    """Return the keys of rows that break a rule, as the database holds them; at most so many.

    Rules that speak of what a row was before cannot be broken by one that is there.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    table : TableDef
        As it is in the database; it need not have the rule yet.
    rule : RuleDef
    most : int
    """
    guard = next(guards(replace(table, rules=(rule,))))
    if guard.events == ("delete",) or (rule.kind == "refuse" and '"old' in rule.body):
        return []
    try:
        return _by_one_query(connection, dialect, table, guard, most)
    except LabwrightError:
        if dialect.name != "mysql":
            raise
        return _one_by_one(connection, dialect, guard, most)  # MariaDB has no derived table that looks outside


def _by_one_query(
    connection: Connection, dialect: Dialect, table: TableDef, guard: Guard, most: int
) -> list[dict[str, Any]]:
    key = guard.heading.primary_key
    columns = table.key_columns if guard.id == table.id else key
    compiler = RuleCompiler(dialect, Written("new", _ROW, guard.heading))
    listed = ", ".join(f"{_ROW}.{dialect.quote(n)}" for n in columns) or "1"
    compiler.write(f"SELECT {listed} FROM {dialect.table(guard.id.schema, guard.id.name)} AS {_ROW} WHERE ")
    refused_if(compiler, guard)
    compiler.write(f" LIMIT {most}")
    return [dict(zip(key, row, strict=False)) for row in connection.fetch(compiler.sql)]


def _one_by_one(connection: Connection, dialect: Dialect, guard: Guard, most: int) -> list[dict[str, Any]]:
    source = expr.Source(guard.id.schema, guard.id.name, guard.heading)
    statement = compile_select(source, dialect, output=False)
    names, found = list(guard.heading), []
    for values in connection.fetch(statement.sql, statement.params):
        row = dict(zip(names, values, strict=True))
        compiler = _OneRow(dialect, guard.heading, row)
        compiler.write("SELECT 1 WHERE ")
        refused_if(compiler, guard)
        if connection.fetch(compiler.sql):
            found.append({n: row[n] for n in guard.heading.primary_key})
            if len(found) == most:
                break
    return found


class _OneRow(RuleCompiler):
    """Writes the values of one row in place of those of the row that is written."""

    def __init__(self, dialect: Dialect, heading: Heading, row: Mapping[str, Any]) -> None:
        super().__init__(dialect, Written("new", _ROW, heading))
        self.row = row

    def ref(self, column: Ref) -> str:
        return literal(self.dialect.name, self.row[column.name]) if column.alias in self.rows else super().ref(column)


def broken_checks(
    connection: Connection, dialect: Dialect, table: TableDef, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[int, RuleDef]]:
    """Yield the index of each row that breaks a check, with the rule; the rows, of encoded values, are in no table.

    A check that looks at an attribute without a value here is passed over, since only the database knows its default.
    """
    for rule in table.rules:
        if rule.kind != "check" or not set(check_condition(table, rule).names) <= set(names):
            continue
        guard = next(guards(replace(table, rules=(rule,))))
        for start in range(0, len(rows), AT_ONCE):
            asked = (
                _asked(dialect, guard, dict(zip(names, row, strict=True)), start + i)
                for i, row in enumerate(rows[start : start + AT_ONCE])
            )
            for (index,) in connection.fetch(" UNION ALL ".join(asked)):
                yield int(index), rule


def _asked(dialect: Dialect, guard: Guard, row: Mapping[str, Any], index: int) -> str:
    compiler = _OneRow(dialect, guard.heading, row)
    compiler.write(f"SELECT {index} WHERE ")
    refused_if(compiler, guard)
    return compiler.sql
