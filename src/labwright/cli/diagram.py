"""``labwright diagram``."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.named_tables import open_schema
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import LabwrightError
from labwright.tables.diagram import Diagram
from labwright.tables.textfile import write_text


class Format(StrEnum):
    """How a diagram can be written."""

    SVG = "svg"
    MERMAID = "mmd"
    DOT = "dot"
    JSON = "json"


class Towards(StrEnum):
    """Where the children are."""

    DOWN = "TB"
    RIGHT = "LR"


_WRITERS: dict[Format, Callable[[Diagram, Towards], str]] = {
    Format.SVG: lambda diagram, towards: diagram.make_svg(direction=towards.value),
    Format.MERMAID: lambda diagram, towards: diagram.make_mermaid(direction=towards.value),
    Format.DOT: lambda diagram, towards: diagram.make_dot(direction=towards.value),
    Format.JSON: lambda diagram, towards: diagram.make_json(),
}


def diagram(
    ctx: typer.Context,
    schemas: Annotated[list[str], typer.Argument(metavar="SCHEMA...", help="The schemas to draw.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write to this .svg, .mmd, .dot or .json file."),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", metavar="FORMAT", help="svg, mmd (Mermaid), dot or json; else as FILE says, or mmd."),
    ] = None,
    direction: Annotated[
        Towards, typer.Option("--direction", metavar="TB|LR", help="Children below their parents, or to the right.")
    ] = Towards.DOWN,
    collapse: Annotated[bool, typer.Option("--collapse", help="Draw each schema as one node.")] = False,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Draw which tables there are and how they depend on each other.

    Without -o, the diagram goes to the standard output, as Mermaid that many editors and web pages show.
    """
    chosen = format_ or (Format.MERMAID if output is None else _format_of(output))
    with chosen_project(ctx, database, profile) as project:
        whole = Diagram(*(open_schema(project, name) for name in schemas))
        text = _WRITERS[chosen](whole.collapse() if collapse else whole, direction)
    if output is None:
        typer.echo(text)
    else:
        _save(output, text)


def _format_of(path: Path) -> Format:
    name = path.suffix.lower().lstrip(".")
    known = {"mermaid": "mmd", "gv": "dot"}.get(name, name)
    if known not in list(Format):
        raise LabwrightError(
            f"The suffix of {str(path)!r} does not tell a format: name the file .svg, .mmd (Mermaid), .dot or .json, "
            "or say --format. A browser shows, prints and copies .svg."
        )
    return Format(known)


def _save(path: Path, text: str) -> None:
    try:
        write_text(path, text)
    except OSError as error:
        raise LabwrightError(f"The diagram cannot be written to {str(path)!r}: {error.strerror or error}.") from error
    typer.echo(f"wrote {path}", err=True)
