"""What stands beside a table in the database: its rules, what keeps its history, its jobs and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from labwright.define.job_table import job_id
from labwright.define.table import TableDef, TableId
from labwright.sql.dialect import Dialect
from labwright.sql.history_ddl import clear_history, make_history, remove_history
from labwright.sql.rule_triggers import clear_rules, create_rules, drop_rules
from labwright.sql.runs import drop_runs
from labwright.sql.statement import Statement


def _clear_jobs(dialect: Dialect, id_: TableId) -> Iterator[Statement]:
    """The jobs of a table that filled itself."""
    if id_.name.startswith("_"):
        jobs = job_id(id_)
        yield Statement(f"DROP TABLE IF EXISTS {dialect.table(jobs.schema, jobs.name)}")


_MAKERS: Final[tuple[Callable[[Dialect, TableDef], Iterator[Statement]], ...]] = (create_rules, make_history)
_REMOVERS: Final[tuple[Callable[[Dialect, TableDef], Iterator[Statement]], ...]] = (drop_rules, remove_history)
_CLEARERS: Final[tuple[Callable[[Dialect, TableId], Iterator[Statement]], ...]] = (
    clear_rules,
    clear_history,
    _clear_jobs,
    drop_runs,
)


def create_companions(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that make them, for a table that is there and has none yet."""
    for make in _MAKERS:
        yield from make(dialect, table)


def drop_companions(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that take them away from a table that stays, e.g. before it is altered; its history is kept."""
    for remove in _REMOVERS:
        yield from remove(dialect, table)


def clear_companions(dialect: Dialect, id_: TableId) -> Iterator[Statement]:
    """Statements that remove what is left of them after the table was dropped, whether there was any or not."""
    for clear in _CLEARERS:
        yield from clear(dialect, id_)
