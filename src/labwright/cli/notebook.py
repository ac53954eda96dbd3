"""``labwright notebook``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import ConfigError
from labwright.lab.notebook import Authority, Notebook
from labwright.tables.project import Project
from labwright.tables.schema import list_schemas


class Action(StrEnum):
    """What to do."""

    stamp = "stamp"
    verify = "verify"


def notebook(
    ctx: typer.Context,
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION",
            help="stamp: let the authority of the settings stamp the signatures that it has not seen. "
            "verify: look whether all signed entries are what was signed.",
        ),
    ],
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Stamp what is signed in the lab book, or verify it."""
    with chosen_project(ctx, database, profile) as project:
        book, authority = _book(project), Authority.of(project)
        if action is Action.verify:
            _verify(book, authority)
        elif authority is None:
            raise ConfigError("No authority is set: notebook.authority and notebook.certificates.")
        else:
            typer.echo(f"{book.stamp(authority)} signatures were stamped.")


def _book(project: Project) -> Notebook:
    name = f"{project.config['database.prefix']}{project.config['notebook.schema_name']}"
    if name not in list_schemas(project):
        raise ConfigError(f"There is no lab book {name!r} in this project. notebook.schema_name names another one.")
    return Notebook(name, project=project)


def _verify(book: Notebook, authority: Authority | None) -> None:
    numbers = (book.Entry & {"sealed": True}).to_arrays("entry", order_by="entry").tolist()
    bad = 0
    for number in numbers:
        found = book.verify(number, authority)
        bad += not found.is_good
        for problem in found.problems:
            typer.echo(f"{number}  {problem}")
    typer.echo(f"{len(numbers) - bad} of {len(numbers)} signed entries are what was signed.")
    if bad:
        raise typer.Exit(1)
