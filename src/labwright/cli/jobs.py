"""``labwright jobs``."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from labwright.cli.filling import filling_tables
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.cli.run import For
from labwright.core.errors import ConfigError
from labwright.jobs.auto import AutoPopulate
from labwright.jobs.explain import grouped_errors
from labwright.jobs.table import JobTable

MOST = 20
"""Groups of errors that are listed for a table."""


class Action(StrEnum):
    """What to do."""

    list = "list"
    show = "show"
    retry = "retry"
    ignore = "ignore"
    clear = "clear"


def jobs(
    ctx: typer.Context,
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION",
            help="list: errors, and how many keys have each. show: the newest error with its traceback. retry: try "
            "again what failed or is ignored. ignore: let nobody compute keys. clear: remove jobs; keys that are still "
            "to be computed come back.",
        ),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="SCHEMA or SCHEMA.TABLE as the database has them, or modules and classes; by default all schemas.",
        ),
    ] = None,
    restrictions: For = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Look at the jobs of tables that fill themselves, and try again, ignore or remove them."""
    if (action not in (Action.list, Action.show) and not names) or (action is Action.ignore and not restrictions):
        example = f'labwright jobs {action} lab.Weight --for "mouse = 3"'
        raise ConfigError(f"Say of which tables, and of which keys, e.g. {example}.")
    with chosen_project(ctx, database, profile) as project:
        for table in filling_tables(project, names or []):
            for line in _ACT[action](table, restrictions or []):
                typer.echo(line)


def _restricted(table: AutoPopulate, restrictions: list[str]) -> JobTable:
    found: Any = table.jobs
    for restriction in restrictions:
        found = found & restriction
    assert isinstance(found, JobTable)
    return found


def _list(table: AutoPopulate, restrictions: list[str]) -> Iterator[str]:
    if not table.jobs.is_declared:
        return
    groups = grouped_errors(_restricted(table, restrictions))
    if groups:
        yield f"{_name(table)}: {sum(count for _, count, _ in groups):,} failed"
    for message, count, key in groups[:MOST]:
        yield f"  {count:,} x {message.splitlines()[0]}  (e.g. {', '.join(f'{n}={v}' for n, v in key.items())})"
    if len(groups) > MOST:
        yield f"  and {len(groups) - MOST:,} more messages"


def _show(table: AutoPopulate, restrictions: list[str]) -> Iterator[str]:
    if not table.jobs.is_declared:
        return
    failed = _restricted(table, restrictions).errors
    for key in failed.keys(order_by=f"{failed.names['completed_time']} DESC", limit=1):
        yield str(table.explain(key))


def _retry(table: AutoPopulate, restrictions: list[str]) -> Iterator[str]:
    if table.jobs.is_declared:
        count = _restricted(table, restrictions).reset()
        yield f"{_name(table)}: {count:,} to be tried again"


def _ignore(table: AutoPopulate, restrictions: list[str]) -> Iterator[str]:
    keys: Any = table.key_source
    for restriction in restrictions:
        keys = keys & restriction
    found = (keys - table).keys()
    for key in found:
        table.jobs.ignore(key)
    yield f"{_name(table)}: {len(found):,} ignored"


def _clear(table: AutoPopulate, restrictions: list[str]) -> Iterator[str]:
    if table.jobs.is_declared:
        yield f"{_name(table)}: {_restricted(table, restrictions).delete():,} removed"


def _name(table: AutoPopulate) -> str:
    return f"{table.database}.{type(table).__name__}"


_ACT = {
    Action.list: _list,
    Action.show: _show,
    Action.retry: _retry,
    Action.ignore: _ignore,
    Action.clear: _clear,
}
