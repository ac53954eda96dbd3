"""``labwright init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.options import Options
from labwright.sql.url import DatabaseUrl, parse_url
from labwright.tables.project_files import init_project


def init(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="The project's folder; made when missing.")
    ] = Path(),
    database: Annotated[
        str | None, typer.Option("--database", metavar="URL", help="The project's database; a SQLite file by default.")
    ] = None,
) -> None:
    """Begin a project: write its settings into a folder.

    Without --database, the project keeps its data in a SQLite file and a folder under .labwright/. A password in the
    URL goes into a file of .secrets/.
    """
    chosen = database or (ctx.obj.database if isinstance(ctx.obj, Options) else None)
    url = parse_url(chosen) if chosen else None
    for path in init_project(folder, database=url):
        typer.echo(f"wrote {path}")
    typer.echo(_next_steps(folder, url))


def _next_steps(folder: Path, url: DatabaseUrl | None) -> str:
    steps = [] if folder.resolve() == Path.cwd().resolve() else [("cd " + _quoted(folder), "")]
    if url is not None and url.backend != "sqlite" and not url.password:
        steps.append(("", f"Write the password of {url.user or 'the database'} into .secrets/database.password"))
    steps += [
        ("labwright doctor", "checks that everything is there"),
        ("labwright demo", "runs a small pipeline on real images"),
        ("labwright shell", "opens Python with the project at hand"),
    ]
    lines = [f"  {command:<{18 if about else 0}}{about}".rstrip() for command, about in steps]
    return "\n".join(["", "What to do next:", *lines])


def _quoted(folder: Path) -> str:
    return f'"{folder}"' if " " in str(folder) else str(folder)
