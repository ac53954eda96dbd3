"""Settings from files: ``labwright.toml`` with its profiles, classic JSON files, and secrets folders."""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labwright.core.errors import ConfigError, did_you_mean
from labwright.tables.settings_layers import SECTIONS, Entry, Key, Kind, Layer, Source, dotted, leaves, split_key

TOML_NAME = "labwright.toml"
CLASSIC_NAME = "datajoint.json"
CLASSIC_LOCAL_NAME = "dj_local_conf.json"
CLASSIC_USER_NAME = ".datajoint_config.json"
SECRETS_NAME = ".secrets"
SYSTEM_SECRETS = (Path("/run/secrets/labwright"), Path("/run/secrets/datajoint"))

_REPOSITORY = (".git", ".hg")


def user_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Return the folder of the settings that hold for all of a user's projects."""
    if sys.platform == "win32":
        return Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "labwright"
    return Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "labwright"


def find_upward(name: str, start: Path) -> Path | None:
    """Find a file in `start` or above it, up to the root of the repository or of the disk."""
    for folder in (start, *start.parents):
        if (folder / name).is_file():
            return folder / name
        if any((folder / mark).exists() for mark in _REPOSITORY):
            return None
    return None


def read_text(path: Path) -> str:
    """Read a settings file, with or without a byte order mark.

    Raises
    ------
    ConfigError
        If it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The settings file {path} is not UTF-8 at byte {error.start}. Save it as UTF-8.") from None


@dataclass(frozen=True)
class SettingsFile:
    """What one file says: its top level, and its profiles by name."""

    path: Path
    top: Layer
    profiles: Mapping[str, Layer] = field(default_factory=dict)
    profile: str | None = None


IsKnown = Callable[[Key], bool]


def read_toml(path: Path, kind: Kind, is_known: IsKnown) -> SettingsFile:
    """Read a ``labwright.toml``: every table that is not a section is a profile.

    Raises
    ------
    ConfigError
        If it is not TOML.
    """
    text = read_text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The settings file {path} is not valid TOML: {error}.") from None
    profile = _profile_name(data.pop("profile", None), path)
    tables = {name: data.pop(name) for name, value in list(data.items()) if _is_profile(name, value, is_known)}
    profile_kind = Kind(kind + 1)
    profiles = {
        name: _file_layer(table, path, text, profile_kind, toml_line, (name,), path.parent)
        for name, table in tables.items()
    }
    return SettingsFile(path, _file_layer(data, path, text, kind, toml_line, (), path.parent), profiles, profile)


def _is_profile(name: str, value: object, is_known: IsKnown) -> bool:
    return isinstance(value, dict) and name not in SECTIONS and not is_known((name,))


def _profile_name(value: object, path: Path) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"The setting 'profile' in {path} names a profile, such as \"lab\", and is not {value!r}.")
    return value or None


def read_classic(path: Path, kind: Kind) -> SettingsFile:
    """Read a ``datajoint.json`` or ``dj_local_conf.json``. Its relative paths are relative to the working directory.

    Raises
    ------
    ConfigError
        If it is not a JSON object.
    """
    text = read_text(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"The settings file {path} is not valid JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        ) from None
    if not isinstance(data, dict):
        raise ConfigError(f"The settings file {path} holds a JSON object {{...}}, not {type(data).__name__}.")
    return SettingsFile(path, _file_layer(data, path, text, kind, json_line, (), None))


LineOf = Callable[[str, Key], int]


def _file_layer(
    data: Mapping[str, Any], path: Path, text: str, kind: Kind, line_of: LineOf, within: Key, folder: Path | None
) -> Layer:
    return Layer(
        {
            key: Entry(value, Source(kind, str(path), line_of(text, (*within, *key)), folder))
            for key, value in leaves(data)
        }
    )


_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_NAME = re.compile(r"""([\w-]+)|"([^"]*)"|'([^']*)'""")


def toml_line(text: str, key: Key) -> int:
    r"""Return the line that sets `key`, or the nearest one around it; 0 if neither is found.

    Examples
    --------
    >>> toml_line('[database]\nhost = "db"\n', ("database", "host"))
    2
    """
    best, found = 0, 0
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _names(header[1])
            here = table
        elif assignment := _ASSIGNMENT.match(line):
            here = (*table, *_names(assignment[1]))
        else:
            continue
        if len(here) > best and key[: len(here)] == here:
            best, found = len(here), number
    return found


def _names(text: str) -> Key:
    return tuple(bare or double or single for bare, double, single in _NAME.findall(text))


def json_line(text: str, key: Key) -> int:
    """Return the line with the last name of `key`, or with the key dotted; 0 if there is none."""
    wanted = (json.dumps(dotted(key)), json.dumps(key[-1]))
    for number, line in enumerate(text.splitlines(), 1):
        if any(re.search(rf"{re.escape(name)}\s*:", line) for name in wanted):
            return number
    return 0


def read_secrets(folder: Path, kind: Kind, profile: str | None = None) -> Layer:
    """Read a secrets folder: one file per setting, named like it; those of a profile in a folder of its name.

    Files that do not begin with the name of a section belong to somebody else and are passed over.
    """
    layer = Layer({key: entry for path in _files(folder) for key, entry in _secret(path, kind)})
    own = [entry for path in _files(folder / profile) for entry in _secret(path, kind)] if profile else []
    return layer.put(dict(own))


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and _is_setting_name(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ConfigError(f"The secrets folder {folder} cannot be read: {error.strerror}.") from error


_LEFTOVERS = ("~", ".bak", ".swp", ".tmp")


def _is_setting_name(name: str) -> bool:
    section, dot, _ = name.partition(".")
    return bool(dot) and section in SECTIONS and not name.endswith(_LEFTOVERS)


def _secret(path: Path, kind: Kind) -> Iterator[tuple[Key, Entry]]:
    value = read_text(path).strip()
    if value:
        yield split_key(path.name), Entry(value, Source(kind, str(path), folder=path.parent.parent))


def select_profile(files: list[SettingsFile], chosen: str | None, chosen_by: str) -> str | None:
    """Return the profile to use: the chosen one, else the one that the highest file names.

    Raises
    ------
    ConfigError
        If no file has such a profile.
    """
    named_by = {file.profile: str(file.path) for file in files if file.profile}
    profile = chosen or (list(named_by)[-1] if named_by else None)
    valid = sorted({name for file in files for name in file.profiles})
    if profile and profile not in valid:
        where = chosen_by if chosen else named_by[profile]
        there = f" Profiles: {', '.join(valid)}." if valid else f" No {TOML_NAME} with profiles was found."
        raise ConfigError(
            f"There is no profile {profile!r}, which {where} asks for.{did_you_mean(profile, valid)}{there}"
        )
    return profile


def others_may_read(path: Path) -> bool:
    """Whether the file's mode lets other users read it; False where modes mean nothing, as on Windows."""
    if os.name != "posix":
        return False
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False
