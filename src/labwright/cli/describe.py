"""``labwright describe``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from labwright.cli.named_tables import all_tables, find_table, label, open_schema
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.tables.project import Project
from labwright.tables.table import Table


def describe(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCHEMA[.TABLE]]...", help="What to describe; without any, the schemas are listed."),
    ] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Show the definitions of tables, as the database has them.

    A table is named by its class, as in lab.Session or lab.Session.Trial, or as the database has it, as in
    lab.session__trial. The code of the pipeline is not needed.
    """
    with chosen_project(ctx, database, profile) as project:
        texts = _definitions(project, names) if names else _overview(project)
        for number, text in enumerate(texts):
            typer.echo(f"\n{text}" if number and names else text)


def _definitions(project: Project, names: list[str]) -> Iterator[str]:
    for name in names:
        schema, _, table = name.partition(".")
        found = open_schema(project, schema)
        for cls in [find_table(found, table)] if table else all_tables(found):
            yield _definition(cls)


def _definition(cls: type[Table]) -> str:
    id_ = cls().id
    return f"## {label(cls)} ({id_.parsed.tier}, {id_})\n{cls().describe().rstrip()}"


def _overview(project: Project) -> Iterator[str]:
    names = project.database.schemas()
    if not names:
        yield f"There are no schemas in {project.connection.url} yet."
    for name in names:
        count = len(project.database.tables(name))
        yield f"{name}  ({count} table{'' if count == 1 else 's'})"
