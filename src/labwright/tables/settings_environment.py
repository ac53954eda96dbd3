"""Settings from environment variables: ``LABWRIGHT_*`` and the classic ``DJ_*``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from labwright.core.errors import ConfigError
from labwright.tables.settings_layers import SECTIONS, Entry, Key, Kind, Layer, Source, leaves, split_key

PREFIX = "LABWRIGHT_"
PROFILE = "LABWRIGHT_PROFILE"
CONFIG = "LABWRIGHT_CONFIG"
IGNORE_FILES = "LABWRIGHT_IGNORE_FILES"
CONTROLS: Mapping[str, str] = MappingProxyType(
    {
        PROFILE: "The profile of `labwright.toml` to use.",
        CONFIG: "The settings file to read instead of searching for one.",
        IGNORE_FILES: "`true`: read neither settings files nor secrets folders.",
        "DJ_IGNORE_CONFIG_FILE": "The same, as existing deployments spell it.",
    }
)
"""Variables that are no settings but say which settings are read."""

CLASSIC: Mapping[str, str] = MappingProxyType(
    {
        "DJ_HOST": "database.host",
        "DJ_USER": "database.user",
        "DJ_PASS": "database.password",
        "DJ_PORT": "database.port",
        "DJ_BACKEND": "database.backend",
        "DJ_DATABASE_NAME": "database.name",
        "DJ_DATABASE_PREFIX": "database.prefix",
        "DJ_USE_TLS": "database.use_tls",
        "DJ_CREATE_TABLES": "database.create_tables",
        "DJ_LOG_LEVEL": "loglevel",
        "DJ_DIAGRAM_DIRECTION": "display.diagram_direction",
        "DJ_DIAGRAM_THEME": "display.diagram_theme",
        "DJ_THREAD_SAFE": "thread_safe",
        "DJ_STORES": "stores",
        "DJ_JOBS_AUTO_REFRESH": "jobs.auto_refresh",
        "DJ_JOBS_KEEP_COMPLETED": "jobs.keep_completed",
        "DJ_JOBS_STALE_TIMEOUT": "jobs.stale_timeout",
        "DJ_JOBS_DEFAULT_PRIORITY": "jobs.default_priority",
        "DJ_JOBS_VERSION_METHOD": "jobs.version_method",
        "DJ_JOBS_ADD_JOB_METADATA": "jobs.add_job_metadata",
        "DJ_PROVENANCE_CAPTURE": "provenance.capture",
        "DJ_PROVENANCE_SOURCE": "provenance.source",
    }
)
"""The setting that each classic variable means."""

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")


def files_ignored(environ: Mapping[str, str]) -> bool:
    """Whether the environment forbids settings files."""
    return any(_flag(name, environ.get(name, "")) for name in (IGNORE_FILES, "DJ_IGNORE_CONFIG_FILE"))


def _flag(name: str, text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE, ""):
        raise ConfigError(f"The environment variable {name} is 'true' or 'false', not {text!r}.")
    return text.lower() in _TRUE


def environment_layers(environ: Mapping[str, str], is_known: Callable[[Key], bool]) -> tuple[Layer, Layer]:
    """Return the layers of the classic variables and of our own.

    A variable of ours that names a section (``LABWRIGHT_DATABASE__HOST``) is a setting; of the others only those that
    `is_known` accepts are, since tools around Labwright have variables too.

    Raises
    ------
    ConfigError
        If a variable that holds JSON cannot be read.
    """
    classic = {name: key for name, key in CLASSIC.items() if environ.get(name)}
    ours = {name: key for name, key in _own(environ) if key.split(".")[0] in SECTIONS or is_known((key,))}
    return _layer(environ, classic, Kind.CLASSIC_ENVIRONMENT), _layer(environ, ours, Kind.ENVIRONMENT)


def _own(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.upper().startswith(PREFIX) and value and name.upper() not in CONTROLS:
            yield name, name[len(PREFIX) :].lower().replace("__", ".")


def unknown_variables(environ: Mapping[str, str], is_known: Callable[[Key], bool]) -> tuple[str, ...]:
    """Name the variables that look like ours and mean nothing."""
    return tuple(
        name
        for name, key in _own(environ)
        if key.split(".")[0] not in SECTIONS and not is_known((key,)) and not key.startswith("test_")
    )


def _layer(environ: Mapping[str, str], variables: Mapping[str, str], kind: Kind) -> Layer:
    layer = Layer()
    for name, key in sorted(variables.items(), key=lambda item: item[1]):
        source = Source(kind, f"environment variable {name}")
        value = _value(name, key, environ[name])
        layer = layer.hide(("stores",)) if key == "stores" else layer
        layer = layer.put({path: Entry(leaf, source) for path, leaf in leaves({key: value})})
    return layer


def _value(name: str, key: str, text: str) -> Any:
    """Return the value that a text stands for: a table or a list is written as JSON."""
    whole = key in SECTIONS and (key != "database" or text.startswith("{"))
    if not whole and not text.startswith(("{", "[")):
        return text
    if split_key(key)[-1] in ("password", "secret_key", "access_key", "token"):
        return text
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"The environment variable {name} is not valid JSON: {error.msg} at column {error.colno}."
        ) from None
    if whole and not isinstance(value, dict):
        raise ConfigError(
            f"The environment variable {name} is a JSON object such as {{...}}, not {type(value).__name__}."
        )
    return value
