"""The settings: their types, defaults and meanings. This module loads pydantic, so it is imported on first use."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)

from labwright.core.errors import ConfigError, did_you_mean
from labwright.sql.url import DatabaseUrl
from labwright.tables.config_section import Secret
from labwright.tables.database_address import database_address
from labwright.tables.settings_engines import EngineSettings, EnginesSettings
from labwright.tables.settings_layers import NAMED, Entry, Key, Source, masked, split_key
from labwright.tables.settings_notebook import NotebookSettings
from labwright.tables.settings_notices import NoticesSettings
from labwright.tables.settings_section import Section
from labwright.tables.settings_web import WebSettings

DEFAULT_FOLDER = ".labwright"
DEFAULT_STORE = "local"
DEFAULT_ENGINE = "in-process"


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _text(value: object) -> object:
    return str(value) if value == 2 else value


Backend = Annotated[Literal["sqlite", "postgresql", "postgres", "mysql", "mariadb"], BeforeValidator(_lower)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]
Generation = Annotated[Literal["classic", "2"], BeforeValidator(_text)]


class DatabaseSettings(Section):
    """Where the database is, and how to speak to it."""

    url: str | None = Field(
        default=None,
        description="The database as one text: `sqlite:///path`, `postgresql://user@host:port/db` or"
        " `mysql://user@host:port`. It wins over host, user, port, backend and name from the same or a lower source.",
    )
    host: str | None = Field(
        default=None, description="The server's name or address; the file's path when the backend is sqlite."
    )
    user: str | None = Field(default=None, description="The name to log in with.")
    password: SecretStr | None = Field(
        default=None, description="The password to log in with. Keep it in `.secrets/database.password`."
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="The server's port: 5432 (PostgreSQL) or 3306 (MySQL) when not given."
    )
    backend: Backend | None = Field(
        default=None, description="The kind of database: mysql when a host, user or port is given, else sqlite."
    )
    name: str | None = Field(
        default=None, description="The database within a PostgreSQL server; `postgres` when not given."
    )
    prefix: str = Field(default="", description="A text that pipelines put before their schema names.")
    use_tls: bool | dict[str, Any] | None = Field(
        default=None,
        description="Whether to encrypt the connection: true, false, or null for 'where the server can';"
        " or a table of `ca`, `cert` and `key` files.",
    )
    create_tables: bool = Field(default=True, description="Whether a schema declares its tables when they are missing.")
    reconnect: bool = Field(
        default=True, description="Whether a connection lost outside a transaction is opened again."
    )
    pool_size: int = Field(default=5, ge=1, le=1000, description="How many connections to the server are kept at most.")
    connect_timeout: float = Field(default=10.0, gt=0, description="Seconds to wait for the server to answer at first.")
    busy_timeout: float = Field(
        default=30.0, ge=0, description="Seconds to wait for another process to release a SQLite file."
    )


class ConnectionSettings(Section):
    """What is done on every new connection."""

    charset: str = Field(default="", description="The character set of MySQL connections; utf8mb4 when empty.")
    init_function: str | None = Field(default=None, description="A statement that is run on every new connection.")


class DisplaySettings(Section):
    """How tables and diagrams are shown."""

    limit: int = Field(default=12, ge=0, description="How many rows a preview shows.")
    width: int = Field(default=14, ge=1, description="How many characters wide a column of a preview is.")
    show_tuple_count: bool = Field(default=True, description="Whether a preview says how many rows there are.")
    diagram_direction: Literal["TB", "LR"] = Field(
        default="TB", description="Diagrams run from top to bottom or left to right."
    )
    diagram_theme: Literal["light", "dark", "auto"] = Field(default="auto", description="The colours of diagrams.")


class JobsSettings(Section):
    """How computations are queued and what is kept of them."""

    auto_refresh: bool = Field(default=True, description="Whether `populate` looks for new keys before it takes jobs.")
    keep_completed: bool = Field(default=False, description="Whether jobs stay in the queue when they have succeeded.")
    stale_timeout: int = Field(
        default=3600,
        ge=0,
        description="0 leaves jobs that wait though their keys are gone; any other number has them removed.",
    )
    default_priority: int = Field(default=5, ge=0, le=255, description="The priority of new jobs; lower goes first.")
    shared_commits: bool = Field(
        default=True,
        description="Whether results of short computations are stored with one commit, up to 100 at once.",
    )
    run_by_server: bool | None = Field(
        default=None,
        description="Whether the web app starts workers when somebody asks for a computation, or only queues it for "
        "workers elsewhere; null starts them where the app is for one person.",
    )
    version_method: Literal["git", "none"] | None = Field(
        default=None,
        description="How the version of the code is found: `git` (the commit), `none` (empty), null (not kept).",
    )
    make_reads: Literal["record", "warn", "deny"] | None = Field(
        default=None,
        description="What happens when a `make` reads tables that its own does not depend on: `record`, `warn`, "
        "`deny`; null warns, and records in the classic generation.",
    )
    allow_new_pk_fields_in_computed_tables: bool = Field(
        default=False, description="Whether Computed and Imported tables may have key attributes of their own."
    )
    add_job_metadata: bool = Field(
        default=False,
        description="Whether Computed and Imported tables get hidden columns for start, duration and version.",
    )


class ProvenanceSettings(Section):
    """What is kept of where rows come from."""

    capture: bool = Field(
        default=False, description="Whether Manual tables get the hidden column `_prov` when they are declared."
    )
    source: dict[str, Any] = Field(
        default_factory=dict, description="What to record as the outside source of rows that this process enters."
    )


class HistorySettings(Section):
    """What is kept of rows that are changed or deleted."""

    enabled: bool = Field(
        default=True, description="Whether Manual and Lookup tables keep their history unless their class says no."
    )
    keep_days: int | None = Field(
        default=None, ge=0, description="Days after which `labwright history prune` removes old rows; null for never."
    )


_COMMON = frozenset(
    {
        "protocol",
        "location",
        "hash_prefix",
        "schema_prefix",
        "filepath_prefix",
        "subfolding",
        "partition_pattern",
        "token_length",
        "stage",
    }
)
STORE_KEYS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "file": _COMMON,
        "memory": _COMMON,
        "http": _COMMON | {"url", "token"},
        "s3": _COMMON
        | {"endpoint", "bucket", "region", "access_key", "secret_key", "session_token", "secure", "proxy_server"},
        "gcs": _COMMON | {"bucket", "token", "project"},
        "azure": _COMMON | {"container", "account_name", "account_key", "connection_string"},
        "sftp": _COMMON | {"host", "port", "username", "password", "key_file", "known_hosts"},
        "globus": _COMMON | {"collection", "local_collection", "client_id", "client_secret", "token"},
    }
)
"""The settings that a store of each built-in protocol may have; fsspec's and a plug-in's may have any."""

_NEEDED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "file": ("location",),
        "s3": ("bucket",),
        "gcs": ("bucket",),
        "azure": ("container",),
        "http": ("url",),
        "sftp": ("host",),
        "fsspec": ("filesystem",),
        "globus": ("collection", "local_collection", "stage"),
    }
)


class StoreSettings(Section):
    """One store of files and objects. Protocols from plug-ins may have settings of their own."""

    model_config = ConfigDict(extra="allow")

    protocol: Annotated[str, BeforeValidator(_lower)] | None = Field(
        default=None, description="file, memory, s3, gcs, azure, http, sftp, fsspec, globus, or what a plug-in adds."
    )
    location: str | None = Field(
        default=None, description="The folder, or the path within the bucket, container, server or collection."
    )
    endpoint: str | None = Field(default=None, description="s3: the server, as `host:port`; Amazon's when not given.")
    bucket: str | None = Field(default=None, description="s3, gcs: the bucket.")
    region: str | None = Field(default=None, description="s3: the region.")
    container: str | None = Field(default=None, description="azure: the container.")
    url: str | None = Field(default=None, description="http: the address below which the objects are.")
    secure: bool = Field(default=True, description="s3: whether to speak TLS to the server.")
    access_key: SecretStr | None = Field(default=None, description="s3: the name of the key.")
    secret_key: SecretStr | None = Field(default=None, description="s3: the key.")
    session_token: SecretStr | None = Field(default=None, description="s3: the token of a temporary key.")
    token: SecretStr | None = Field(
        default=None,
        description="http, globus: the token. gcs: the file of a service account's key, or what it holds.",
    )
    project: str | None = Field(default=None, description="gcs: the project.")
    account_name: str | None = Field(default=None, description="azure: the account.")
    account_key: SecretStr | None = Field(default=None, description="azure: the account's key.")
    connection_string: SecretStr | None = Field(default=None, description="azure: account and key as one text.")
    proxy_server: str | None = Field(default=None, description="s3: a proxy to go through.")
    host: str | None = Field(default=None, description="sftp: the server.")
    port: int | None = Field(default=None, ge=1, le=65535, description="sftp: its port; 22 when not given.")
    username: str | None = Field(default=None, description="sftp: the name to log in with.")
    password: SecretStr | None = Field(default=None, description="sftp: the password; better is a key.")
    key_file: str | None = Field(default=None, description="sftp: the file of a private key; ssh's own when not given.")
    known_hosts: str | None = Field(
        default=None, description="sftp: the file of the keys of known servers; ssh's own when not given."
    )
    filesystem: str | None = Field(
        default=None, description="fsspec: which file system; other settings of the store are its options."
    )
    collection: str | None = Field(default=None, description="globus: the collection that holds the objects.")
    local_collection: str | None = Field(
        default=None, description="globus: the collection that gives the files of this machine."
    )
    client_id: str | None = Field(default=None, description="globus: the client that acts for Labwright.")
    client_secret: SecretStr | None = Field(default=None, description="globus: its secret.")
    hash_prefix: str = Field(default="_hash", description="The folder of hash-addressed objects.")
    schema_prefix: str = Field(default="_schema", description="The folder of schema-addressed objects.")
    filepath_prefix: str | None = Field(default=None, description="The folder that `<filepath@>` is restricted to.")
    subfolding: tuple[Annotated[int, Field(ge=1)], ...] | None = Field(
        default=None, description="Lengths of the folders that hashes are spread over, e.g. `[2, 2]`."
    )
    partition_pattern: str | None = Field(
        default=None, description="Key attributes that become the first folders, e.g. `subject={subject}`."
    )
    token_length: int = Field(default=8, ge=4, le=16, description="The length of the random part of an object's name.")
    stage: str | None = Field(default=None, description="A local folder where files are kept on their way in and out.")

    @model_validator(mode="after")
    def _checked(self) -> StoreSettings:
        known = STORE_KEYS.get(self.protocol or "")
        if known:
            self._refuse_foreign(known)
        elif not self.protocol:
            self._refuse_foreign(frozenset(type(self).model_fields))
        self._refuse_nested_prefixes()
        return self

    def _refuse_foreign(self, known: frozenset[str]) -> None:
        foreign = sorted(self.model_fields_set - known)
        if foreign:
            names = ", ".join(map(repr, foreign))
            where = f"A {self.protocol} store" if self.protocol else "A store"
            raise ValueError(
                f"{where} has no setting {names}.{did_you_mean(foreign[0], known)}"
                f" It may have: {', '.join(sorted(known))}."
            )

    def _refuse_nested_prefixes(self) -> None:
        prefixes = {name: getattr(self, name) for name in ("hash_prefix", "schema_prefix", "filepath_prefix")}
        folders = [(name, f"{text.strip('/')}/") for name, text in prefixes.items() if text and text.strip("/")]
        for name, folder in folders:
            for other, inner in folders:
                if name != other and inner.startswith(folder):
                    raise ValueError(
                        f"{other} {inner!r} lies within {name} {folder!r}: the three prefixes must be apart."
                    )

    def missing(self) -> tuple[str, ...]:
        """Name what has to be set before the store can be used."""
        needed = ("protocol", *_NEEDED.get(self.protocol or "", ()))
        return tuple(name for name in needed if not getattr(self, name))

    def spec(self) -> dict[str, Any]:
        """Return the store's settings as plain values, secrets included, which do not show themselves."""
        values = {name: getattr(self, name) for name in type(self).model_fields if self._concerns(name)}
        values.update(self.model_extra or {})
        return {name: _unshown(name, _revealed(value)) for name, value in values.items() if value is not None}

    def _concerns(self, name: str) -> bool:
        return name in _COMMON or name in self.model_fields_set


class StoresSettings(Section):
    """The stores, and which of them is meant where none is named."""

    default: str | None = Field(
        default=None, description="The store meant by `<blob@>` and other codecs without a store name."
    )
    filepath_default: str | None = Field(default=None, description="The store meant by `<filepath@>`.")
    named: dict[str, StoreSettings] = Field(default_factory=dict, description="The stores by name.")

    @field_validator("named")
    @classmethod
    def _named(cls, stores: dict[str, StoreSettings]) -> dict[str, StoreSettings]:
        for name in stores:
            if not name.replace("_", "").replace("-", "").isalnum() or not name.isascii():
                raise ValueError(f"A store's name has letters, digits, '_' and '-' only, and {name!r} has not.")
        return stores


class Settings(Section):
    """Every setting of a project, checked, with the place each one came from.

    Examples
    --------
    >>> settings = Settings()
    >>> settings.display.limit, settings.source("display.limit").where
    (12, 'default')
    """

    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    connection: ConnectionSettings = Field(default_factory=ConnectionSettings)
    display: DisplaySettings = Field(default_factory=DisplaySettings)
    stores: StoresSettings = Field(default_factory=StoresSettings)
    jobs: JobsSettings = Field(default_factory=JobsSettings)
    engines: EnginesSettings = Field(default_factory=EnginesSettings)
    provenance: ProvenanceSettings = Field(default_factory=ProvenanceSettings)
    history: HistorySettings = Field(default_factory=HistorySettings)
    notebook: NotebookSettings = Field(default_factory=NotebookSettings)
    notices: NoticesSettings = Field(default_factory=NoticesSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    safemode: bool = Field(default=True, description="Whether deleting and dropping ask first.")
    loglevel: LogLevel = Field(default="INFO", description="The least important messages that are logged.")
    generation: Generation = Field(
        default="2",
        description="What a definition means where the two generations of the language differ: 2 or classic.",
    )
    download_path: str = Field(default=".", description="The folder that fetched attachments and files are written to.")
    fetch_format: Literal["array", "frame"] = Field(
        default="array", description="What `fetch()` returns: an array or a data frame."
    )
    query_cache: str | None = Field(
        default=None, description="Understood in existing settings, and not used: queries are always asked anew."
    )
    enable_python_native_blobs: bool = Field(
        default=True, description="Whether `<blob>` may hold Python values that MATLAB does not have."
    )
    add_hidden_timestamp: bool = Field(
        default=False, description="Whether new tables get a hidden column with the time of entry."
    )
    filepath_checksum_size_limit: int | None = Field(
        default=None,
        ge=0,
        description="Bytes above which the content of a `<filepath@>` is not compared; null compares all.",
    )
    thread_safe: bool = Field(
        default=False, description="Whether the shared connection and settings are out of bounds."
    )
    custom: dict[str, Any] = Field(default_factory=dict, description="Free for pipelines: any names, any values.")

    _entries: dict[Key, Entry] = PrivateAttr(default_factory=dict)
    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _files: tuple[Path, ...] = PrivateAttr(default=())
    _profile: str | None = PrivateAttr(default=None)

    @property
    def entries(self) -> Mapping[Key, Entry]:
        """What was set, and where; defaults are not among it."""
        return MappingProxyType(self._entries)

    @property
    def folder(self) -> Path:
        """The project's folder: the settings file's, else the working directory."""
        return self._folder

    @property
    def files(self) -> tuple[Path, ...]:
        """The settings files that were read, the lowest first."""
        return self._files

    @property
    def profile(self) -> str | None:
        """The profile in use."""
        return self._profile

    def source(self, key: str | Key) -> Source:
        """Return where a setting came from."""
        entry = self._entries.get(split_key(key) if isinstance(key, str) else key)
        return entry.source if entry else Source()

    def database_url(self) -> DatabaseUrl:
        """Return where the database is.

        Raises
        ------
        ConfigError
            If the settings contradict each other or lack a part.
        """
        return database_address(self._database_values(), self.source, self._folder)

    def database_part(self, name: str) -> Any:
        """Return a setting of the database, as the URL says it where that counts.

        So a program finds the host or the user of the database, however they were given.
        """
        said = self.database_url().part(name) if self.database.url else None
        if said is None:
            return getattr(self.database, name)
        return SecretStr(str(said)) if name == "password" else said

    def _database_values(self) -> dict[str, Any]:
        return {name: _revealed(getattr(self.database, name)) for name in type(self.database).model_fields}

    def store(self, name: str | None = None, *, filepath: bool = False) -> tuple[str, StoreSettings]:
        """Return a store's name and settings, with an absolute location for the protocol ``file``.

        Parameters
        ----------
        name : str, optional
            The store; None or empty for the default.
        filepath : bool
            Whether the default for ``<filepath@>`` is meant.

        Raises
        ------
        ConfigError
            If there is no such store, no default, or the store lacks a setting.
        """
        chosen = name or self._default_store(filepath)
        store = self.stores.named.get(chosen) or self._local_store(chosen)
        missing = store.missing()
        if missing:
            raise ConfigError(f"The store {chosen!r} lacks {', '.join(f'stores.{chosen}.{m}' for m in missing)}.")
        return chosen, self._placed(chosen, store)

    def engine(self, name: str | None = None) -> tuple[str, dict[str, Any]]:
        """Return what an engine is and what is set of it; None is the default one.

        An engine of which nothing is set is what its name says.
        """
        chosen = name or self.engines.default or DEFAULT_ENGINE
        engine = self.engines.named.get(chosen, EngineSettings())
        return engine.engine or chosen, engine.spec()

    def _default_store(self, filepath: bool) -> str:
        key = "filepath_default" if filepath else "default"
        chosen: str | None = getattr(self.stores, key)
        if chosen:
            return chosen
        if not self.stores.named:
            return DEFAULT_STORE
        names = ", ".join(sorted(self.stores.named))
        raise ConfigError(f"No store is named and stores.{key} is not set. Set it to one of: {names}.")

    def _local_store(self, name: str) -> StoreSettings:
        if name == DEFAULT_STORE:
            return StoreSettings(protocol="file", location=str(self._folder / DEFAULT_FOLDER / "store"))
        valid = sorted({*self.stores.named, DEFAULT_STORE})
        raise ConfigError(
            f"There is no store {name!r}.{did_you_mean(name, valid)} Stores: {', '.join(valid)}."
            f" Add [stores.{name}] to labwright.toml."
        )

    def _placed(self, name: str, store: StoreSettings) -> StoreSettings:
        paths = ("stage", "key_file", "known_hosts", *(["location"] if store.protocol == "file" else ()))
        placed = {
            key: self._absolute(("stores", name, key), getattr(store, key)) for key in paths if getattr(store, key)
        }
        return store.model_copy(update=placed)

    def path(self, key: str) -> Path | None:
        """Return the absolute path of a file that a setting names; None when it names none."""
        full = split_key(key)
        value: Any = functools.reduce(getattr, full, self)
        return Path(self._absolute(full, value)) if value else None

    def _absolute(self, key: Key, path: str) -> str:
        # A path in a settings file is relative to that file, so that the working directory does not matter.
        return str((self.source(key).folder or Path.cwd()) / Path(path).expanduser())


def _unshown(name: str, value: Any) -> Any:
    return Secret(value) if isinstance(value, str) and masked((name,), value) != value else value


def _revealed(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def build_settings(
    entries: Mapping[Key, Entry], *, folder: Path, files: tuple[Path, ...] = (), profile: str | None = None
) -> Settings:
    """Check merged entries and return them as settings. `labwright.tables.settings_load` explains what is wrong."""
    settings = Settings.model_validate(nested({key: entry.value for key, entry in entries.items()}))
    settings._entries, settings._folder = dict(entries), folder
    settings._files, settings._profile = files, profile
    return settings


def nested(values: Mapping[Key, Any]) -> dict[str, Any]:
    """Return values by full key as the tree that `Settings` is made of."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        path = (key[0], "named", *key[1:]) if key[0] in NAMED and len(key) == 3 else key
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = value
    return tree
