"""``labwright doctor``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from labwright.cli.check_database import check_database
from labwright.cli.check_machine import check_packages, check_python, check_room
from labwright.cli.check_settings import check_settings, check_stores, store_folders
from labwright.cli.finding import Finding, has_problem
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_settings
from labwright.core.errors import LabwrightError
from labwright.sql.url import DatabaseUrl
from labwright.tables.config import Config
from labwright.tables.project import Project
from labwright.tables.settings import Settings
from labwright.tables.settings_audit import SettingRow, setting_rows

_COLOURS = {"ok": typer.colors.GREEN, "warning": typer.colors.YELLOW, "problem": typer.colors.RED}


def doctor(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, for programs.")] = False,
    settings: Annotated[
        bool, typer.Option("--settings", help="List every setting, its value and where it came from.")
    ] = False,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Check that all is well, and say what to do where it is not.

    Looked at are Python and its packages, the settings, the database, its version and settings, the rights there, the
    versions of Labwright's own tables, the stores, and the room on the disks. Nothing is changed or left behind. The
    exit code is 1 when there is a problem. Passwords are never shown.
    """
    try:
        config = chosen_settings(ctx, database, profile)
        checked = config.settings
    except LabwrightError as error:
        findings, rows = [check_python(), _unreadable(error)], []
    else:
        findings, rows = list(examine(config)), setting_rows(checked)
    _show_json(findings, rows) if as_json else _show(findings, rows if settings else [])
    if has_problem(findings):
        raise typer.Exit(1)


def examine(config: Config) -> Iterator[Finding]:
    """Look at everything that Labwright needs."""
    settings = config.settings
    yield check_python()
    yield from check_settings(settings)
    try:
        url = settings.database_url()
    except LabwrightError as error:
        yield _unreadable(error)
        yield from check_packages(None)
        return
    yield from check_packages(url)
    with Project(settings=config) as project:
        yield from check_database(project, url)
    yield from check_stores(settings)
    yield from check_room(_folders(settings, url))


def _unreadable(error: LabwrightError) -> Finding:
    return Finding("problem", "settings", str(error), "Correct it; `labwright init` writes settings to begin with.")


def _folders(settings: Settings, url: DatabaseUrl) -> list[Path]:
    """Where data are kept on this machine."""
    file = [Path(url.path).parent] if url.backend == "sqlite" and not url.in_memory else []
    return [*file, *store_folders(settings).values()]


def _show(findings: list[Finding], rows: list[SettingRow]) -> None:
    for row in rows:
        typer.echo(f"{row.key} = {row.value!r}  ({row.source})")
    if rows:
        typer.echo()
    for finding in findings:
        typer.secho(f"{finding.level:<9}", fg=_COLOURS[finding.level], nl=False)
        typer.echo(f"{finding.subject:<10}{finding.message}")
        if finding.advice:
            typer.echo(f"{'':<19}{finding.advice}")
    typer.echo(f"\n{_summary(findings)}")


def _summary(findings: list[Finding]) -> str:
    counts = {level: sum(f.level == level for f in findings) for level in ("problem", "warning")}
    parts = [f"{n} {level}{'' if n == 1 else 's'}" for level, n in counts.items() if n]
    return f"{' and '.join(parts)} found." if parts else "All is well."


def _show_json(findings: list[Finding], rows: list[SettingRow]) -> None:
    report = {
        "ok": not has_problem(findings),
        "findings": [asdict(finding) for finding in findings],
        "settings": [asdict(row) for row in rows],
    }
    typer.echo(json.dumps(report, indent=2, default=str))
