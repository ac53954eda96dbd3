"""What a broken rule is told as: the table, the sentence, and the row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from labwright.core.errors import LabwrightError, RuleError
from labwright.define.rules import RuleDef
from labwright.define.table import TableDef, TableId
from labwright.sql.database import Database
from labwright.sql.rule_names import is_rule_of
from labwright.tables.rows import Columns

Send = Callable[[Columns], None]
CHUNK = 500
"""So many rows are tried at a time when the one that breaks a rule is looked for."""


@contextmanager
def telling(database: Database, *tables: TableDef) -> Iterator[None]:
    """Tell of a broken rule of one of `tables`, or of one that has its limit there."""
    try:
        yield
    except RuleError as error:
        raise broken(database, tables, error) from error


def broken(
    database: Database,
    tables: Sequence[TableDef],
    error: RuleError,
    row: dict[str, Any] | None = None,
    number: int | None = None,
) -> RuleError:
    """The error with the sentence of the rule and the row, as far as it is known; `tables` are those written."""
    id_, rule = _rule(database, tables, error)
    says = rule.says if rule else error.says or "A rule does not hold"
    place = f", row {number}" if number is not None else ""
    shown = f" The row: {', '.join(f'{n}={v!r}' for n, v in row.items())}." if row else ""
    written = tables[0].id if row else id_
    told = RuleError(f"Table {written}{place}: {says.removesuffix('.')} (rule {error.rule} of {id_}).{shown}")
    told.table, told.rule, told.says, told.row, told.violation = str(id_), error.rule, says, row, error.violation
    return told


def _rule(database: Database, tables: Sequence[TableDef], error: RuleError) -> tuple[TableId, RuleDef | None]:
    """The rule that was broken, and its table: one that was written, or one whose rule stands there."""
    name = error.violation.constraint if error.violation else None
    for id_, rules in _candidates(database, tables):
        if name and is_rule_of(name, id_):
            return id_, next((r for r in rules if r.name == error.rule), None)
    return tables[0].id, None


def _candidates(database: Database, tables: Sequence[TableDef]) -> Iterator[tuple[TableId, tuple[RuleDef, ...]]]:
    for table in tables:
        yield table.id, table.rules
    for id_, _ in database.children([t.id for t in tables]):
        yield id_, database.find(id_).rules
    for schema in list(database.connection.schemas):  # whose tables may have rules that stand elsewhere
        yield from ((table.id, table.rules) for table in database.tables(schema).values() if table.rules)


def first_broken(database: Database, columns: Columns, send: Send) -> int | None:
    """The index of the first of several rows that breaks a rule, found by trying again and leaving nothing behind."""
    if columns.count == 1:
        return 0
    try:
        with database.connection.atomic():
            raise _TrialError(_try_rows(database, columns, send))
    except _TrialError as found:
        return found.index


def _try_rows(database: Database, columns: Columns, send: Send) -> int | None:
    for start in range(0, columns.count, CHUNK):
        if not _is_taken(database, _slice(columns, start, start + CHUNK), send):
            for index in range(start, min(start + CHUNK, columns.count)):
                if not _is_taken(database, _slice(columns, index, index + 1), send):
                    return index
    return None


def _is_taken(database: Database, columns: Columns, send: Send) -> bool:
    try:
        with database.connection.atomic():
            send(columns)
    except RuleError:
        return False
    return True


def _slice(columns: Columns, start: int, stop: int) -> Columns:
    values = tuple(c[start:stop] for c in columns.values)
    return Columns(columns.names, values, min(stop, columns.count) - start)


class _TrialError(LabwrightError):
    """Ends the trial, so that what it wrote is undone."""

    def __init__(self, index: int | None) -> None:
        super().__init__("found")
        self.index = index
