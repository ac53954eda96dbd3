"""``labwright diff``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from labwright.cli.modules import classes_in, schemas_in
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.tables.alter import Wanted
from labwright.tables.project import Project
from labwright.tables.schema import Schema


def diff(
    ctx: typer.Context,
    modules: Annotated[
        list[str],
        typer.Argument(metavar="MODULE...", help="The modules of the pipeline, as in an import, or its package."),
    ],
    schema: Annotated[str | None, typer.Option("--schema", metavar="NAME", help="Compare this schema alone.")] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Show what differs between the code of a pipeline and the database.

    The exit code is 1 when anything does, so that a continuous integration can ask. Tables that the database has and
    the code has not are named, and make no difference.
    """
    with chosen_project(ctx, database, profile) as project:
        schemas = schemas_in(project, modules, schema)
        lines = list(differences(project, schemas))
        others = [name for s in schemas for name in _others(project, s)]
    for line in lines:
        typer.echo(line)
    for name in others:
        typer.echo(f"{name} has no class in {', '.join(modules)}.", err=True)
    if lines:
        raise typer.Exit(1)
    typer.echo("The code and the database agree.")


def differences(project: Project, schemas: Sequence[Schema]) -> Iterator[str]:
    """Tell how the code of schemas differs from the database."""
    wanted = Wanted(project)
    yield from wanted.plan([c for s in schemas for c in classes_in(s)]).lines
    for table in wanted.missing:
        yield f"{table.id}\n  make the table, which is not there yet"


def _others(project: Project, schema: Schema) -> list[str]:
    known = {cls._table_name for cls in classes_in(schema)}
    return [str(t.id) for n, t in project.database.tables(schema.database_name).items() if n not in known]
