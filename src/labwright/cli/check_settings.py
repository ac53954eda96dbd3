"""What ``labwright doctor`` asks of the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from labwright.cli.check_machine import nearest
from labwright.cli.finding import Finding
from labwright.tables.settings import Settings
from labwright.tables.settings_audit import audit


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Where the settings come from, and what is doubtful about them."""
    profile = f", profile {settings.profile!r}" if settings.profile else ""
    files = ", ".join(map(str, settings.files)) or f"no settings file in {settings.folder} or above it"
    yield Finding("ok", "settings", files + profile)
    for found in audit(settings):
        yield Finding("problem" if found.level == "error" else "warning", "settings", found.message, found.advice)


def check_stores(settings: Settings) -> Iterator[Finding]:
    """Whether the folders of stores can be written to."""
    for name, folder in store_folders(settings).items():
        there = nearest(folder)
        if os.access(there, os.W_OK):
            yield Finding("ok", "stores", f"{name!r} is {folder}{'' if folder.is_dir() else ', made at first use'}")
        else:
            yield Finding(
                "problem", "stores", f"The store {name!r} cannot be written to: {there}.", f"Allow writing to {there}."
            )


def store_folders(settings: Settings) -> dict[str, Path]:
    """Return the folders of the stores that are folders."""
    names = [name for name, store in settings.stores.named.items() if not store.missing()]
    stores = (settings.store(name) for name in names or ["local"])
    return {name: Path(store.location) for name, store in stores if store.protocol == "file" and store.location}
