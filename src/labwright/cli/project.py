"""Which project a command works on."""

from __future__ import annotations

import typer

from labwright.cli.options import Options
from labwright.sql.url import parse_url
from labwright.tables.config import Config
from labwright.tables.project import Project


def chosen_settings(ctx: typer.Context, database: str | None = None, profile: str | None = None) -> Config:
    """Return the settings of the working directory, with what the command line chooses above them.

    Options after the name of the command win over those before it.
    """
    before = ctx.obj if isinstance(ctx.obj, Options) else Options()
    settings = Config(profile=profile or before.profile)
    url = database or before.database
    if url:
        parse_url(url)  # whose errors speak of the URL alone
        settings["database.url"] = url
    return settings


def chosen_project(ctx: typer.Context, database: str | None = None, profile: str | None = None) -> Project:
    """Return the project that the command line and the settings choose; nothing is opened yet."""
    return Project(settings=chosen_settings(ctx, database, profile))
