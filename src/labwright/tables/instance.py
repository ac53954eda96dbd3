"""One object for everything that belongs to one database: settings, connection, schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labwright.sql.connection import Connection
from labwright.tables import schema as schemas
from labwright.tables import virtual
from labwright.tables.config import Config
from labwright.tables.project import Project

if TYPE_CHECKING:
    from types import TracebackType


class Instance:
    """A database with settings of its own, apart from all others in the process: many may be open at once.

    A `Project` by the parts of an address. Nothing is opened before the first statement.

    Parameters
    ----------
    host : str, optional
        The server; with the backend ``"sqlite"`` the path of the file. By default what the settings say.
    user, password : str, optional
    port : int, optional
    use_tls : bool or dict, optional
    backend : str, optional
        ``"mysql"``, ``"postgresql"`` or ``"sqlite"``.
    **settings
        Settings of this instance by name, with two underscores for each dot: ``database__reconnect=False``.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Instance(":memory:", backend="sqlite", safemode=False) as instance:
    ...     schema = instance.Schema("lab")
    ...     instance.connection.backend, instance.config["safemode"]
    ('sqlite', False)
    """

    def __init__(
        self,
        host: str | None = None,
        user: str | None = None,
        password: str | None = None,
        port: int | None = None,
        use_tls: bool | Mapping[str, Any] | None = None,
        backend: str | None = None,
        **settings: Any,
    ) -> None:
        parts = {"backend": backend, "host": host, "user": user, "password": password, "port": port, "use_tls": use_tls}
        self.config = Config()
        self.config.update(
            {f"database.{name}": value for name, value in parts.items() if value is not None}, **settings
        )
        self.project = Project(settings=self.config)

    @property
    def connection(self) -> Connection:
        """The connection to the database."""
        return self.project.connection

    def conn(self) -> Connection:
        """The connection, connected."""
        return self.connection.connect()

    def Schema(self, schema_name: str, **options: Any) -> schemas.Schema:  # noqa: N802 - the name of the class
        """A schema in this database; options as for `labwright.Schema`."""
        return schemas.Schema(schema_name, connection=self.project, **options)

    schema = Schema

    def FreeTable(self, full_table_name: str) -> virtual.FreeTable:  # noqa: N802 - the name of the class
        """A table of this database by its name alone."""
        return virtual.FreeTable(self.project, full_table_name)

    def virtual_schema(self, schema_name: str, **options: Any) -> schemas.Schema:
        """A schema whose classes are made from the tables that the database has."""
        return virtual.virtual_schema(schema_name, connection=self.project, **options)

    def create_virtual_module(self, module_name: str, schema_name: str, **options: Any) -> virtual.VirtualModule:
        """A module whose tables come from this database."""
        return virtual.create_virtual_module(module_name, schema_name, connection=self.project, **options)

    def list_schemas(self) -> list[str]:
        """Names of all schemas that the user may see."""
        return schemas.list_schemas(self.project)

    def close(self) -> None:
        """Close what is open; the next use opens it again."""
        self.project.close()

    def __enter__(self) -> Instance:
        self.project.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.project.__exit__(kind, error, traceback)

    def __repr__(self) -> str:
        return f"<Instance {self.project.address()}>"
