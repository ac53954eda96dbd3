"""A group of commands that are imported when they are called, and errors told in one readable message."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from labwright.cli.options import Options
from labwright.core.errors import LabwrightError

COMMANDS = {
    "init": "Begin a project: write its settings into a folder.",
    "demo": "Run a small pipeline on real images, from subjects to a figure.",
    "describe": "Show the definitions of tables, as the database has them.",
    "diagram": "Draw which tables there are and how they depend on each other.",
    "stubs": "Write type stubs, so that editors and type checkers know the attributes of tables.",
    "shell": "Open Python with the project and all its tables at hand.",
    "doctor": "Check that all is well, and say what to do where it is not.",
    "backup": "Write schemas with their rows, rules, history and objects into one file.",
    "restore": "Make the tables of a backup again, with their rows, rules, history and objects.",
    "verify": "Read a backup from end to end and say whether it is sound.",
    "serve": "Serve the web app, in which rows are entered, browsed and computed without Python.",
    "roles": "Let the database itself hold what people may do in the app.",
    "run": "Bring tables up to date, and before them all that they need, in the order of their dependencies.",
    "worker": "Keep tables, and all that they need, up to date: take keys from their queues, and compute them.",
    "status": "Show how far tables are that fill themselves, and who is at work.",
    "jobs": "Look at the jobs of tables that fill themselves, and try again, ignore or remove them.",
    "explain": "Say why the rows of a key are there, or why they are not.",
    "store": "Look after the stores in which large values are kept: add, check, verify, collect garbage, copy.",
    "diff": "Show what differs between the code of a pipeline and the database.",
    "migrate": "Change tables with their rows, by files that can be reviewed and carried out on every database.",
    "history": "Show what was changed by whom, undo it, or remove what is old.",
    "notebook": "Stamp what is signed in the lab book, or verify it.",
    "upgrade": "Move Labwright's own tables to the version of this Labwright.",
}
"""What each command does, in the order of the help. The command ``x`` is the function ``x`` of ``labwright.cli.x``."""

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class CommandGroup(TyperGroup):
    """Knows the commands by name, and imports the one that runs."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What the help needs of a command."""
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command itself."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load(name), rest

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what goes wrong in a way we know is told without a traceback."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except OSError as error:
            if not _nobody_reads(error):
                raise
            _leave_quietly()
        except KeyboardInterrupt:
            typer.echo(err=True)
            raise typer.Exit(INTERRUPTED) from None
        except LabwrightError as error:
            if isinstance(ctx.obj, Options) and ctx.obj.debug:
                raise
            complain(str(error))
            raise typer.Exit(1) from None
        return result


def load(name: str) -> Any:
    """Return the command of that name, with its arguments and options."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, help=None)(getattr(import_module(f"labwright.cli.{name}"), name))
    return typer.main.get_command(app)


def complain(message: str) -> None:
    """Write an error to where errors go."""
    typer.secho("Error: ", fg=typer.colors.RED, bold=True, nl=False, err=True)
    typer.echo(message, err=True)


def _nobody_reads(error: OSError) -> bool:
    """Whether the other end of the pipe is closed, which Windows calls an invalid argument."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def _leave_quietly() -> NoReturn:
    """End when nobody reads any more; what Python has not written yet goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    raise typer.Exit(0)
