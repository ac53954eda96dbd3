"""Adding a store to a project: settings into its file, secrets into files of their own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import ConfigError
from labwright.tables.project_files import add_ignored, write_secrets
from labwright.tables.settings_files import SECRETS_NAME, TOML_NAME
from labwright.tables.settings_layers import is_secret
from labwright.tables.textfile import write_text

if TYPE_CHECKING:
    from labwright.tables.settings import Settings

_TEXT: Final = frozenset({"location", "bucket", "container", "host", "username", "account_name", "project"})
"""Settings that are text even where they look like a number."""


def read_value(key: str, text: str) -> Any:
    """Return what the text of a setting means.

    Examples
    --------
    >>> read_value("port", "2222"), read_value("secure", "false"), read_value("subfolding", "[2, 2]")
    (2222, False, [2, 2])
    >>> read_value("bucket", "2026"), read_value("location", "/data")
    ('2026', '/data')
    """
    if key in _TEXT or is_secret(("stores", "", key)):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float, str, list)) else text


@contextmanager
def adding_store(settings: Settings, name: str, values: Mapping[str, Any]) -> Iterator[tuple[Path, ...]]:
    """Write a store into the settings of a project; when the block fails, all is as it was.

    Parameters
    ----------
    settings : Settings
        Those of the project; with a profile, the store is the profile's.
    name : str
    values : mapping
        Its settings. Secrets among them go into ``.secrets/``.

    Yields
    ------
    tuple of Path
        The files that were written.

    Raises
    ------
    ConfigError
        When there is such a store, or the file cannot be added to.
    """
    if name in settings.stores.named:
        raise ConfigError(f"There is a store {name!r} already: {settings.source(('stores', name, 'protocol'))}.")
    path = settings.folder / TOML_NAME
    old = path.read_text(encoding="utf-8-sig") if path.exists() else None
    secrets = {f"stores.{name}.{key}": str(value) for key, value in values.items() if is_secret(("stores", name, key))}
    plain = {key: value for key, value in values.items() if f"stores.{name}.{key}" not in secrets}
    text = _added(old or "", _table(settings, name, plain), path)
    folder = settings.folder / SECRETS_NAME
    own = folder / settings.profile if settings.profile else folder
    try:
        write_text(path, text)
        if secrets:
            add_ignored(settings.folder / ".gitignore")
            write_secrets(folder, {})
            write_secrets(own, secrets)
        yield (path, *(own / secret for secret in secrets))
    except BaseException:
        _put_back(path, old)
        for secret in secrets:
            (own / secret).unlink(missing_ok=True)
        raise


def _put_back(path: Path, old: str | None) -> None:
    if old is None:
        path.unlink(missing_ok=True)
    else:
        write_text(path, old)


def _table(settings: Settings, name: str, values: Mapping[str, Any]) -> str:
    """The lines for a store; the first of all does not change which is the default."""
    section = f"{settings.profile}.stores" if settings.profile else "stores"
    first = not settings.stores.named and settings.stores.default is None
    before = f'[{section}]\ndefault = "local"  # what <blob@> means\n\n' if first else ""
    lines = (f"{_key(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items())
    return before + "\n".join([f"[{section}.{_key(name)}]", *lines, ""])


def _key(name: str) -> str:
    """A name as a key in TOML."""
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else json.dumps(name)


def _added(old: str, table: str, path: Path) -> str:
    gap = "" if not old else "\n" if old.endswith("\n") else "\n\n"
    text = f"{old}{gap}{table}"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"The store cannot be added behind what {path} says ({error}). Add it by hand:\n{table}"
        ) from None
    return text
