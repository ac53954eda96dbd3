"""``labwright store add``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import typer

from labwright.cli.store_check import abilities
from labwright.core.errors import ConfigError
from labwright.storage.probe import probe
from labwright.tables.config import Config
from labwright.tables.project import Project
from labwright.tables.settings_layers import is_secret
from labwright.tables.store_files import adding_store, read_value


def add(config: Config, name: str, protocol: str | None, given: Sequence[str]) -> None:
    """Write a store into the settings, and try what it can do; nothing is written when it cannot be used."""
    if not protocol:
        raise ConfigError("Which protocol does the store speak? Name it: --protocol file. See: labwright store --help")
    values = {"protocol": protocol} | dict(map(_value, given))
    with adding_store(config.settings, name, values) as written:
        with Project(settings=Config(profile=config.settings.profile)) as project:
            opened = project.stores(name)
            found = probe(opened.store)
        for path in written:
            typer.echo(f"wrote {path}")
    typer.echo(f"{name}: {abilities(found)}")


def _value(text: str) -> tuple[str, Any]:
    """KEY=VALUE; a secret without a value is asked for, and seen by nobody."""
    key, equals, value = text.partition("=")
    if not equals:
        if not is_secret(("stores", "", key)):
            raise ConfigError(f"--set wants KEY=VALUE, such as bucket=lab, not {text!r}.")
        value = typer.prompt(key, hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    return key, read_value(key, value)
