"""``labwright restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from labwright.cli.backup import summary
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import ArchiveError
from labwright.tables.backup import restore as restore_backup

SHOWN: Final = 10
"""So many missing objects are named; of the others the number is told."""

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
    """Make the tables of a backup again, with their rows, rules, history and objects.

    Everything is restored or nothing, and nothing is overwritten: a schema that has tables is refused. Hashes are
    checked first. The database may be of another kind than the one that the backup is of. Objects go into the stores of
    the same names.
    """
    with chosen_project(ctx, database, profile) as project:
        restored = restore_backup(file, rename=renames(rename), connection=project)
        where, title = project.connection.url, project.database.dialect.title
    for line in summary(restored.manifest):
        typer.echo(line)
    for name, count in restored.changed.items():
        typer.echo(f"{name}: {title} cannot hold {count:,} of the values; they are NULL now, or rounded, as on insert.")
    for missing in restored.missing[:SHOWN]:
        typer.echo(f"missing  {missing}")
    if restored.missing:
        typer.echo(
            f"{len(restored.missing):,} objects that rows refer to are not in the stores of this project. Put them "
            "there under the same paths, and let the catalogue know: labwright store adopt"
        )
    typer.echo(f"Restored into {where}.")


def renames(given: list[str] | None) -> dict[str, str]:
    """Read OLD=NEW."""
    pairs = [text.partition("=") for text in given or ()]
    for old, equals, new in pairs:
        if not (old and equals and new):
            raise ArchiveError(f"--rename wants OLD=NEW, such as lab=lab_copy, not {old + equals + new!r}.")
    return {old: new for old, _, new in pairs}
