"""``labwright store check``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import typer

from labwright.catalogue.claims import check_claims
from labwright.catalogue.copies import catalogued_schemas
from labwright.cli.finding import Finding
from labwright.core.errors import LabwrightError
from labwright.storage.base import Capabilities
from labwright.storage.probe import probe, remember
from labwright.storage.stores import OpenStore
from labwright.tables.project import Project


def check(project: Project, names: Sequence[str]) -> None:
    """Try what stores can do, and look who uses them; the exit code is 1 when something is wrong."""
    failed = False
    for finding in look(project, names):
        typer.echo(f"{finding.subject}: {finding.message}")
        failed |= finding.level == "problem"
    if failed:
        raise typer.Exit(1)


def look(project: Project, names: Sequence[str] = ()) -> Iterator[Finding]:
    """Try what stores can do, and look who uses them; all stores when none is named."""
    settings = project.config.settings.stores
    schemas = catalogued_schemas(project.database)
    for name in names or sorted({*settings.named, settings.default or "local"}):
        try:
            for line in _found(project, project.stores(name), schemas):
                yield Finding("ok", name, line)
        except LabwrightError as error:
            yield Finding("problem", name, str(error))


def _found(project: Project, opened: OpenStore, schemas: Sequence[str]) -> Iterator[str]:
    found = probe(opened.store)
    if found.writing:
        remember(opened.store, found)
    yield abilities(found)
    if not found.listing:
        return
    users = check_claims(project.database, opened, schemas)
    yield f"used by {', '.join(users)}" if users else "no schema uses it yet"


def abilities(found: Capabilities) -> str:
    """What a store can do, in words.

    Examples
    --------
    >>> abilities(Capabilities())
    'it can be written, never overwrites, reads parts, lists keys, gives no URLs'
    """
    return "it " + ", ".join(
        (
            "can be written" if found.writing else "can only be read",
            "never overwrites" if found.create_only else "looks before it writes",
            "reads parts" if found.ranges else "reads objects as a whole",
            "lists keys" if found.listing else "lists no keys",
            "gives URLs" if found.signing else "gives no URLs",
        )
    )
