"""``labwright shell``."""

from __future__ import annotations

import code
import contextlib
import keyword
import re
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Annotated, Any

import typer

import labwright
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import ConfigError, LabwrightError
from labwright.tables.project import Project
from labwright.tables.virtual import VirtualModule


def shell(
    ctx: typer.Context,
    modules: Annotated[
        list[str] | None, typer.Argument(metavar="[MODULE]...", help="Pipeline modules to import as well.")
    ] = None,
    command: Annotated[
        str | None, typer.Option("-c", "--command", metavar="CODE", help="Run this and exit, as python -c does.")
    ] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Open Python with the project and all its tables at hand.

    Every schema of the database is there as a module, as in lab.Subject. IPython is used where it is installed.
    """
    with chosen_project(ctx, database, profile) as project:
        names = namespace(project, modules or [])
        if command is not None:
            exec(compile(command, "<command>", "exec"), names)  # noqa: S102 - that is what the user asks for
        else:
            _interact(names, _banner(project, names))


def namespace(project: Project, modules: list[str]) -> dict[str, Any]:
    """Return the names that the shell begins with; pipeline modules hide schemas of the same name."""
    names: dict[str, Any] = {"__name__": "__console__", "lw": labwright, "project": project}
    for schema in project.database.schemas():
        name = as_name(schema)
        try:
            names.setdefault(name, VirtualModule(name, schema, connection=project))
        except LabwrightError as error:
            # One that somebody drops or locks meanwhile keeps nobody from the others.
            typer.echo(f"The schema {schema!r} is left out: {error}", err=True)
    for module in modules:
        names[module.rpartition(".")[2]] = _imported(module)
    return names


def as_name(schema: str) -> str:
    """Return the name of a schema as Python can have it.

    Examples
    --------
    >>> as_name("my-lab"), as_name("2p"), as_name("class")
    ('my_lab', '_2p', 'class_')
    """
    name = re.sub(r"\W", "_", schema)
    name = f"_{name}" if name[:1].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def _imported(name: str) -> ModuleType:
    """Import a module of the user's, from the working directory too."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        # One that the module itself lacks is named in the error as it is.
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ConfigError(f"The module {name!r} needs {error.name!r}, which is not installed.") from error
        raise ConfigError(
            f"There is no module {error.name!r} here or among the installed packages. A module is named as in an"
            " import: lab.subjects, not lab/subjects.py."
        ) from error


def _banner(project: Project, names: dict[str, Any]) -> str:
    shown = [n for n in names if not n.startswith("__") and n not in ("lw", "project")]
    lines = [
        f"Labwright {labwright.__version__}, {project.connection.url}",
        "lw       Labwright",
        "project  this project",
    ]
    return "\n".join([*lines, *([f"{', '.join(shown)}  tables"] if shown else [])])


def _interact(names: dict[str, Any], banner: str) -> None:
    if find_spec("IPython") is not None and sys.stdin.isatty():
        _ipython(names, banner)
    else:
        with contextlib.suppress(ImportError):  # Windows has no readline
            _complete(names)
        code.interact(banner, local=names, exitmsg="")


def _ipython(names: dict[str, Any], banner: str) -> None:
    typer.echo(banner)
    import_module("IPython").start_ipython(argv=["--no-banner"], user_ns=names)


def _complete(names: dict[str, Any]) -> None:
    readline: Any = import_module("readline")
    readline.set_completer(import_module("rlcompleter").Completer(names).complete)
    readline.parse_and_bind("tab: complete")
