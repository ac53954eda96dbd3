"""``labwright roles``."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_settings
from labwright.cli.serve import opened, settings_of_projects
from labwright.core.registry import Registry

PLANS: Final[Registry[Any]] = Registry("plan of roles")
PLANS.register_path("roles", "labwright.web.role_plans:plans_for", package="labwright[web]")


class Action(StrEnum):
    """What to do."""

    plan = "plan"
    apply = "apply"


def roles(
    ctx: typer.Context,
    action: Annotated[Action, typer.Argument(metavar="plan|apply", help="Show what is to be done, or do it.")],
    service: Annotated[
        str, typer.Option("--service", metavar="USER", help="Let this user of the database take the roles.")
    ] = "",
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Let the database itself hold what people may do in the app.

    Each of them has a role there, with their rights. It takes a user who may make roles and give rights to all tables.
    Run it again when people, grants or tables change.
    """
    settings = chosen_settings(ctx, database, profile)
    make = PLANS["roles"]
    with ExitStack() as stack:
        projects = {name: opened(stack, found) for name, found in settings_of_projects(settings).items()}
        for address, plan in make(projects, service).items():
            typer.echo(f"-- {address}")
            typer.echo(str(plan))
            if action is Action.apply:
                plan.apply()
                typer.echo("-- Done.")
