"""``labwright store holds`` and ``let-go``."""

from __future__ import annotations

import typer

from labwright.catalogue.holds import holders, let_go_of
from labwright.tables.project import Project


def show_holds(project: Project) -> None:
    """Say who holds how many objects."""
    for held in holders(project.database):
        until = "" if held.until is None else f", until {held.until}"
        typer.echo(f"{held.holder}  {held.objects} objects{until}")


def let_go(project: Project, holder: str) -> None:
    """End what a holder holds."""
    typer.echo(f"{let_go_of(project.database, holder)} objects are no longer held for {holder!r}.")
