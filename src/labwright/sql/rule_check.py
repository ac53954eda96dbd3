"""Rules and rows that are there already: which of them break one, and how the rules of a table are changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from labwright.core.errors import LabwrightError, RuleError
from labwright.define.rules import RuleDef
from labwright.define.table import TableDef
from labwright.query import expr
from labwright.query.plan import Ref
from labwright.sql.compiler import compile_select
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.literals import literal
from labwright.sql.rule_compiler import RuleCompiler, Written
from labwright.sql.rule_triggers import create_rules, drop_rules, refused_if, touched_columns
from labwright.sql.rules import Guard, check_condition, guards
from labwright.sql.statement import Statement

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
        if dialect.name != "mysql" or connection.in_transaction:
            raise
        return _one_by_one(connection, dialect, table, guard, most)  # MariaDB has no derived table that looks outside


def change_rules(connection: Connection, dialect: Dialect, old: TableDef, new: TableDef) -> None:
    """Replace the rules of a table, which may have rows; what is noted of the table is the caller's to change.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    old, new : TableDef
        The same table but for its rules, and for attributes that neither speaks of.

    Raises
    ------
    RuleError
        When rows break a new rule; names some, and nothing is changed.
    """
    gone = replace(old, rules=tuple(r for r in old.rules if r not in new.rules))
    added = replace(new, rules=tuple(r for r in new.rules if r not in old.rules))
    for rule in added.rules:
        _refuse_broken(new, rule, breaking_rows(connection, dialect, new, rule))
    statements = [*drop_rules(dialect, gone), *_restricted(connection, dialect, added), *create_rules(dialect, added)]
    for statement in statements:
        connection.execute(statement.sql, statement.params, write=True)


def _refuse_broken(table: TableDef, rule: RuleDef, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    shown = "; ".join(", ".join(f"{n}={v!r}" for n, v in row.items()) for row in rows)
    error = RuleError(
        f"Table {table.id} cannot have the rule {rule.name} ({rule.says}): rows that are there break it, such as "
        f"{shown}. Correct them first."
    )
    error.table, error.rule, error.says = str(table.id), rule.name, rule.says
    raise error


def _by_one_query(
    connection: Connection, dialect: Dialect, table: TableDef, guard: Guard, most: int
) -> list[dict[str, Any]]:
    key = table.heading.primary_key
    compiler = RuleCompiler(dialect, Written("new", _ROW, table.heading))
    listed = ", ".join(f"{_ROW}.{dialect.quote(n)}" for n in table.key_columns)
    compiler.write(f"SELECT {listed} FROM {dialect.table(table.id.schema, table.id.name)} AS {_ROW} WHERE ")
    refused_if(compiler, guard)
    compiler.write(f" LIMIT {most}")
    return [dict(zip(key, row, strict=False)) for row in connection.fetch(compiler.sql)]


def _one_by_one(
    connection: Connection, dialect: Dialect, table: TableDef, guard: Guard, most: int
) -> list[dict[str, Any]]:
    source = expr.Source(table.id.schema, table.id.name, table.heading)
    statement = compile_select(source, dialect, output=False)
    names, found = list(table.heading), []
    for values in connection.fetch(statement.sql, statement.params):
        row = dict(zip(names, values, strict=True))
        compiler = _OneRow(dialect, table, row)
        compiler.write("SELECT 1 WHERE ")
        refused_if(compiler, guard)
        if connection.fetch(compiler.sql):
            found.append({n: row[n] for n in table.heading.primary_key})
            if len(found) == most:
                break
    return found


class _OneRow(RuleCompiler):
    """Writes the values of one row in place of those of the row that is written."""

    def __init__(self, dialect: Dialect, table: TableDef, row: Mapping[str, Any]) -> None:
        super().__init__(dialect, Written("new", _ROW, table.heading))
        self.row = row

    def ref(self, column: Ref) -> str:
        return literal(self.dialect.name, self.row[column.name]) if column.alias in self.rows else super().ref(column)


def _restricted(connection: Connection, dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that keep MySQL from changing, unseen by triggers, a key that a rule looks at."""
    if dialect.name != "mysql" or not table.rules:
        return
    touched, target = touched_columns(table), dialect.table(table.id.schema, table.id.name)
    for fk in table.foreign_keys:
        if touched & set(fk.columns):
            for (name,) in connection.fetch(_CASCADING, (table.id.schema, table.id.name, ",".join(fk.columns))):
                columns, others = (", ".join(map(dialect.quote, c)) for c in (fk.columns, fk.parent_columns))
                parent = dialect.table(fk.parent.schema, fk.parent.name)
                yield Statement(
                    f"ALTER TABLE {target} DROP FOREIGN KEY {dialect.quote(name)}, ADD FOREIGN KEY ({columns}) "
                    f"REFERENCES {parent} ({others}) ON UPDATE RESTRICT ON DELETE RESTRICT"
                )


_CASCADING: Final = """
SELECT r.constraint_name FROM information_schema.referential_constraints r
JOIN information_schema.key_column_usage k ON k.constraint_schema = r.constraint_schema
  AND k.constraint_name = r.constraint_name AND k.table_name = r.table_name
WHERE r.constraint_schema = %s AND r.table_name = %s AND r.update_rule = 'CASCADE'
GROUP BY r.constraint_name HAVING group_concat(k.column_name ORDER BY k.ordinal_position) = %s"""


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
                _asked(dialect, table, guard, dict(zip(names, row, strict=True)), start + i)
                for i, row in enumerate(rows[start : start + AT_ONCE])
            )
            for (index,) in connection.fetch(" UNION ALL ".join(asked)):
                yield int(index), rule


def _asked(dialect: Dialect, table: TableDef, guard: Guard, row: Mapping[str, Any], index: int) -> str:
    compiler = _OneRow(dialect, table, row)
    compiler.write(f"SELECT {index} WHERE ")
    refused_if(compiler, guard)
    return compiler.sql
