"""What is doubtful about settings although it is valid: for ``labwright doctor``."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from labwright.core.errors import did_you_mean
from labwright.tables.settings import Settings
from labwright.tables.settings_environment import CONTROLS, PREFIX, unknown_variables
from labwright.tables.settings_files import SECRETS_NAME, others_may_read
from labwright.tables.settings_layers import Entry, Key, Kind, dotted, is_secret, mask_url, masked
from labwright.tables.settings_names import is_known, is_of_any_name, known_settings

logger = logging.getLogger("labwright.settings")

_FILES = (Kind.USER_FILE, Kind.USER_PROFILE, Kind.CLASSIC_USER_FILE, Kind.CLASSIC_FILE)
_FILE_KINDS = (*_FILES, Kind.PROJECT_FILE, Kind.PROJECT_PROFILE, Kind.LOADED_FILE)
_SECRET_KINDS = (Kind.SECRET, Kind.CLASSIC_SECRET)


@dataclass(frozen=True)
class Finding:
    """Something to look at, and what to do about it."""

    level: Literal["note", "warning", "error"]
    message: str
    advice: str

    def __str__(self) -> str:
        return f"{self.message} {self.advice}"


@dataclass(frozen=True)
class SettingRow:
    """A setting as ``labwright doctor`` lists it; secrets are masked."""

    key: str
    value: Any
    source: str


def audit(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Return what is doubtful about `settings`: exposed passwords, settings without effect, incomplete stores.

    Examples
    --------
    >>> audit(Settings(), {"LABWRIGHT_SAFE_MODE": "1"})[0].message
    'The environment variable LABWRIGHT_SAFE_MODE means nothing to Labwright.'
    """
    return [
        *_exposed(settings),
        *_open_folders(settings),
        *_incomplete_stores(settings),
        *_missing_defaults(settings),
        *_outranked(settings),
        *_unknown_variables(os.environ if environ is None else environ),
    ]


def log_findings(findings: list[Finding]) -> None:
    """Log the findings at their levels."""
    levels = {"note": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
    for finding in findings:
        logger.log(levels[finding.level], "%s", finding, extra={"action": "audit"})


def setting_rows(settings: Settings) -> list[SettingRow]:
    """List every setting with its value, masked where it is secret, and its source."""
    rows = [_row(settings, key) for key in known_settings() if not is_of_any_name(key) and key != ("custom",)]
    free = [key for key in settings.entries if key[0] == "custom" or len(key) == 3]
    return rows + [_row(settings, key) for key in free]


def _row(settings: Settings, key: Key) -> SettingRow:
    entry = settings.entries.get(key)
    value = entry.value if entry else known_settings()[key].default
    return SettingRow(dotted(key), masked(key, value), str(settings.source(key)))


def _is_exposed(key: Key, entry: Entry) -> bool:
    hidden = is_secret(key) or (isinstance(entry.value, str) and mask_url(entry.value) != entry.value)
    return hidden and entry.value is not None and entry.source.kind in _FILE_KINDS


def _exposed(settings: Settings) -> Iterator[Finding]:
    for key, entry in settings.entries.items():
        if _is_exposed(key, entry):
            open_to_all = others_may_read(Path(entry.source.where))
            yield Finding(
                "warning" if open_to_all else "note",
                f"{dotted(key)!r} holds a secret in {entry.source}"
                + (", which other users of this machine can read." if open_to_all else "."),
                f"Move it to a file {SECRETS_NAME}/{dotted(key)}"
                + (f", or run 'chmod 600 {entry.source.where}'." if open_to_all else "."),
            )


def _open_folders(settings: Settings) -> Iterator[Finding]:
    for entry in settings.entries.values():
        path = Path(entry.source.where)
        # Where a container's secrets are mounted, modes are not ours to judge.
        ours = entry.source.kind in _SECRET_KINDS and SECRETS_NAME in path.parts
        if ours and others_may_read(path) and others_may_read(path.parent):
            yield Finding(
                "warning",
                f"The secret {path} can be read by other users of this machine.",
                f"Run 'chmod 700 {path.parent}' and 'chmod 600 {path}'.",
            )


def _incomplete_stores(settings: Settings) -> Iterator[Finding]:
    for name, store in settings.stores.named.items():
        if missing := store.missing():
            keys = ", ".join(f"stores.{name}.{m}" for m in missing)
            yield Finding(
                "error", f"The store {name!r} cannot be used: {keys} is not set.", "Set it, or remove the store."
            )


def _missing_defaults(settings: Settings) -> Iterator[Finding]:
    stores = settings.stores
    for key in ("default", "filepath_default"):
        chosen = getattr(stores, key)
        if chosen and chosen not in {*stores.named, "local"}:
            yield Finding(
                "error",
                f"'stores.{key}' is {chosen!r}, set by {settings.source(f'stores.{key}')}, and there is no such store.",
                f"Stores: {', '.join(sorted(stores.named)) or 'none'}.{did_you_mean(chosen, stores.named)}",
            )


def _outranked(settings: Settings) -> Iterator[Finding]:
    url = settings.entries.get(("database", "url"))
    if url is None or url.value is None:
        return
    for name in ("host", "backend"):
        entry = settings.entries.get(("database", name))
        if entry is None or entry.value is None:
            continue
        key, parts = f"'database.{name}'", (entry.source, url.source)
        loser, winner = parts if entry.source.kind <= url.source.kind else parts[::-1]
        unused = key if loser is entry.source else "'database.url'"
        yield Finding("note", f"{unused} from {loser} has no effect: {winner} rules.", "Remove one of the two.")


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    names = [f"{PREFIX}{'__'.join(key).upper()}" for key in known_settings() if not is_of_any_name(key)]
    for name in unknown_variables(environ, is_known):
        yield Finding(
            "warning",
            f"The environment variable {name} means nothing to Labwright.",
            did_you_mean(name, [*names, *CONTROLS]).strip() or "Remove it if it was meant as a setting.",
        )
