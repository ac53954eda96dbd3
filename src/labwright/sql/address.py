"""From host, user and the like, as settings and existing programs give them, to one database URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from labwright.core.errors import ConfigError
from labwright.sql.url import BACKENDS, DatabaseUrl, parse_url

_TLS_FILES: Final[Mapping[str, str]] = {"ca": "sslrootcert", "cert": "sslcert", "key": "sslkey"}


def address(
    host: str | None = None,
    user: str | None = None,
    password: str | None = None,
    port: int | None = None,
    *,
    backend: str | None = None,
    name: str | None = None,
    use_tls: bool | Mapping[str, Any] | None = None,
) -> DatabaseUrl:
    """The database that these parts mean.

    Parameters
    ----------
    host : str, optional
        The server, with or without ``:port``; the file's path for SQLite.
    user, password, port : str, str, int, optional
    backend : str, optional
        MySQL when it is not given, as pipelines written for it say only where it is; SQLite when nothing is.
    name : str, optional
        The database within a PostgreSQL server.
    use_tls : bool or mapping, optional
        Whether to encrypt; or the files ``ca``, ``cert`` and ``key``.

    Examples
    --------
    >>> str(address("db.lab:3307", "ana"))
    'mysql://ana@db.lab:3307/'
    """
    kind = _kind(backend or ("mysql" if host or user or port else "sqlite"))
    if kind == "sqlite":
        return DatabaseUrl("sqlite", path=host or "")
    place, separator, digits = (host or "localhost").rpartition(":")
    if not (separator and digits.isdigit() and ":" not in place):
        place, digits = host or "localhost", ""
    url = DatabaseUrl(
        kind,
        host=place,
        port=port or (int(digits) if digits else None),
        user=user or "",
        password=password or "",
        database=name or "",
    )
    return replace(url, options=tuple(tls_options(use_tls).items()))


def _kind(backend: str) -> str:
    if backend.lower() not in BACKENDS:
        raise ConfigError(f"There is no backend {backend!r}. There are: {', '.join(sorted(BACKENDS))}.")
    return BACKENDS[backend.lower()]


def tls_options(use_tls: bool | Mapping[str, Any] | None) -> dict[str, str]:
    """The options of a URL that say the same; none when the server decides."""
    if use_tls is None:
        return {}
    files = use_tls.get("ssl", use_tls) if isinstance(use_tls, Mapping) else {}
    given = {_TLS_FILES[name]: str(path) for name, path in files.items() if name in _TLS_FILES}
    return {**given, "use_tls": "true" if use_tls else "false"}


_POSITIONS: Final = ("user", "password", "port", "use_tls")
_NAMES: Final = (*_POSITIONS, "host", "backend", "name")


def as_url(given: DatabaseUrl | str | None, positional: Sequence[Any], named: Mapping[str, Any]) -> DatabaseUrl:
    """What a connection is asked for: a URL, or the classic ``Connection(host, user, password, port)``.

    Raises
    ------
    ConfigError
        When it is both, or a part of it is unknown.
    """
    if given is not None and not isinstance(given, (str, DatabaseUrl)):
        raise ConfigError(f"A database URL is a text such as 'sqlite:///lab.db', not {given!r}.")
    parts = dict(zip(_POSITIONS, positional, strict=False), **named)
    unknown = [*positional[len(_POSITIONS) :], *(name for name in parts if name not in _NAMES)]
    if unknown or isinstance(parts.get("use_tls"), str):
        raise ConfigError(
            f"A connection takes a URL, or host, user, password, port, use_tls, backend and name, not "
            f"{(unknown or [parts['use_tls']])[0]!r}. What is to be run on every new connection goes into on_connect."
        )
    if isinstance(given, DatabaseUrl) or "://" in (given or ""):
        if parts:
            raise ConfigError(f"The URL says it all; leave out {', '.join(parts)}, or give the host instead of a URL.")
        return given if isinstance(given, DatabaseUrl) else parse_url(str(given))
    host = parts.pop("host", given)
    if not host:
        raise ConfigError(
            "Say where the database is: Connection('sqlite:///path'), or Connection(host, user, password)."
        )
    return address(host, **parts)
