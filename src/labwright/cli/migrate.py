"""``labwright migrate``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.modules import classes_in, schemas_in
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import MigrationError
from labwright.tables.alter import Wanted
from labwright.tables.backup import backup
from labwright.tables.migrations import (
    Migration,
    apply_migration,
    go_on,
    log_of,
    pending,
    plan_of,
    read_migrations,
    write_migration,
)
from labwright.tables.project import Project


class Action(StrEnum):
    """What to do."""

    plan = "plan"
    apply = "apply"
    log = "log"
    undo = "undo"


Pairs = dict[str, dict[str, str]]


def migrate(
    ctx: typer.Context,
    action: Annotated[Action, typer.Argument(metavar="plan|apply|log|undo", help="What to do.")],
    modules: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODULE]...", help="For plan: the modules of the pipeline, as in an import, or its package."
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", metavar="FOLDER", help="Where the files are.", show_default=True)
    ] = Path("migrations"),
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="For plan: what the file is called.")] = "change",
    schema: Annotated[str | None, typer.Option("--schema", metavar="NAME", help="This schema alone.")] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", metavar="SCHEMA.TABLE.NEW=OLD", help="For plan: an attribute has another name now."),
    ] = None,
    fill: Annotated[
        list[str] | None,
        typer.Option(
            "--fill", metavar="SCHEMA.TABLE.NAME=EXPRESSION", help="For plan: values for rows that are there."
        ),
    ] = None,
    moved: Annotated[
        list[str] | None,
        typer.Option("--moved", metavar="NEW=OLD", help="For plan: a schema has another name now."),
    ] = None,
    lossy: Annotated[bool, typer.Option("--lossy", help="For plan: values may be lost.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="For apply: show what would be done, and do nothing.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--backup/--no-backup", help="For apply: keep the schemas as they were in backups/ first.")
    ] = True,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Change tables with their rows, by files that can be reviewed and carried out on every database.

    plan compares the code with the database and writes what differs into the next file. apply carries out the files
    that have not been, after going on with one that was interrupted. log shows what was done, by whom and when. undo
    takes back one that was interrupted, where the database could not do so itself.
    """
    with chosen_project(ctx, database, profile) as project:
        if action is Action.plan:
            given = _pairs(rename), _pairs(fill), dict(_split(m, "NEW=OLD") for m in moved or ())
            _plan(project, modules or [], schema, given, folder, name, lossy)
        elif action is Action.apply:
            _apply(project, folder, dry_run=dry_run, keep=keep)
        elif action is Action.log:
            _log(project, [schema] if schema else project.database.schemas())
        else:
            _say(go_on(project, back=True), "Taken back", "There is nothing to take back.")


def _plan(
    project: Project,
    modules: Sequence[str],
    schema: str | None,
    given: tuple[Pairs, Pairs, dict[str, str]],
    folder: Path,
    name: str,
    lossy: bool,
) -> None:
    if not modules:
        raise MigrationError("Say which code is meant: labwright migrate plan MODULE")
    waiting = pending(project, read_migrations(folder))
    if waiting:
        raise MigrationError(f"{waiting[0].name} has not been carried out yet. First: labwright migrate apply")
    schemas = schemas_in(project, modules, schema)
    wanted = Wanted(project, *given)
    plan = wanted.plan([c for s in schemas for c in classes_in(s)])
    if not plan:
        typer.echo("The code and the database agree; tables that are not there are made when they are first used.")
        return
    path = write_migration(folder, name, plan, new=wanted.needed(plan), lossy=lossy)
    typer.echo(f"{plan}\nWritten to {path}. Review it, then: labwright migrate apply")


def _apply(project: Project, folder: Path, *, dry_run: bool, keep: bool) -> None:
    if not dry_run:
        _say(go_on(project), "Went on with", "")
    due = pending(project, read_migrations(folder))
    if keep and not dry_run:
        _keep(project, folder.parent / "backups", due)
    for migration in due:
        plan = plan_of(project, migration) if dry_run else apply_migration(project, migration)
        typer.echo(f"{migration.name}\n{plan if plan else '  The tables are so already.'}")
    if not due:
        typer.echo("There is nothing to do.")


def _keep(project: Project, folder: Path, due: Sequence[Migration]) -> None:
    """Back up the schemas that are to change, as far as there is anything in them."""
    there = [s for s in sorted({s for m in due for s in m.schemas}) if project.database.tables(s)]
    if there:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{due[0].name}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.zip"
        backup(path, there, connection=project)
        typer.echo(f"As it was: {path}")


def _say(texts: Sequence[str], verb: str, nothing: str) -> None:
    for text in texts:
        typer.echo(f"{verb}:\n{text}")
    if not texts and nothing:
        typer.echo(nothing)


def _log(project: Project, schemas: Sequence[str]) -> None:
    found = log_of(project, schemas)
    for schema, entry in found:
        typer.echo(
            f"{entry.finished or entry.started}  {schema}  {entry.name or '(alter)'}  {entry.state}  {entry.who}"
        )
        if entry.finished:
            typer.echo("\n".join(f"    {line}" for line in entry.plan.splitlines()))
    if not found:
        typer.echo("There have been no migrations.")


def _pairs(given: Sequence[str] | None) -> Pairs:
    found: Pairs = {}
    for text in given or ():
        place, value = _split(text, "SCHEMA.TABLE.NAME=...")
        table, _, name = place.rpartition(".")
        found.setdefault(table, {})[name] = value
    return found


def _split(text: str, form: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not equals:
        raise MigrationError(f"{text!r} is not of the form {form}.")
    return left.strip(), right.strip()
