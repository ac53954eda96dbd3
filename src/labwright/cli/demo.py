"""``labwright demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.options import Database, Options
from labwright.demo import clean as remove
from labwright.demo import run


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where the images, the figure and the diagram go.")
    ] = Path("labwright-demo"),
    database: Database = None,
    clean: Annotated[bool, typer.Option("--clean", help="Remove what the demo has made, and do nothing else.")] = False,
) -> None:
    """Run a small pipeline on real images, from subjects to a figure.

    Subjects and sessions are entered, image files are read from a folder, segmented with several sets of parameters and
    summed up; a figure and a diagram of the pipeline are written, and the results are shown with the query that made
    them. The data goes into a SQLite file in the folder, unless --database names another database.
    """
    before = ctx.obj if isinstance(ctx.obj, Options) else Options()
    (remove if clean else run)(folder, database=database or before.database)
