"""Where a database is: the parsed form of a URL such as ``postgresql://ana@db.lab:5432/brains``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from labwright.core.errors import ConfigError, did_you_mean

BACKENDS: Final = MappingProxyType(
    {"sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql"}
)
"""The scheme of a URL, and the backend that it means."""

DEFAULT_PORTS: Final = MappingProxyType({"postgres": 5432, "mysql": 3306})

OPTIONS: Final = MappingProxyType(
    {
        "sqlite": ("busy_timeout", "mode"),
        "postgres": (
            "connect_timeout",
            "prepare_threshold",
            "sslcert",
            "sslkey",
            "sslmode",
            "sslrootcert",
            "unix_socket",
            "use_tls",
        ),
        "mysql": (
            "connect_timeout",
            "driver",
            "sslcert",
            "sslkey",
            "sslmode",
            "sslrootcert",
            "unix_socket",
            "use_tls",
        ),
    }
)
"""The options that may follow ``?`` in a URL of each backend."""

_SCHEMES = {"sqlite": "sqlite", "postgres": "postgresql", "mysql": "mysql"}


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Where a database is and who is asking.

    The password is kept out of ``repr`` and ``str``.

    Parameters
    ----------
    backend : str
        ``'sqlite'``, ``'postgres'`` or ``'mysql'`` (which MariaDB is, too).
    host, port, user, password, database : str, int or None, str, str, str
        Of the server. An empty host means this machine.
    path : str
        Of the SQLite file; ``':memory:'`` is a database without a file.
    options : tuple of pairs
        What followed ``?`` in the URL.

    Examples
    --------
    >>> url = DatabaseUrl("postgres", host="db.lab", user="ana", password="secret", database="brains")
    >>> str(url)
    'postgresql://ana:***@db.lab/brains'
    """

    backend: str
    host: str = ""
    port: int | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    path: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def part(self, setting: str) -> str | int | None:
        """Return what the settings call host, port, user, password, name or backend; None where nothing is said.

        Examples
        --------
        >>> url = DatabaseUrl("postgres", host="db.lab", user="ana")
        >>> url.part("backend"), url.part("host"), url.part("port")
        ('postgresql', 'db.lab', None)
        """
        parts = {
            "backend": {"postgres": "postgresql"}.get(self.backend, self.backend),
            "host": self.path if self.backend == "sqlite" else self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "name": self.database,
        }
        return parts.get(setting) or None

    def __str__(self) -> str:
        scheme, query = _SCHEMES[self.backend], urlencode(self.options, safe="/")
        place = f"/{self.path}" if self.backend == "sqlite" else f"{self._authority}/{quote(self.database)}"
        return f"{scheme}://{place}" + (f"?{query}" if query else "")

    @property
    def _authority(self) -> str:
        who = quote(self.user, safe="") + (":***" if self.password else "")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (f"{who}@" if who else "") + host + (f":{self.port}" if self.port else "")

    @property
    def in_memory(self) -> bool:
        """True for a SQLite database without a file."""
        return self.path == ":memory:"

    @property
    def server(self) -> str:
        """The file, or ``host:port``, for messages."""
        if self.backend == "sqlite":
            return self.path
        port = self.port or DEFAULT_PORTS[self.backend]
        return self.option("unix_socket") or f"{self.host or 'localhost'}:{port}"

    def option(self, name: str, default: str = "") -> str:
        """Return an option's text, or `default`."""
        return dict(self.options).get(name, default)

    def seconds(self, name: str, default: float) -> float:
        """Return an option that is a number of seconds."""
        text = self.option(name)
        try:
            number = float(text) if text else default
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            raise ConfigError(f"The option {name!r} of the database URL is a number of seconds, not {text!r}.")
        return number

    def flag(self, name: str) -> bool | None:
        """Return an option that is true or false, or None where it is not given."""
        text = self.option(name).lower()
        if text not in _FLAGS:
            raise ConfigError(f"The option {name!r} of the database URL is 'true' or 'false', not {text!r}.")
        return _FLAGS[text]

    def with_password(self, password: str) -> DatabaseUrl:
        """Return this URL with a password, which may have been kept elsewhere."""
        return replace(self, password=password)


_FLAGS = {
    "": None,
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


def parse_url(text: str) -> DatabaseUrl:
    """Return the parts of a database URL.

    Parameters
    ----------
    text : str
        ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``sqlite:///:memory:``,
        ``postgresql://user:password@host:port/database?sslmode=require``,
        ``mysql://user@host:port`` or ``mariadb://...``. What is not plain in a user, password or database is
        percent-encoded (``%40`` for ``@``).

    Raises
    ------
    ConfigError
        If the scheme, the port or an option is not known.

    Examples
    --------
    >>> parse_url("mysql://ana@db.lab:3307").port
    3307
    """
    if not isinstance(text, str):
        raise ConfigError(f"A database URL is a text such as 'sqlite:///lab.db', not {text!r}.")
    scheme, separator, _ = text.partition("://")
    backend = BACKENDS.get(scheme.lower())
    if not separator or backend is None:
        raise ConfigError(_unknown_scheme(scheme if separator else ""))
    try:
        parts = urlsplit(text.replace("#", "%23"))
        port = parts.port
    except ValueError:
        # The cause would show the text, and with it the password.
        raise ConfigError(
            f"The {scheme} URL of the database cannot be read: expected {_EXAMPLES[backend]} with a number as port;"
            " write '@', ':', '/' and '?' within a user or password as %40, %3A, %2F and %3F."
        ) from None
    options = _options(backend, parts.query)
    return _file(parts, options) if backend == "sqlite" else _server(backend, parts, port, options)


_EXAMPLES = {
    "sqlite": "sqlite:///file.db",
    "postgres": "postgresql://user@host:5432/database",
    "mysql": "mysql://user@host:3306",
}


def _unknown_scheme(scheme: str) -> str:
    said = f"unknown scheme {scheme!r}" if scheme else "no scheme"
    near = did_you_mean(scheme, BACKENDS) if scheme else ""
    valid = ", ".join(_EXAMPLES.values())
    return f"The database URL has {said}.{near} Valid schemes: {', '.join(sorted(BACKENDS))}. For example: {valid}."


def _options(backend: str, query: str) -> tuple[tuple[str, str], ...]:
    options = tuple(parse_qsl(query, keep_blank_values=True))
    for name, _ in options:
        if name not in OPTIONS[backend] and name != "host":
            valid = OPTIONS[backend]
            raise ConfigError(
                f"The database URL has an unknown option {name!r}.{did_you_mean(name, valid)}"
                f" Valid options of {backend}: {', '.join(valid)}."
            )
    return tuple(("unix_socket" if name == "host" else name, value) for name, value in options)


def _file(parts: SplitResult, options: tuple[tuple[str, str], ...]) -> DatabaseUrl:
    if parts.netloc:
        raise ConfigError(
            f"A SQLite URL has three slashes before a relative path and four before an absolute one:"
            f" 'sqlite:///{parts.netloc}{parts.path}'."
        )
    path = unquote(parts.path.removeprefix("/")) or ":memory:"
    return DatabaseUrl("sqlite", path=path, options=options)


def _server(backend: str, parts: SplitResult, port: int | None, options: tuple[tuple[str, str], ...]) -> DatabaseUrl:
    return DatabaseUrl(
        backend,
        host=unquote(parts.hostname or ""),
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.removeprefix("/")),
        options=options,
    )
