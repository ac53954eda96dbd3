"""``labwright verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.backup import summary
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.cli.restore import Rename, renames
from labwright.tables.backup import verify_backup


def verify(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What labwright backup has written.")],
    against: Annotated[
        bool, typer.Option("--against", help="Compare it with the database: the same tables, the same rows?")
    ] = False,
    rename: Rename = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Read a backup from end to end and say whether it is sound.

    Looked at are hashes, numbers of rows, every value, every object, and whether every row that refers to another finds
    it. The exit code is 1 when there is a problem. Without --against no database is needed.
    """
    if against:
        with chosen_project(ctx, database, profile) as project:
            found = verify_backup(file, project, rename=renames(rename))
    else:
        found = verify_backup(file, rename=renames(rename))
    for line in (*summary(found.manifest), *found.problems):
        typer.echo(line)
    if found.problems:
        raise typer.Exit(1)
    typer.echo(f"{file} is sound{', and the database has the same' if against else ''}.")
