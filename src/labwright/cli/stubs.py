"""``labwright stubs``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from labwright.cli.named_tables import open_schema
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import LabwrightError
from labwright.tables.stub_module import module_stub
from labwright.tables.stubs import schema_stub
from labwright.tables.textfile import write_text


def stubs(
    ctx: typer.Context,
    module: Annotated[
        str | None, typer.Argument(metavar="[MODULE]", help="The pipeline module, as it is imported: lab.pipeline.")
    ] = None,
    schema: Annotated[
        str | None, typer.Option("--schema", metavar="NAME", help="A schema of the database instead of a module.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this .pyi file.")
    ] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Write type stubs, so that editors and type checkers know the attributes of tables.

    The stub of lab/pipeline.py is lab/pipeline.pyi, beside it. Without -o, it goes to the standard output. Write it
    again when a definition changes.
    """
    with chosen_project(ctx, database, profile) as project:
        if (module is None) == (schema is None):
            raise LabwrightError("Say which tables: the name of a module, or --schema and the name of a schema.")
        text = schema_stub(open_schema(project, schema)) if schema else module_stub(_imported(module or ""))
    if output is None:
        typer.echo(text, nl=False)
    else:
        _save(output, text)


def _imported(name: str) -> ModuleType:
    """A module, which may be in the working directory."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return import_module(name)
    except ImportError as error:
        raise LabwrightError(
            f"The module {name!r} cannot be imported: {error}. For tables that only the database has, say --schema."
        ) from error


def _save(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise LabwrightError(f"The stub cannot be written to {str(path)!r}: {error.strerror or error}.") from error
    typer.echo(f"wrote {path}", err=True)
