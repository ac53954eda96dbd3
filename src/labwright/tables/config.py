"""The settings as data scientists meet them: ``lw.config["safemode"]``, ``lw.config.database.host``."""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labwright.core.errors import ConfigError, ThreadSafetyError
from labwright.core.generation import as_generation
from labwright.tables.config_section import Secret, Section
from labwright.tables.project_files import init_project, write_secrets
from labwright.tables.settings_files import (
    CLASSIC_LOCAL_NAME,
    CLASSIC_USER_NAME,
    SECRETS_NAME,
    TOML_NAME,
    user_folder,
)
from labwright.tables.settings_layers import (
    NAMED,
    SECTIONS,
    Entry,
    Key,
    Kind,
    Layer,
    Source,
    dotted,
    masked,
    split_key,
)
from labwright.tables.settings_text import secret_files, split_secrets, to_json, to_toml
from labwright.tables.textfile import write_text

if TYPE_CHECKING:
    from types import ModuleType

    from labwright.tables.settings import Settings
    from labwright.tables.settings_load import Search, Sources

_LOGGER = "labwright"
_WHOLE = ("stores", "engines", "custom")
"""Sections whose parts have names of their own, and are assigned and removed as a whole."""


@functools.cache
def _module(name: str) -> ModuleType:
    # Checking needs pydantic, which takes longer to import than all of Labwright; so it waits for the first setting.
    return importlib.import_module(f"labwright.tables.{name}")


def _checker() -> ModuleType:
    return _module("settings_load")


class _Override:
    """Settings that hold within one ``with`` block, in one thread or task."""

    def __init__(self, config: Config, layer: Layer) -> None:
        self.config = config
        self.layer = layer
        self.built: tuple[tuple[object, ...], Settings] | None = None

    def settings(self, sources: Sources, *above: Layer) -> Settings:
        parts = (sources, *above)
        if self.built is None or any(a is not b for a, b in zip(self.built[0], parts, strict=False)):
            self.built = parts, sources.settings(*above)
        return self.built[1]


_overrides: ContextVar[tuple[_Override, ...]] = ContextVar("labwright_overrides", default=())


def _unknown(key: Key) -> ConfigError:
    error: ConfigError = _checker().unknown_setting(key)
    return error


def _look_up(values: Mapping[str, Any], name: str, key: Key) -> Any:
    if name not in values:
        raise _unknown(key)
    return values[name]


def _revealed(value: Any) -> str:
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value)


class Config(MutableMapping[str, Any]):
    """Settings by dotted key or by attribute. They are read when the first one is asked for.

    Parameters
    ----------
    folder : path, optional
        Where to begin to look for settings files; the working directory at first use by default.
    profile : str, optional
        The profile of ``labwright.toml`` to use.
    environ : mapping, optional
        Environment variables in place of the process's own.

    Raises
    ------
    ConfigError
        On use: if a setting is unknown or wrong, or a file cannot be read.

    Examples
    --------
    >>> config = Config(environ={"LABWRIGHT_IGNORE_FILES": "1", "DJ_HOST": "db.lab"})
    >>> config["database.host"], config.database.user
    ('db.lab', None)
    >>> with config.override(safemode=False):
    ...     config["safemode"]
    False
    """

    _own = frozenset({"_lock", "_search", "_sources", "_assigned", "_settings"})

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        profile: str | None = None,
        environ: Mapping[str, str] | None = None,
        home: Path | None = None,
    ) -> None:
        self._lock = threading.RLock()
        self._search: Mapping[str, Any] = {
            "folder": Path(folder) if folder else None,
            "profile": profile,
            "environ": environ,
            "home": home,
        }
        self._sources: Sources | None = None
        self._assigned = Layer()
        self._settings: Settings | None = None

    # Reading

    @property
    def settings(self) -> Settings:
        """The checked settings as they hold here and now."""
        active = self._active()
        with self._lock:
            if self._settings is None:
                self._commit(self._assigned)
            if active:
                return active[-1].settings(self._found(), self._assigned, *(override.layer for override in active))
            assert self._settings is not None
            return self._settings

    def _active(self) -> list[_Override]:
        return [override for override in _overrides.get() if override.config is self]

    def _found(self) -> Sources:
        if self._sources is None:
            search: Search = _checker().Search(**self._search)
            self._sources = _checker().find_sources(search)
        return self._sources

    def _check(self, *above: Layer) -> Settings:
        return self._found().settings(*above)

    def __getitem__(self, key: str) -> Any:
        return self._read(split_key(key))

    def _read(self, key: Key) -> Any:
        if len(key) < SECTIONS.get(key[0], 0) and key[1:] not in (("default",), ("filepath_default",)):
            if len(key) == 2 and key[1] not in getattr(self.settings, key[0]).named:
                raise _unknown(key)
            return Section(self, key)
        return self._secret(key, self._value(key))

    def _secret(self, key: Key, value: Any) -> Any:
        if hasattr(value, "get_secret_value"):
            return Secret(value.get_secret_value())
        return Secret(value) if isinstance(value, str) and masked(key, value) != value else value

    def _value(self, key: Key) -> Any:
        settings = self.settings
        if key[0] == "custom":
            return _look_up(settings.custom, key[1], key)
        if key[0] in NAMED and len(key) == 3:
            one = getattr(settings, key[0]).named.get(key[1])
            spec = one.spec() if one else {}
            return _look_up(
                {k[2]: spec.get(k[2]) for k in settings.entries if k[:2] == key[:2] and len(k) == 3}, key[2], key
            )
        if not _module("settings_names").is_known(key):
            return _look_up(settings.custom, dotted(key), key)
        if key[0] == "database":
            return settings.database_part(key[1])
        return functools.reduce(getattr, key, settings)

    def _read_attribute(self, key: Key) -> Any:
        try:
            inner = self._read(key)
            # By attribute a password stays wrapped, as in `config.database.password.get_secret_value()`.
            return self._value(key) if isinstance(inner, Secret) else inner
        except KeyError as error:
            raise AttributeError(str(error)) from error

    def __getattr__(self, name: str) -> Any:
        # Names of our own are missing only while the object is being made or copied.
        if name.startswith("__") or name in Config._own:
            raise AttributeError(name)
        return self._read_attribute((name,))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names(()))

    def __len__(self) -> int:
        return len(self._names(()))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._has(split_key(key))

    def _has(self, key: Key) -> bool:
        try:
            self._read(key)
        except KeyError:
            return False
        return True

    def _names(self, prefix: Key) -> list[str]:
        settings = self.settings
        if prefix == ("custom",):
            return list(settings.custom)
        if len(prefix) == 1 and prefix[0] in NAMED:
            section = getattr(settings, prefix[0])
            chosen = [name for name in ("default", "filepath_default") if getattr(section, name, None)]
            return [*chosen, *section.named]
        if len(prefix) == 2:
            return [key[2] for key in settings.entries if key[:2] == prefix]
        known: Mapping[Key, object] = _module("settings_names").known_settings()
        if prefix:
            return [key[-1] for key in known if key[:-1] == prefix]
        single = [dotted(key) for key in known if key[0] not in _WHOLE]
        return [*single, *_WHOLE]

    def __repr__(self) -> str:
        if self._settings is None:
            return "<Config: not read yet>"
        shown = {
            name: repr(value) if isinstance(value, Section) else masked(split_key(name), value)
            for name, value in self.items()
        }
        width = max(map(len, shown))
        return "\n".join(f"{name:{width}}  {value}" for name, value in shown.items())

    # Writing

    def __setitem__(self, key: str, value: Any) -> None:
        self._write(split_key(key), value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in Config._own:
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def _write(self, key: Key, value: Any) -> None:
        self._check_own()
        with self._lock:
            held = [override for override in self._active() if any(key == k for k in override.layer.entries)]
            if held:
                held[-1].layer = self._changed(held[-1].layer, key, value, Kind.OVERRIDE)
            else:
                self._commit(self._changed(self._assigned, key, value, Kind.ASSIGNED))

    def _check_own(self) -> None:
        """In thread-safe mode nobody changes what all threads share."""
        if self is config and self.settings.thread_safe:
            raise ThreadSafetyError(
                "Thread-safe mode forbids to change the settings that all threads share. Change them for this thread "
                "alone, `with config.override(...):`, or use lw.Instance(...) with settings of its own."
            )

    def _changed(self, layer: Layer, key: Key, value: Any, kind: Kind) -> Layer:
        change = _checker().assigned_layer(self._accepted(key, value), kind, "assignment")
        if isinstance(value, Mapping) and key[0] in _WHOLE and len(key) < SECTIONS[key[0]]:
            layer = layer.hide(key)
        changed = layer.put(change.entries)
        self._check(*([self._assigned] if kind is Kind.OVERRIDE else []), changed)
        return changed

    def _accepted(self, key: Key, value: Any) -> dict[str, Any]:
        """Keep a setting of any name with the custom ones, in the classic generation."""
        free = (
            key[0] not in SECTIONS
            and not _module("settings_names").is_known(key)
            and self.settings.generation == "classic"
        )
        return {dotted(("custom", *key) if free else key): value}

    def _commit(self, assigned: Layer) -> None:
        settings = self._check(assigned)
        self._assigned, self._settings = assigned, settings
        if settings.source("loglevel").kind is not Kind.DEFAULT:
            logging.getLogger(_LOGGER).setLevel(settings.loglevel)

    def __delitem__(self, key: str) -> None:
        self._delete(split_key(key))

    def _delete(self, key: Key) -> None:
        """Forget an assigned value; a store, or a name under custom, goes altogether."""
        self._check_own()
        if not self._has(key):
            raise _unknown(key)
        if key[0] not in SECTIONS and dotted(key) in self.settings.custom:
            key = ("custom", dotted(key))
        with self._lock:
            whole = key[0] in _WHOLE
            self._commit(self._assigned.hide(key) if whole else self._assigned.drop(key))

    def update(self, *args: Any, **values: Any) -> None:
        """Assign several settings at once: all of them, or none if one is wrong."""
        given = {**dict(*args), **{name.replace("__", "."): value for name, value in values.items()}}
        with self._lock:
            before = self._assigned
            try:
                for name, value in given.items():
                    self[name] = value
            except ConfigError:
                self._commit(before)
                raise

    @contextlib.contextmanager
    def override(self, settings: Mapping[str, Any] | None = None, /, **named: Any) -> Iterator[Config]:
        """Change settings within a ``with`` block, for this thread or task alone.

        Parameters
        ----------
        settings : mapping, optional
            Values by dotted key.
        **named
            Values by name, with two underscores for each dot: ``database__host="db"``.

        Raises
        ------
        ConfigError
            If a setting is unknown or wrong.

        Examples
        --------
        >>> config = Config(environ={"LABWRIGHT_IGNORE_FILES": "1"})
        >>> with config.override({"display.limit": 2}, safemode=False):
        ...     config["display.limit"], config["safemode"]
        (2, False)
        """
        given = {**(settings or {}), **{name.replace("__", "."): value for name, value in named.items()}}
        layer = _checker().assigned_layer(given, Kind.OVERRIDE, "override")
        override = _Override(self, layer)
        token = _overrides.set((*_overrides.get(), override))
        try:
            self.settings  # noqa: B018 - a wrong value is refused before the block begins
            yield self
        finally:
            _overrides.reset(token)

    def speak(self, generation: object) -> None:
        """Choose the generation of the language without reading a setting; None leaves it to the settings again.

        Parameters
        ----------
        generation : {'classic', '2'} or None

        Raises
        ------
        ConfigError
            If there is no such generation.
        """
        chosen = None if generation is None else as_generation(generation)
        with self._lock:
            assigned = self._assigned.drop(("generation",))
            source = Source(Kind.ASSIGNED, "assignment")
            self._assigned = assigned.put({("generation",): Entry(chosen, source)}) if chosen else assigned
            self._settings = None

    def __call__(self, **named: Any) -> contextlib.AbstractContextManager[Config]:
        return self.override(**named)

    def reload(self) -> None:
        """Read files and environment again; what was assigned stays."""
        with self._lock:
            self._sources = self._settings = None

    # Files

    def load(self, path: str | Path | None = None) -> None:
        """Read a settings file, which rules over the files found before; the environment rules over it.

        Parameters
        ----------
        path : path, optional
            A ``.toml`` or ``.json`` file; ``dj_local_conf.json`` by default.

        Raises
        ------
        ConfigError
            If it cannot be read or has a setting that is unknown or wrong.
        """
        with self._lock:
            sources = self._found().with_file(Path(path or CLASSIC_LOCAL_NAME).absolute())
            said = {
                key for layer in sources.layers for key, e in layer.entries.items() if e.source.kind is Kind.LOADED_FILE
            }
            assigned = functools.reduce(Layer.reveal, said, self._assigned)
            before, self._sources = self._sources, sources
            try:
                self._commit(assigned)
            except ConfigError:
                self._sources = before
                raise

    def save(self, path: str | Path, verbose: bool = False, *, secrets: Path | None = None) -> None:
        """Write what differs from the defaults to a file, TOML or JSON by its name, and secrets beside it.

        Parameters
        ----------
        path : path
            The file, replaced as a whole.
        verbose : bool
            Whether to log it.
        secrets : Path, optional
            The folder for passwords and keys, one a file; ``.secrets`` beside `path` by default.
        """
        target = Path(path).absolute()
        values, hidden = split_secrets({key: entry.value for key, entry in self.settings.entries.items()})
        hidden = {key: _revealed(self._value(key)) for key in hidden}
        write_text(target, to_toml(values) if target.suffix == ".toml" else to_json(values))
        if hidden:
            write_secrets(secrets or target.parent / SECRETS_NAME, secret_files(hidden))
        if verbose:
            logging.getLogger(_LOGGER).info("Saved settings in %s", target, extra={"action": "save settings"})

    def save_local(self, verbose: bool = False) -> None:
        """Write ``dj_local_conf.json`` in the working directory."""
        self.save(CLASSIC_LOCAL_NAME, verbose)

    def save_global(self, verbose: bool = False) -> None:
        """Write the settings for all of this user's projects, in the home directory."""
        home = self._search["home"] or Path.home()
        environ = os.environ if self._search["environ"] is None else self._search["environ"]
        folder = user_folder(environ, home)
        self.save(home / CLASSIC_USER_NAME, verbose, secrets=folder / SECRETS_NAME)

    @staticmethod
    def save_template(path: str | Path = TOML_NAME, minimal: bool = True, create_secrets_dir: bool = True) -> Path:
        """Write a settings file to begin with, and return where it is.

        Parameters
        ----------
        path : path
            A ``labwright.toml``, or a ``.json`` file as existing deployments have it.
        minimal : bool
            For JSON, whether only the database is in it.
        create_secrets_dir : bool
            For JSON, whether to make ``.secrets`` beside it; TOML always comes with it.

        Raises
        ------
        ConfigError
            If the file is there already.
        """
        target = Path(path).absolute()
        if target.exists():
            raise ConfigError(f"There are settings already: {target}. Remove them first, or choose another name.")
        if target.suffix == ".toml":
            init_project(target.parent)
            return target
        write_text(target, to_json(_TEMPLATE if minimal else {**_TEMPLATE, **_MORE}))
        if create_secrets_dir:
            write_secrets(target.parent / SECRETS_NAME, {})
        return target

    @property
    def _conf(self) -> Config:
        # Code written for the classic generation reaches for the dict inside.
        return self

    def get_store_spec(self, store: str | None = None, *, use_filepath_default: bool = False) -> dict[str, Any]:
        """Return the settings of a store as a plain dict.

        Parameters
        ----------
        store : str, optional
            Its name; the default one when not given.
        use_filepath_default : bool
            Whether the default for ``<filepath@>`` is meant.

        Raises
        ------
        ConfigError
            If there is no such store, or it lacks a setting.
        """
        _, found = self.settings.store(store, filepath=use_filepath_default)
        return {name: self._secret(("stores", "", name), value) for name, value in found.spec().items()}


_TEMPLATE: Mapping[Key, Any] = {("database", "host"): "localhost", ("database", "port"): 3306}
_MORE: Mapping[Key, Any] = {
    ("stores", "default"): "main",
    ("stores", "main", "protocol"): "file",
    ("stores", "main", "location"): "store",
    ("display", "limit"): 12,
    ("safemode",): True,
    ("loglevel",): "INFO",
}

config = Config()
"""The settings of the default project."""
