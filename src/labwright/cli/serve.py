"""``labwright serve``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Annotated, Any, Final

import typer

from labwright.cli.care import Care
from labwright.cli.modules import schemas_in
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_settings
from labwright.core.errors import ConfigError
from labwright.core.registry import Registry
from labwright.tables.config import Config
from labwright.tables.project import Project
from labwright.tables.schema import Schema

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
SERVERS: Final[Registry[Any]] = Registry("server")
"""Loaded when it is started, as it needs packages that not everybody has."""
SERVERS.register_path("one person", "labwright.web.serve:serve_project", package="labwright[web]")
SERVERS.register_path("shared", "labwright.web.serve:serve_shared", package="labwright[web]")


def serve(
    ctx: typer.Context,
    modules: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MODULE]...", help="Modules that declare tables: what they compute can be started."),
    ] = None,
    shared: Annotated[bool, typer.Option("--shared", help="Serve several people, who log in, by TLS.")] = False,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="The port; 0 for any that is free.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A name that people reach it by; the first one is in links.")
    ] = None,
    certificate: Annotated[
        str | None, typer.Option("--certificate", metavar="FILE", help="The certificate; else one is made.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", metavar="FILE", help="The key of the certificate.")] = None,
    proxy: Annotated[
        list[str] | None, typer.Option("--proxy", help="The address of a proxy that does TLS, which is believed.")
    ] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Serve the web app, in which rows are entered, browsed and computed without Python.

    It is for one person, whom nobody asks: only programs on this machine reach it. With --shared people log in. What is
    not said here is taken from the settings, section [web].
    """
    settings = chosen_settings(ctx, database, profile)
    given = {"shared": shared or None, "host": host, "port": port, "names": name, "certificate": certificate,
             "key": key, "proxies": proxy, "modules": modules}  # fmt: skip
    for setting, value in given.items():
        if value is not None:
            settings[f"web.{setting}"] = value
    if settings["web.shared"]:
        _serve_shared(settings)
    else:
        _serve_one(settings)


def _serve_one(settings: Config) -> None:
    host, port = settings["web.host"], settings["web.port"]
    if host not in LOOPBACK:
        raise ConfigError(
            f"Without accounts the app is for this machine alone: it cannot listen on {host!r}, but on "
            f"{', '.join(sorted(LOOPBACK))}. With --shared people log in, by TLS."
        )
    run = SERVERS["one person"]
    with Project(settings=settings) as project:
        declared = _declared(project)
        run(project, declared, host, port, typer.echo, Care({"project": (project, declared)}))


def _serve_shared(settings: Config) -> None:
    run = SERVERS["shared"]
    with ExitStack() as stack:
        projects = {name: opened(stack, found) for name, found in settings_of_projects(settings).items()}
        run(projects, typer.echo, Care(projects))


def opened(stack: ExitStack, settings: Config) -> tuple[Project, Sequence[Schema]]:
    """A project, until the stack ends, and its schemas that have classes in Python."""
    project = Project(settings=settings)
    stack.callback(project.close)
    with project:
        return project, _declared(project)


def _declared(project: Project) -> Sequence[Schema]:
    modules = project.config["web.modules"]
    return schemas_in(project, modules) if modules else []


def settings_of_projects(settings: Config) -> Mapping[str, Config]:
    """The settings by name; what was said on the command line holds for the first project, which has the accounts."""
    profiles = settings["web.projects"]
    if not profiles:
        return {"project": settings}
    others = {name: Config(profile=name) for name in profiles}
    first = others[profiles[0]]
    for key, entry in settings.settings.entries.items():
        if key[0] == "web" and entry.source.where == "assignment":
            first[".".join(key)] = entry.value
    return others
