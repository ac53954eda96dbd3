"""``labwright worker``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.cli.run import For
from labwright.cli.targets import targets
from labwright.core.errors import ConfigError
from labwright.jobs.engines.leaving import leave
from labwright.jobs.order import WorkOrder
from labwright.jobs.run import needed
from labwright.jobs.work_log import logged
from labwright.jobs.worker import Until, work_on


def worker(
    ctx: typer.Context,
    tables: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TABLE]...", help="package.module.Class, or a module for all its tables."),
    ] = None,
    order: Annotated[
        Path | None, typer.Option("--order", metavar="FILE", help="A work order that an engine has written.")
    ] = None,
    leave_at: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Where the engine finds what was done.")
    ] = None,
    restrictions: For = None,
    until_empty: Annotated[
        bool, typer.Option("--until-empty", help="End when there is nothing left to do, rather than wait for more.")
    ] = False,
    max_calls: Annotated[int | None, typer.Option("--max-calls", min=0, help="How many keys at most.")] = None,
    lease: Annotated[
        float | None, typer.Option("--lease", min=1.0, help="Seconds after which its keys are another's, if it dies.")
    ] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Keep tables, and all that they need, up to date: take keys from their queues, and compute them.

    Any number of workers may run at once, on any number of machines. SIGTERM lets a worker give back what it is at, and
    end; when it is killed, another takes its keys when the lease has run out.
    """
    with logged():
        if order is not None:
            report = read_order(order).run()
        else:
            if not tables:
                raise ConfigError("Say which tables the worker shall fill, e.g. labwright worker lab.analysis.")
            until: Until = "empty" if until_empty else "stopped"
            with chosen_project(ctx, database, profile) as project:
                found = needed(targets(project, tables))
                report = work_on(found, restrictions or [], until=until, max_calls=max_calls, lease=lease)
    if leave_at is not None:
        leave(leave_at, ("finished", "", report))
    if report is not None:
        typer.echo(report)


def read_order(file: Path) -> WorkOrder:
    """Read a work order."""
    try:
        return WorkOrder.from_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The work order {file} cannot be read: {error.strerror}.") from error
