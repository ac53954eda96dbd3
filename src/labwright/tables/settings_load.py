"""From every place where settings may be to one checked `Settings`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from labwright.core.errors import ConfigError, did_you_mean
from labwright.tables.settings import Settings, build_settings
from labwright.tables.settings_environment import CONFIG, PROFILE, environment_layers, files_ignored
from labwright.tables.settings_files import (
    CLASSIC_LOCAL_NAME,
    CLASSIC_NAME,
    CLASSIC_USER_NAME,
    SECRETS_NAME,
    SYSTEM_SECRETS,
    TOML_NAME,
    SettingsFile,
    find_upward,
    read_classic,
    read_secrets,
    read_toml,
    select_profile,
    user_folder,
)
from labwright.tables.settings_layers import (
    SECTIONS,
    Entry,
    Key,
    Kind,
    Layer,
    Source,
    dotted,
    is_secret,
    leaves,
    mask_url,
    merge,
)
from labwright.tables.settings_names import is_known, unknown_advice, valid_values

_CLASSIC_KINDS = (Kind.CLASSIC_FILE, Kind.CLASSIC_USER_FILE)


@dataclass(frozen=True)
class Sources:
    """The layers that were read, the lowest first, and what they were read from."""

    layers: tuple[Layer, ...]
    folder: Path
    files: tuple[Path, ...] = ()
    profile: str | None = None

    def settings(self, *above: Layer) -> Settings:
        """Merge with the layers `above`, check and return the settings.

        Raises
        ------
        ConfigError
            If a setting is unknown or wrong.
        """
        entries = _without_strays(merge((*self.layers, *above)))
        try:
            return build_settings(entries, folder=self.folder, files=self.files, profile=self.profile)
        except ValidationError as error:
            # The cause is left out: with local variables in a traceback it would show passwords.
            message = "\n".join(_explained(detail, entries) for detail in error.errors(include_url=False))
        raise ConfigError(message)

    def with_file(self, path: Path) -> Sources:
        """Add a file, which rules over those that were found."""
        file, layers = _read_named(path, self.profile)
        _refuse_unknown(layers)
        _refuse_unknown_in_profiles([file])
        place = sum(1 for layer in self.layers if _highest(layer) <= Kind.LOADED_FILE)
        both = (*self.layers[:place], *layers, *self.layers[place:])
        return Sources(both, self.folder, (*self.files, path), self.profile)


def _highest(layer: Layer) -> Kind:
    return max((entry.source.kind for entry in layer.entries.values()), default=Kind.DEFAULT)


@dataclass(frozen=True)
class Search:
    """Where to look for settings; every part has the usual answer as its default."""

    folder: Path | None = None
    profile: str | None = None
    environ: Mapping[str, str] | None = None
    home: Path | None = None
    system_secrets: tuple[Path, ...] = field(default=SYSTEM_SECRETS)


def load_settings(
    folder: str | Path | None = None, *, profile: str | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Read the settings of the project that `folder` is in.

    Parameters
    ----------
    folder : path, optional
        Where to begin to look, upward to the repository's root; the working directory by default. Or a settings file.
    profile : str, optional
        The profile of ``labwright.toml`` to use.
    overrides : mapping, optional
        Settings by dotted key, above all others.

    Raises
    ------
    ConfigError
        If a file cannot be read, or a setting is unknown or wrong.

    Examples
    --------
    >>> load_settings(overrides={"display.limit": 3}).display.limit
    3
    """
    above = assigned_layer(overrides or {}, Kind.OVERRIDE, "override")
    return find_sources(Search(Path(folder) if folder else None, profile)).settings(above)


def find_sources(search: Search) -> Sources:
    """Read every place where settings may be.

    Raises
    ------
    ConfigError
        If one of them cannot be read or has a setting that is unknown.
    """
    environ = os.environ if search.environ is None else search.environ
    start = (search.folder or Path.cwd()).absolute()
    above = environment_layers(environ, is_known)
    if files_ignored(environ):
        found = Sources((), start if start.is_dir() else start.parent)
    else:
        found = _find_files(search, environ, start)
    layers = (*found.layers, *above)
    _refuse_unknown(layers)
    return Sources(layers, found.folder, found.files, found.profile)


def _find_files(search: Search, environ: Mapping[str, str], start: Path) -> Sources:
    named = Path(environ[CONFIG]).absolute() if environ.get(CONFIG) and search.folder is None else None
    named = start if start.is_file() else named
    home = search.home or Path.home()
    user = user_folder(environ, home)
    tomls = _tomls(named, start, user / TOML_NAME)
    profile = select_profile(tomls, *_chosen(search, environ))
    classic = _classics(named, start, home)
    folder = tomls[-1].path.parent if tomls and tomls[-1].path.parent != user else start
    folder = named.parent if named else folder
    secrets = _secret_layers(search, folder, user, [*tomls, *classic], profile)
    layers = sorted([*_in_files(tomls, profile), *(file.top for file in classic), *secrets], key=_highest)
    _refuse_unknown_in_profiles(tomls)
    paths = tuple(file.path for file in (*classic, *tomls))
    return Sources(tuple(layers), folder, paths, profile)


def _chosen(search: Search, environ: Mapping[str, str]) -> tuple[str | None, str]:
    if search.profile:
        return search.profile, "the call"
    return environ.get(PROFILE) or None, f"environment variable {PROFILE}"


def _tomls(named: Path | None, start: Path, user: Path) -> list[SettingsFile]:
    project = named if named else find_upward(TOML_NAME, start)
    found = [(user, Kind.USER_FILE)] if user.is_file() else []
    if project and project.suffix != ".json" and project != user:
        found.append((project, Kind.PROJECT_FILE))
    return [read_toml(path, kind, is_known) for path, kind in found]


def _classics(named: Path | None, start: Path, home: Path) -> list[SettingsFile]:
    if named:
        return [read_classic(named, Kind.CLASSIC_FILE)] if named.suffix == ".json" else []
    local, user = start / CLASSIC_LOCAL_NAME, home / CLASSIC_USER_NAME
    project = find_upward(CLASSIC_NAME, start) or (local if local.is_file() else None)
    found = [(user, Kind.CLASSIC_USER_FILE)] if user.is_file() else []
    found += [(project, Kind.CLASSIC_FILE)] if project else []
    return [read_classic(path, kind) for path, kind in found]


def _in_files(tomls: Iterable[SettingsFile], profile: str | None) -> list[Layer]:
    return [layer for file in tomls for layer in (file.top, file.profiles.get(profile or "")) if layer]


def _secret_layers(
    search: Search, folder: Path, user: Path, files: list[SettingsFile], profile: str | None
) -> list[Layer]:
    projects = {file.path.parent for file in files if file.path.name == TOML_NAME}
    classic = {file.path.parent for file in files if file.path.suffix == ".json" and file.path.parent not in projects}
    places = dict.fromkeys(search.system_secrets, Kind.CLASSIC_SECRET)
    places |= {user / SECRETS_NAME: Kind.SECRET, folder / SECRETS_NAME: Kind.SECRET}
    # Beside a classic file the secrets only fill in what the file leaves open: templates put placeholders there.
    places |= {place / SECRETS_NAME: Kind.CLASSIC_SECRET for place in classic}
    return [read_secrets(place, kind, profile) for place, kind in places.items()]


def _read_named(path: Path, profile: str | None) -> tuple[SettingsFile, list[Layer]]:
    if path.suffix == ".json":
        file = read_classic(path, Kind.LOADED_FILE)
        return file, [file.top]
    file = read_toml(path, Kind.LOADED_FILE, is_known)
    layers = [_as_loaded(layer) for layer in _in_files([file], file.profile or profile)]
    return file, layers


def _as_loaded(layer: Layer) -> Layer:
    entries = layer.entries.items()
    return Layer(
        {
            k: Entry(e.value, Source(Kind.LOADED_FILE, e.source.where, e.source.line, e.source.folder))
            for k, e in entries
        }
    )


def _refuse_unknown(layers: Iterable[Layer]) -> None:
    strays = [(key, e.source) for layer in layers for key, e in layer.entries.items() if not is_known(key)]
    wrong = [_unknown(key, source) for key, source in strays if source.kind not in _CLASSIC_KINDS or key[0] in SECTIONS]
    if wrong:
        raise UnknownSettingError("\n".join(wrong))


def _refuse_unknown_in_profiles(files: Iterable[SettingsFile]) -> None:
    for file in files:
        for name, layer in file.profiles.items():
            try:
                _refuse_unknown([layer])
            except UnknownSettingError as error:
                near = did_you_mean(name, SECTIONS)
                raise UnknownSettingError(
                    f"{error} [{name}] is read as a profile, as no section has that name.{near}"
                ) from None


class UnknownSettingError(ConfigError, KeyError):
    """There is no such setting."""


def _unknown(key: Key, source: Source) -> str:
    if len(key) == 1 and key[0] in SECTIONS:
        return f"{key[0]!r} is a section of settings, and {source} gives it a single value.{unknown_advice(key)}"
    return f"There is no setting {dotted(key)!r}, which {source} sets.{unknown_advice(key)}"


def unknown_setting(key: Key) -> UnknownSettingError:
    """Return the error for a setting that does not exist, with the nearest names."""
    return UnknownSettingError(f"There is no setting {dotted(key)!r}.{unknown_advice(key)}")


def _without_strays(entries: dict[Key, Entry]) -> dict[Key, Entry]:
    """Keep free settings of classic files as custom ones, and leave out the secrets of stores that are not in use."""
    stores = {key[1] for key, e in entries.items() if len(key) == 3 and key[0] == "stores" and not _of_secrets(e)}
    kept: dict[Key, Entry] = {}
    for key, entry in entries.items():
        if not is_known(key):
            kept.setdefault(("custom", dotted(key)), entry)
        elif not (len(key) == 3 and key[0] == "stores" and key[1] not in stores):
            kept[key] = entry
    return kept


def _of_secrets(entry: Entry) -> bool:
    return entry.source.kind in (Kind.SECRET, Kind.CLASSIC_SECRET)


def _explained(detail: ErrorDetails, entries: Mapping[Key, Entry]) -> str:
    path = tuple(str(part) for part in detail["loc"] if part != "named")
    key = max((known for known in entries if path[: len(known)] == known), key=len, default=path)
    entry = entries.get(key)
    reason = detail["msg"].removeprefix("Value error, ")
    if entry is None:
        return f"The settings of {dotted(path)!r} are not valid: {reason}{_set_by(path, entries)}"
    value = "a value that is not shown" if is_secret(key) else _short(entry.value)
    return (
        f"The setting {dotted(key)!r} cannot be {value}, which {entry.source} sets."
        f" Valid: {valid_values(key)}. ({reason})"
    )


def _set_by(path: Key, entries: Mapping[Key, Entry]) -> str:
    places = dict.fromkeys(str(e.source) for key, e in entries.items() if key[: len(path)] == path)
    return f" (set by {', '.join(places)})" if places else ""


def _short(value: Any) -> str:
    text = mask_url(repr(value))
    return text if len(text) <= 80 else f"{text[:77]}..."


def assigned_layer(values: Mapping[str, Any], kind: Kind, where: str) -> Layer:
    """Return settings given in code as a layer.

    Raises
    ------
    UnknownSettingError
        If there is no such setting.
    """
    source = Source(kind, where)
    layer = Layer({key: Entry(value, source) for key, value in leaves(values)})
    for key in layer.entries:
        if not is_known(key):
            raise unknown_setting(key)
    return layer
