"""Options that many commands have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

Database = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="The database to use instead of the one in the settings."),
]
Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="The profile of labwright.toml to use.")]


@dataclass(frozen=True, slots=True)
class Options:
    """What was said before the name of the command.

    Parameters
    ----------
    database, profile : str or None
    debug : bool
        Whether errors show where in the code they come from.
    """

    database: str | None = None
    profile: str | None = None
    debug: bool = False
