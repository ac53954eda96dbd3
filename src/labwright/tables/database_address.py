"""From the database settings to one address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labwright.core.errors import ConfigError
from labwright.sql.address import address, tls_options
from labwright.sql.url import DatabaseUrl, parse_url
from labwright.tables.settings_layers import Source

DEFAULT_FILE = ".labwright/labwright.db"

SourceOf = Callable[[str], Source]


def database_address(values: Mapping[str, Any], source: SourceOf, folder: Path) -> DatabaseUrl:
    """Return the database that the settings mean.

    Parameters
    ----------
    values : mapping
        The section ``database``, by name.
    source : callable
        Where a setting came from, by its dotted key.
    folder : Path
        The project's folder, for the database of a project that names none.

    Raises
    ------
    ConfigError
        If the URL cannot be read, or SQLite is chosen with a server's settings.
    """
    url = _from_url(values, source) if _url_rules(values, source) else _from_parts(values, source, folder)
    return replace(url, options=_options(url, values))


def _url_rules(values: Mapping[str, Any], source: SourceOf) -> bool:
    """Whether the URL counts: a host or backend from a higher source means another server altogether."""
    return bool(values["url"]) and not any(_newer(name, values, source) for name in ("host", "backend"))


def _newer(name: str, values: Mapping[str, Any], source: SourceOf) -> bool:
    return bool(values[name]) and source(f"database.{name}").kind > source("database.url").kind


def _from_url(values: Mapping[str, Any], source: SourceOf) -> DatabaseUrl:
    try:
        url = parse_url(values["url"])
    except ConfigError as error:
        raise ConfigError(f"{error} It was set by {source('database.url')}.") from None
    if url.backend == "sqlite":
        return _placed(url, source("database.url"))
    return replace(
        url,
        user=_part("user", url.user, values, source),
        password=_part("password", url.password, values, source),
        port=_part("port", url.port, values, source),
        database=_part("name", url.database, values, source),
    )


def _part(name: str, of_url: Any, values: Mapping[str, Any], source: SourceOf) -> Any:
    return values[name] if values[name] and (not of_url or _newer(name, values, source)) else of_url


def _from_parts(values: Mapping[str, Any], source: SourceOf, folder: Path) -> DatabaseUrl:
    url = address(
        *(values[name] for name in ("host", "user", "password", "port")), backend=values["backend"], name=values["name"]
    )
    if url.backend != "sqlite":
        return url
    return _placed(url, source("database.host")) if url.path else replace(url, path=str(folder / DEFAULT_FILE))


def _placed(url: DatabaseUrl, source: Source) -> DatabaseUrl:
    if url.in_memory:
        return url
    return replace(url, path=str((source.folder or Path.cwd()) / Path(url.path).expanduser()))


def _options(url: DatabaseUrl, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the options of the URL, and those that have settings of their own where the URL says nothing."""
    said = {"busy_timeout": values["busy_timeout"]} if url.backend == "sqlite" else _server_options(values)
    return tuple(
        {
            **{name: f"{value:g}" if isinstance(value, float) else value for name, value in said.items()},
            **dict(url.options),
        }.items()
    )


def _server_options(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"connect_timeout": values["connect_timeout"], **tls_options(values["use_tls"])}
