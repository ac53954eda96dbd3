"""The command ``labwright``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from labwright._version import __version__
from labwright.cli.group import CommandGroup
from labwright.cli.options import Database, Options, Profile

app = typer.Typer(
    name="labwright",
    cls=CommandGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"labwright {__version__}")
        raise typer.Exit


@app.callback()
def labwright(
    ctx: typer.Context,
    database: Database = None,
    profile: Profile = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the code an error comes from.")] = False,
    version: Annotated[  # noqa: ARG001 - its callback has done it
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """All the data of a science project in one place, from experiment design to publication."""
    ctx.obj = Options(database, profile, debug)


def main() -> None:
    """Run the command that the command line names."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character shows its number rather than an error.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="labwright")
