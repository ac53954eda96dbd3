"""``labwright backup``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from labwright.archive.manifest import Manifest
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.tables.backup import backup as take_backup


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; no file may be there yet.")],
    schemas: Annotated[
        list[str] | None, typer.Argument(metavar="[SCHEMA]...", help="What to keep; by default all that have tables.")
    ] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Write schemas with their rows, rules and history into one file.

    Everything in it is from one moment, while others may go on writing. It can be restored into any kind of database,
    whichever it came from, and looked at without one: it is a zip file.
    """
    with chosen_project(ctx, database, profile) as project:
        manifest = take_backup(file, schemas or None, connection=project)
    for line in summary(manifest):
        typer.echo(line)
    typer.echo(f"Written to {file} ({_size(file.stat().st_size)}).")


def summary(manifest: Manifest) -> Iterator[str]:
    """A line for each schema: how much there is of it."""
    for schema in manifest.schemas:
        entries = [e for e in manifest.entries if e.table.id.schema == schema]
        rows, kept = sum(e.rows.count for e in entries), sum(e.history.count for e in entries if e.history)
        history = f", and {_counted(kept, 'earlier row')}" if kept else ""
        yield f"{schema}: {_counted(len(entries), 'table')}, {_counted(rows, 'row')}{history}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _size(count: float) -> str:
    units = iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while count >= 1000:
        count, unit = count / 1000, next(units, "TB")
    return f"{count:.3g} {unit}"
