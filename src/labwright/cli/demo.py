"""``labwright demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from labwright.cli.options import Database, Options
from labwright.cli.serve import SERVERS
from labwright.demo import clean as remove
from labwright.demo import prepared, run

OFFER: Final = (
    "\n   Look at it in the browser, enter and compute: labwright demo --serve\n   (in a clone: ./scripts/demo --serve)"
)


def demo(
    ctx: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where the images, the figure and the diagram go.")
    ] = Path("labwright-demo"),
    database: Database = None,
    clean: Annotated[bool, typer.Option("--clean", help="Remove what the demo has made, and do nothing else.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Open the web app on it then, to look and to change.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="With --serve: the port; 0 for any.")] = 8421,
) -> None:
    """Run a small pipeline on real images, from subjects to a figure.

    Subjects and sessions are entered, image files are read from a folder, segmented with several sets of parameters and
    summed up; a figure and a diagram of the pipeline are written, and the results are shown with the query that made
    them. The data goes into a SQLite file in the folder, unless --database names another database.
    """
    before = ctx.obj if isinstance(ctx.obj, Options) else Options()
    url = database or before.database
    if clean:
        remove(folder, database=url)
        return
    start = SERVERS["one person"] if serve else None
    run(folder, database=url)
    if start is None:
        typer.echo(OFFER)
        return
    with prepared(folder, database=url) as (project, schema):
        start(project, [schema], "127.0.0.1", port, typer.echo)
