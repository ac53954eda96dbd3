"""``labwright restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.backup import summary
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import ArchiveError
from labwright.tables.backup import restore as restore_backup

Rename = Annotated[
    list[str] | None, typer.Option("--rename", metavar="OLD=NEW", help="Another name for a schema; may be repeated.")
]


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What labwright backup has written.")],
    rename: Rename = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Make the tables of a backup again, with their rows, rules and history.

    Everything is restored or nothing, and nothing is overwritten: a schema that has tables is refused. Hashes are
    checked first. The database may be of another kind than the one that the backup is of.
    """
    with chosen_project(ctx, database, profile) as project:
        restored = restore_backup(file, rename=renames(rename), connection=project)
        where, title = project.connection.url, project.database.dialect.title
    for line in summary(restored.manifest):
        typer.echo(line)
    for name, count in restored.changed.items():
        typer.echo(f"{name}: {title} cannot hold {count:,} of the values; they are NULL now, or rounded, as on insert.")
    typer.echo(f"Restored into {where}.")


def renames(given: list[str] | None) -> dict[str, str]:
    """Read OLD=NEW."""
    pairs = [text.partition("=") for text in given or ()]
    for old, equals, new in pairs:
        if not (old and equals and new):
            raise ArchiveError(f"--rename wants OLD=NEW, such as lab=lab_copy, not {old + equals + new!r}.")
    return {old: new for old, _, new in pairs}
