"""``labwright upgrade``."""

from __future__ import annotations

from typing import Annotated

import typer

from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.sql.upgrade import Upgrade, newest, plan_upgrades
from labwright.sql.upgrade import upgrade as upgrade_schema
from labwright.tables.keeping import renew
from labwright.tables.project import Project


def upgrade(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Move Labwright's own tables to the version of this Labwright.

    The tables of the pipeline are not touched. Make a backup first, and let nobody work with an older Labwright
    meanwhile.
    """
    with chosen_project(ctx, database, profile) as project:
        plans = plan_upgrades(project.connection, project.database.dialect, project.database.schemas())
        due = [plan for plan in plans if plan.steps]
        for plan in due:
            _run(project, plan, dry_run)
        renewed = 0 if dry_run else sum(_renew(project, plan.schema) for plan in plans)
    if not due and not renewed:
        typer.echo(_nothing(len(plans)))
    elif dry_run:
        typer.echo("Nothing was changed. Run it without --dry-run to do this.")


def _run(project: Project, plan: Upgrade, dry_run: bool) -> None:
    typer.echo(f"{plan.schema}: version {plan.version} -> {plan.steps[-1].to}")
    taken = plan.steps if dry_run else upgrade_schema(project.connection, project.database.dialect, plan.schema)
    for step in taken:
        typer.echo(f"  {step.what}")


def _renew(project: Project, schema: str) -> int:
    tables = renew(project.database, schema)
    if tables:
        count = len(tables)
        typer.echo(f"{schema}: what keeps the history of {count} table{'' if count == 1 else 's'} was made anew.")
    return len(tables)


def _nothing(count: int) -> str:
    if count == 0:
        return "There is nothing to upgrade: no schema has tables of Labwright's own yet."
    return f"There is nothing to upgrade: {count} schema{' is' if count == 1 else 's are'} at version {newest()}."
