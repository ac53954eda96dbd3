"""A project: settings, a database, and what belongs to them, as one object that can be passed."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from labwright.catalogue.files import PlainObjects
from labwright.catalogue.gc import GRACE, Collected, collect
from labwright.codecs.backend import Backend
from labwright.codecs.base import CodecContext
from labwright.codecs.chain import CodecChain, resolve_chain
from labwright.core.errors import ConfigError, ThreadSafetyError
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.typenames import parse_type
from labwright.sql.connection import Connection
from labwright.sql.database import Database
from labwright.sql.decode import DecodeColumn
from labwright.sql.url import DatabaseUrl
from labwright.storage.stores import Stores
from labwright.tables.config import Config, config
from labwright.tables.settings_layers import Kind

if TYPE_CHECKING:
    from types import TracebackType

    from labwright.tables.settings import Settings


@dataclass(frozen=True)
class _StoresFound:
    """What stores are by some settings."""

    settings: Settings | None = None
    stores: dict[tuple[str | None, bool], tuple[str, Mapping[str, Any]]] = field(default_factory=dict)


class Project:
    """Everything that a pipeline needs to run: where it is kept, and by which settings.

    Many projects may be open in one process. Code that names none uses the one that was entered by ``with``, else the
    one that the settings in the working directory describe.

    Parameters
    ----------
    url : DatabaseUrl or str, optional
        The database; by default the one of the settings.
    settings : Config, optional
        By default those of the working directory.

    Examples
    --------
    >>> with Project("sqlite:///:memory:") as project:
    ...     project.database.dialect.title
    'SQLite'
    """

    def __init__(
        self,
        url: DatabaseUrl | str | None = None,
        *,
        settings: Config | None = None,
        connection: Connection | None = None,
    ) -> None:
        self.config = config if settings is None else settings
        self._url = url
        self._connection = connection
        self._database: Database | None = None
        self._lock = threading.Lock()
        self._stores_found = _StoresFound()
        self.stores = Stores(self._store_settings)

    def _store_settings(self, name: str | None, filepath: bool) -> tuple[str, Mapping[str, Any]]:
        """The settings of a store, worked out once: they are asked for with each object."""
        found, settings = self._stores_found, self.config.settings
        if found.settings is not settings:
            found = self._stores_found = _StoresFound(settings)
        if (name, filepath) not in found.stores:
            chosen, store = settings.store(name, filepath=filepath)
            found.stores[name, filepath] = chosen, store.spec()
        return found.stores[name, filepath]

    @classmethod
    def open(cls, where: str | Path | None = None, *, profile: str | None = None) -> Project:
        """Open the project in a folder, or with the database of a URL.

        Parameters
        ----------
        where : str or Path, optional
            A folder with settings, a settings file, or a database URL; by default the working directory.
        profile : str, optional
            The profile of ``labwright.toml`` to use.
        """
        if where is not None and not isinstance(where, (str, Path)):
            raise ConfigError(f"A project is opened in a folder or at a database URL, not at {where!r}.")
        if where is not None and "://" in str(where):
            return cls(str(where))
        if where is None and profile is None:
            return cls()
        folder = Path(where or ".")
        if not folder.exists():
            raise ConfigError(f"There is no folder {str(folder)!r}. Create it with: labwright init {folder}")
        return cls(settings=Config(folder, profile=profile))

    @property
    def database(self) -> Database:
        """The project's database."""
        return self._database or self._opened()

    def _opened(self) -> Database:
        with self._lock:
            if self._database is None:
                self._database = self._open()
                _projects[id(self._database.connection)] = self
            return self._database

    def _open(self) -> Database:
        if self._connection is not None:
            database = Database(self._connection, stored_type)
        else:
            url = self._url if self._url is not None else self.config.settings.database_url()
            database = Database.open(url, stored_type, init_fun=self.config["connection.init_function"])
        database.stores = self.stores
        database.keeps_history = lambda: bool(self.config["history.enabled"])
        return database

    @property
    def connection(self) -> Connection:
        """The connection to it."""
        return self.database.connection

    def in_own_name(self) -> Project:
        """The same project over connections of its own, by which nobody's role is taken.

        A service that acts for others, by `acting_as(role=...)`, keeps there what is its own. On SQLite, where there
        are no roles, it is the project itself.

        Examples
        --------
        >>> with Project("sqlite:///:memory:") as project:
        ...     project.in_own_name() is project
        True
        """
        if self.connection.backend == "sqlite":
            return self
        made = Project(self.connection.url, settings=self.config)
        made.connection.take_no_roles()
        return made

    @property
    def is_of_settings(self) -> bool:
        """Whether its database is the one of its settings as files and environment give them, and not said in code."""
        if self._url is not None or self._connection is not None:
            return False
        entries = self.config.settings.entries.items()
        return all(entry.source.kind < Kind.ASSIGNED for key, entry in entries if key[0] == "database")

    def files(self, store: str | None = None) -> Backend:
        """The files of a store, to be put and read by their paths; None is the default store."""
        return Backend(PlainObjects(self.stores), store)

    def collect_garbage(
        self, *, dry_run: bool = True, grace: timedelta = GRACE, schemas: Collection[str] | None = None
    ) -> Collected:
        """Put what no row refers to into quarantine, and delete what has been there for the grace period.

        Parameters
        ----------
        dry_run : bool
            Whether to say only what would be done.
        grace : timedelta
        schemas : collection of str, optional
            Whose objects to look at; by default all.
        """
        return collect(self.database, self.stores, dry_run=dry_run, grace=grace, schemas=schemas)

    def close(self) -> None:
        """Close what is open; the next use opens it again."""
        with self._lock:
            if self._database is not None:
                self._database.connection.close()
                self._database = None
        self.stores.close()

    def __enter__(self) -> Project:
        _entered.set((*_entered.get(), self))
        with _default_lock:
            _in_use[self] = _in_use.get(self, 0) + 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _entered.set(_entered.get()[:-1])
        with _default_lock:
            _in_use[self] -= 1
            last = not _in_use[self]
            if last:
                del _in_use[self]
        if last:
            self.close()

    def address(self) -> str:
        """Where the database is, in words, also where it cannot be told: then why not."""
        try:
            return str(self.connection.url)
        except Exception as error:  # noqa: BLE001 - a repr never raises
            return f"of no database: {error}"

    def __repr__(self) -> str:
        return f"<Project {self.address()}>"


_entered: Final[ContextVar[tuple[Project, ...]]] = ContextVar("labwright_projects", default=())
_in_use: Final[dict[Project, int]] = {}
"""Projects that some thread or task has entered, and how often."""
_projects: Final[WeakValueDictionary[int, Project]] = WeakValueDictionary()
"""The project of each connection, by the connection's id."""
_default: list[Project] = []
_default_lock: Final = threading.Lock()


def default_project() -> Project:
    """The project that code uses which names none."""
    entered = _entered.get()
    if entered:
        return entered[-1]
    if config.settings.thread_safe:
        raise ThreadSafetyError(
            "Thread-safe mode has no shared connection. Say which project is meant: `with project:`, or give the "
            "Schema its connection=project; lw.Instance(...) makes schemas of its own."
        )
    with _default_lock:
        if not _default:
            _refuse_to_guess()
            _default.append(Project())
        return _default[0]


def open_projects() -> list[Project]:
    """All that are in use: those that were entered here first, then the default one."""
    return list(dict.fromkeys((*reversed(_entered.get()), *_default, *_projects.values())))


def _refuse_to_guess() -> None:
    """A new thread has entered nothing; where another has, the default would be some other database."""
    if _in_use:
        others = ", ".join(map(repr, _in_use))
        raise ThreadSafetyError(
            f"This thread has entered no project, while another has entered {others}. Enter it here as well, by "
            "`with project:`, or give the Schema its connection=project."
        )


def project_of(given: Connection | Project | None) -> Project | None:
    """The one project that a connection belongs to, so that all tables behind it can be joined."""
    if given is None or isinstance(given, Project):
        return given
    if not isinstance(given, Connection):
        raise ConfigError(
            f"A connection is expected, such as lw.Connection('sqlite:///lab.db') or an lw.Project, not {given!r}."
        )
    found = _projects.get(id(given))
    if found is None:
        found = _projects[id(given)] = Project(connection=given)
    return found


def forget_default() -> None:
    """Close the default project; the settings are looked at again when it is next used."""
    with _default_lock:
        for project in _default:
            project.close()
        _default.clear()


def conn(
    host: str | None = None,
    user: str | None = None,
    password: str | None = None,
    *,
    init_fun: str | None = None,
    reset: bool = False,
    use_tls: bool | Mapping[str, Any] | None = None,
) -> Connection:
    """The connection of the default project, connected.

    Parameters
    ----------
    host, user, password : str, optional
        Settings for the first call; once there is a connection they count only with `reset`.
    init_fun : str, optional
        A statement that is run on every new connection.
    reset : bool
        Whether to close it and connect anew, by the settings as they are now.
    use_tls : bool or mapping, optional
        Whether to encrypt.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:"):
    ...     lw.conn().query("SELECT 1 + 1").fetchall()
    [(2,)]
    """
    given = {"host": host, "user": user, "password": password, "use_tls": use_tls}
    given = {f"database.{name}": value for name, value in given.items() if value is not None}
    if init_fun is not None:
        given["connection.init_function"] = init_fun
    if reset or (given and not _default):
        config.update(given)
        forget_default()
    return default_project().connection.connect()


def stored_type(type_: Type) -> Type:
    """The core type in which a type is stored: its own, or what its codec ends in."""
    return type_ if type_.codec is None else codec_chain(type_).storage


def codec_chain(type_: Type) -> CodecChain:
    """The codecs of a type, outermost first."""
    return resolve_chain(type_, parse_type)


def codec_decoder(attribute: Attribute, context: CodecContext) -> DecodeColumn:
    """What the codec of an attribute makes of stored values."""
    assert attribute.type is not None
    chain = codec_chain(attribute.type)
    packed = context.packed and chain.codecs[0].name == "blob"  # what another codec makes of a blob is no blob
    context = replace(context, field=attribute.name, store=chain.store, packed=packed)
    return lambda stored, keys: chain.decode_all(stored, keys, context)
