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
    objects: Annotated[
        bool,
        typer.Option(
            "--objects/--no-objects",
            help="Write the objects in stores too, or have the stores keep them for it.",
        ),
    ] = True,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Write schemas with their rows, rules, history and objects into one file.

    Everything in it is from one moment, while others may go on writing. It can be restored into any kind of database,
    whichever it came from, and looked at without one: it is a zip file.
    """
    with chosen_project(ctx, database, profile) as project:
        manifest = take_backup(file, schemas or None, objects=objects, connection=project)
    for line in summary(manifest):
        typer.echo(line)
    typer.echo(f"Written to {file} ({size_in_words(file.stat().st_size)}).")


def summary(manifest: Manifest) -> Iterator[str]:
    """A line for each schema, and one for the objects: how much there is."""
    for schema in manifest.schemas:
        entries = [e for e in manifest.entries if e.table.id.schema == schema]
        rows, kept = sum(e.rows.count for e in entries), sum(e.history.count for e in entries if e.history)
        history = f", and {_counted(kept, 'earlier row')}" if kept else ""
        yield f"{schema}: {_counted(len(entries), 'table')}, {_counted(rows, 'row')}{history}"
    if manifest.objects is not None:
        where = "" if manifest.objects.inside else f", not in it; the stores keep them for {manifest.objects.holder!r}"
        yield f"{_counted(manifest.objects.count, 'object')} ({size_in_words(manifest.objects.size)}){where}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def size_in_words(count: float) -> str:
    """A number of bytes, as people say it."""
    units = iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    while count >= 1000:
        count, unit = count / 1000, next(units, "TB")
    return f"{count:.3g} {unit}"
