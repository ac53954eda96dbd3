"""``labwright explain``."""

from __future__ import annotations

from typing import Annotated

import typer

from labwright.cli.filling import filling_table, key_of
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project


def explain(
    ctx: typer.Context,
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="SCHEMA.TABLE as the database has it, or package.module.Class.")
    ],
    key: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="The key, or a part of it.")
    ] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Say why the rows of a key are there, or why they are not.

    Name the class in its module where its code says which keys are to be computed.
    """
    with chosen_project(ctx, database, profile) as project:
        found = filling_table(project, table)
        typer.echo(str(found.explain(key_of(found, key or []))))
