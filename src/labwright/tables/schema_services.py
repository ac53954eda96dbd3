"""What a schema offers beside its tables: classes for those without one, service tables, its size."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, cast

from labwright.core.generation import CLASSIC
from labwright.define.names import is_table_name, to_camel_case
from labwright.define.service_tables import JOBS, LOG
from labwright.define.table import TableId
from labwright.sql.column_marks import ColumnMark, column_marks, mark_statements, run_each
from labwright.sql.declare import refuse_within_transaction, run_all
from labwright.sql.lineage import rebuild_lineage
from labwright.sql.metadata import add_metadata
from labwright.sql.replica import replica_identity
from labwright.sql.sizes import size_on_disk
from labwright.tables.adapters import use_given
from labwright.tables.external_tables import ExternalTables
from labwright.tables.spawn import spawn
from labwright.tables.tiers import tiers

if TYPE_CHECKING:
    from labwright.core.generation import Generation
    from labwright.tables.project import Project
    from labwright.tables.schema import Schema


class SchemaServices(ABC):
    """The names of a schema that existing pipelines use, beside those of `Schema`."""

    @property
    @abstractmethod
    def database_name(self) -> str:
        """The schema's name in the database."""

    @property
    @abstractmethod
    def generation(self) -> Generation:
        """Which generation of the language its definitions and queries speak."""

    @property
    @abstractmethod
    def project(self) -> Project:
        """The project that the tables are in."""

    @abstractmethod
    def ensure_declared(self) -> None:
        """Declare what is not there yet, and fill lookup tables."""

    def spawn_missing_classes(self, context: MutableMapping[str, Any] | None = None) -> None:
        """Make classes for the tables of the database that have none, in the names of the caller.

        Parameters
        ----------
        context : mutable mapping, optional
            Where the classes of masters are put by name; what is there already is left alone. Adapters of attributes
            are taken from there.
        """
        names = sys._getframe(1).f_locals if context is None else context
        use_given({name: names[name] for name in self._codec_names() if name in names})
        for name, cls in spawn(cast("Schema", self)).items():
            names.setdefault(name, cls)

    def make_classes(self, into: MutableMapping[str, Any] | None = None) -> None:
        """The same, by its name in the present generation."""
        self.spawn_missing_classes(sys._getframe(1).f_locals if into is None else into)

    def _codec_names(self) -> set[str]:
        tables = self.project.database.tables(self.database_name).values()
        return {a.type.codec for t in tables for a in t.heading.values() if a.type is not None and a.type.codec}

    def get_table(self, name: str) -> Any:
        """A table of the schema by its name, or that of its class, as a `FreeTable`.

        Raises
        ------
        MissingTableError
            When there is none of that name.
        """
        tables = self.project.database.tables(self.database_name)
        known = {to_camel_case(n): n for n in tables if is_table_name(n)}
        id_ = TableId(self.database_name, known.get(name, name))
        self.project.database.find(id_)
        make: Any = tiers["free"]
        return make(self.project, str(id_), generation=self.generation)

    @property
    def lineage(self) -> dict[str, str]:
        """Where attributes come from: ``schema.table.attribute`` -> that of the origin."""
        tables = self.project.database.tables(self.database_name).values()
        return {f"{t.id}.{a.name}": a.lineage for t in tables for a in t.heading.values() if a.lineage is not None}

    def rebuild_lineage(self, *, create: bool = False) -> int:
        """Work out from foreign keys where attributes come from, keep it anew, and return for how many.

        Parameters
        ----------
        create : bool
            Whether a classic schema, which keeps none, is to begin with it, for clients of the present generation.
        """
        database = self.project.database
        count = rebuild_lineage(
            database.connection, database.dialect, self.database_name, database.storage_of, create=create
        )
        database.forget(self.database_name)
        return count

    def column_marks(self) -> list[ColumnMark]:
        """What the columns of a MySQL or MariaDB schema say of their types to clients of the present generation."""
        database = self.project.database
        return column_marks(database.connection, self.database_name, database.tables(self.database_name))

    def mark_columns(self, marks: Iterable[ColumnMark], *, dry_run: bool = True) -> list[str]:
        """Write marks that are missing, unless it is a dry run, and return the statements for it."""
        database = self.project.database
        statements = mark_statements(database.connection, database.dialect, [m for m in marks if m.is_missing])
        return self._run(statements, dry_run)

    def add_job_metadata(self, tables: Iterable[TableId], *, dry_run: bool = True) -> list[str]:
        """Give tables the hidden columns for start, duration and version, unless it is a dry run, and return how."""
        database = self.project.database
        statements = [s for t in tables for s in add_metadata(database.dialect, database.find(t))]
        if not dry_run:
            refuse_within_transaction(database.connection)
            run_all(database.connection, statements)
            database.forget(self.database_name)
        return [s.sql for s in statements]

    def set_replica_identity(self, tables: Iterable[TableId], mode: str = "full", *, dry_run: bool = True) -> list[str]:
        """Let PostgreSQL tell followers the whole of old rows, or their keys, and return the statements for it."""
        return self._run(replica_identity(self.project.database.dialect, tables, mode), dry_run)

    def _run(self, statements: list[str], dry_run: bool) -> list[str]:
        database = self.project.database
        if not dry_run:
            run_each(database.connection, statements)
            database.forget(self.database_name)
        return statements

    @property
    def jobs(self) -> Any:
        """The queues of those tables that have one; in the classic generation the one table of jobs in progress."""
        if self.generation == CLASSIC:
            return self._service(JOBS)
        return [jobs for jobs in self._queues().values() if jobs.is_declared]

    def progress(self) -> dict[str, Any]:
        """How far each table is that fills itself: how many keys there are, and how many of them in each state."""
        return {name: jobs.counts() for name, jobs in self._queues().items()}

    def _queues(self) -> dict[str, Any]:
        """The queues of tables that fill themselves, by the names of the classes."""
        schema: Any = self
        return {cls.__name__: cls().jobs for cls in schema if cls.tier in ("imported", "computed")}

    @property
    def log(self) -> Any:
        """The events that the classic generation has noted."""
        return self._service(LOG)

    def _service(self, name: str) -> Any:
        make: Any = tiers["service"]
        return make(self.project, f"{self.database_name}.{name}", generation=self.generation)

    @property
    def external(self) -> ExternalTables:
        """What stores of the classic generation hold: a table for each store."""
        return ExternalTables(self)

    @property
    def size_on_disk(self) -> int:
        """Bytes that the tables take with their indexes."""
        database = self.project.database
        return size_on_disk(database.connection, database.dialect, self.database_name)
