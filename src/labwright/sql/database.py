"""A connection with the dialect it speaks and what its catalogue says."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from labwright.core.errors import LabwrightError, MissingTableError, QueryError, did_you_mean
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.job_table import PREFIX as JOBS
from labwright.define.names import check_length
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query import expr
from labwright.query.stand_ins import with_tables
from labwright.sql import reflect
from labwright.sql.acting import in_own_name
from labwright.sql.connection import Connection
from labwright.sql.declare import declare
from labwright.sql.decode import DecodePlan, Row
from labwright.sql.dependencies import Dependencies
from labwright.sql.dialect import Converter, Dialect
from labwright.sql.dml import recoverable
from labwright.sql.history import shadows
from labwright.sql.mysql import MySQL
from labwright.sql.named_tables import named_tables
from labwright.sql.postgres import Postgres
from labwright.sql.reads import Reads
from labwright.sql.references import Reference, References
from labwright.sql.runs import PREFIX as RUNS
from labwright.sql.runs import SHARED
from labwright.sql.sqlite import SQLite
from labwright.sql.sqlite_functions import install
from labwright.sql.statement import Statement
from labwright.sql.statements import Statements
from labwright.sql.url import DatabaseUrl
from labwright.storage.stores import NO_STORES

StorageOf = Callable[[Type], Type]
logger = logging.getLogger(__name__)

_DOUBTFUL: Final = (MissingTableError, QueryError)
"""How a statement fails that was made for tables which have been changed since."""


class Database:
    """What the tables layer asks for rows and for the shape of tables.

    Parameters
    ----------
    connection : Connection
    storage_of : callable
        The core type in which a codec type is stored.
    """

    def __init__(self, connection: Connection, storage_of: StorageOf) -> None:
        self.connection = connection
        connection.dependencies = Dependencies(self)
        self.storage_of = storage_of
        self.classic: set[str] = set()
        """The schemas whose code speaks the classic generation, which tells what an empty blob column will hold."""
        self._statements: Statements | None = None
        self._tables: dict[str, dict[str, TableDef]] = {}
        self._doubted: set[str] = set()
        self._references = References(connection)
        self._shadows: dict[str, dict[str, str]] = {}
        self.stores = NO_STORES
        """Where objects are kept beside the rows."""
        self.catalogued: set[str] = set()
        """Schemas that have a catalogue of objects."""
        self.claimed: dict[str, set[str]] = {}
        """The stores that each schema is known to use."""
        self.keeps_history: Callable[[], bool] = lambda: True
        """Whether tables that people fill keep their history where nobody has said otherwise."""
        self.unkept: set[TableId] = set()
        """Tables of which this user cannot keep the history; gone when definitions are read anew."""
        self.derived: dict[TableId, Any] = {}
        """What the layer above works out from definitions; gone when these are read anew."""
        self.absent: dict[tuple[str, str], expr.Node] = {}
        """What stands for tables that are made with the first thing that is to be kept in them."""
        self._lock = threading.RLock()

    @classmethod
    def open(cls, url: DatabaseUrl | str, storage_of: StorageOf, **options: Any) -> Database:
        """A database at `url`; nothing is opened before the first statement."""
        connection = Connection(url, on_connect=_prepare, **options)
        return cls(connection, storage_of)

    @property
    def dialect(self) -> Dialect:
        """How this database says things."""
        return self.statements.dialect

    @property
    def statements(self) -> Statements:
        """Its compiled queries."""
        if self._statements is None:
            self._statements = Statements(_dialect_for(self.connection))
        return self._statements

    @in_own_name()
    def schemas(self) -> list[str]:
        """Names of all schemas that the user may see, who may have taken another role for what is done with rows."""
        return reflect.list_schemas(self.connection, self.dialect)

    def tables(self, schema: str) -> Mapping[str, TableDef]:
        """The tables of a schema by name; the catalogue is read once, and again where it is in doubt."""
        if schema in self._doubted:
            self._look_again(schema)
        return self._tables.get(schema) or self._read(schema)

    def doubt(self) -> None:
        """Look whether tables are still what they were when they are next asked for: other clients may change them."""
        self._doubted.update(self._tables)

    def _look_again(self, schema: str) -> None:
        """Read a schema anew; all that is known of it stays where nothing has changed, or it cannot be read now."""
        with self._lock:
            known = self._tables.pop(schema, None)
            try:
                if self._read(schema) != known:
                    found = self._tables[schema]
                    self.forget(schema)
                    known = found
                self._doubted.discard(schema)
            except LabwrightError:
                logger.debug("the schema %s cannot be read again now", schema, extra={"action": "doubt"})
            if known is not None:
                self._tables[schema] = known

    @in_own_name()
    def _read(self, schema: str) -> Mapping[str, TableDef]:
        with self._lock:
            found = self._tables.get(schema)
            if found is None:
                check_length(schema, "schema name", max_bytes=self.dialect.max_name_bytes)  # PostgreSQL would cut it
                classic = schema in self.classic
                found = reflect.read_schema(self.connection, self.dialect, schema, self.storage_of, classic=classic)
                self._tables[schema] = found
        return found

    @in_own_name()
    def shadows(self, schema: str) -> Mapping[str, str]:
        """The shadows of a schema by name, with which triggers write to them; nothing for none."""
        found = self._shadows.get(schema)
        if found is None:
            found = shadows(self.connection, self.dialect, schema)
            if self.dialect.native_schemas or not self.connection.in_transaction:  # else they may be undone
                self._shadows[schema] = found
        return found

    def forget_shadows(self, schema: str) -> None:
        """Look for shadows again when they are next asked for."""
        self._shadows.pop(schema, None)

    def forget(self, schema: str | None = None) -> None:
        """Read the catalogue again when it is next asked for."""
        with self._lock:
            self._shadows.clear()
            self._references.forget()
            self.derived.clear()
            self.unkept.clear()
            self.catalogued.clear()
            self.claimed.clear()
            if schema is None:
                self._tables.clear()
            else:
                self._tables.pop(schema, None)

    def find(self, id_: TableId) -> TableDef:
        """The table `id_`.

        Raises
        ------
        MissingTableError
            When it is not there; names near ones.
        """
        tables = self.tables(id_.schema)
        if id_.name not in tables:
            near = did_you_mean(id_.name, tables)
            raise MissingTableError(f"There is no table {id_.name!r} in schema {id_.schema!r}.{near}")
        return tables[id_.name]

    def children(self, ids: Iterable[TableId]) -> list[tuple[TableId, ForeignKey]]:
        """Tables of any schema that refer to one of `ids`, and how."""
        found = self.references()
        return [pair for id_ in dict.fromkeys(ids) for pair in found.get(id_, ())]

    @in_own_name()
    def references(self) -> Mapping[TableId, Sequence[Reference]]:
        """The foreign keys of all schemas by the table that they refer to, as they are now."""
        return self._references.read(self.dialect)

    def forget_references(self) -> None:
        """Read who refers to whom again when it is next asked for."""
        self._references.forget()

    def declare(self, tables: Sequence[TableDef], classic: Collection[str] = (), closed: Collection[str] = ()) -> None:
        """Create the tables that are not there yet, parents first.

        The schemas `classic` are of that generation; those in `closed` are not made where they are missing.
        """
        declare(self.connection, self.dialect, tables, classic=classic, closed=closed)
        for schema in {t.id.schema for t in tables}:
            self.forget(schema)

    def select(self, node: expr.Node, names: Sequence[str] | None = None) -> Statement:
        """The compiled query."""
        return self.statements.select(self._there(node), names)[0]

    def query(self, node: expr.Node, names: Sequence[str] | None = None) -> tuple[Statement, DecodePlan]:
        """The compiled query, and how its rows are read, but for codecs.

        A computation that runs asks for what they are ordered by as well, to take note of it.
        """
        return self.statements.select(self._there(node), names, with_order=bool(self.connection.readers.here()))

    def fetch(self, statement: Statement) -> Sequence[Row]:
        """All rows, as the driver gives them; a computation that runs takes note of them."""
        readers = self._readers(statement)
        for reads in readers:
            reads.check(statement)
        rows = self.connection.fetch(statement.sql, statement.params)
        for reads in readers:
            reads.note(statement, rows)
        return _shown(statement, rows)

    def _there(self, node: expr.Node) -> expr.Node:
        """The query over what is there."""
        if not self.absent:
            return node
        found: expr.Node = with_tables(node, self.absent)
        return found

    def _readers(self, statement: Statement) -> Sequence[Reads]:
        """Who takes note of it: who asks for jobs and runs alone looks on, and computes nothing of them."""
        readers = self.connection.readers.here()
        return () if readers and _is_about_work(statement.sql) else readers

    def look_up(self, statement: Statement) -> Sequence[Row]:
        """All rows of what Labwright keeps for itself, which is no input of a computation."""
        return self.connection.fetch(statement.sql, statement.params)

    def stream(self, statement: Statement, size: int) -> Iterator[Sequence[Row]]:
        """The rows in batches, in bounded memory."""
        batches: Iterable[Sequence[Row]] = self.connection.stream(statement.sql, statement.params, size)
        for reads in self._readers(statement):
            reads.check(statement)
            batches = reads.noting(statement, batches)
        try:
            yield from (_shown(statement, rows) for rows in batches)
        except _DOUBTFUL:
            self.doubt()
            raise

    def execute(self, statement: Statement, *, kept: bool = False) -> int:
        """Run a change and return how many rows it touched; `kept` says that triggers keep those."""
        try:
            with recoverable(self.connection, self.dialect):
                return self.connection.execute(statement.sql, statement.params, write=True, kept=kept).rowcount
        except _DOUBTFUL:
            self.doubt()
            raise

    def count(self, node: expr.Node) -> int:
        """How many rows `node` has."""
        return int(self.fetch(self.statements.count(self._there(node)))[0][0])

    def exists(self, node: expr.Node) -> bool:
        """Whether `node` has any row."""
        return bool(self.fetch(self.statements.exists(self._there(node)))[0][0])

    def encode(self, attribute: Attribute, value: Any) -> Any:
        """A canonical value as it is bound."""
        return self.dialect.encode(attribute.stored, value)

    def encoder(self, type_: Type | None) -> Converter | None:
        """What a column's canonical values go through."""
        return None if type_ is None else self.dialect.encoder(type_)


def _is_about_work(sql: str) -> bool:
    names = named_tables(sql)
    return bool(names) and all(name.startswith((JOBS, RUNS)) or name in SHARED for name in names)


def _shown(statement: Statement, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows without what only tells their order."""
    return [row[: -statement.unseen] for row in rows] if statement.unseen else rows


def _dialect_for(connection: Connection) -> Dialect:
    if connection.backend == "sqlite":
        return SQLite()
    if connection.backend == "postgres":
        return Postgres()
    return MySQL(mariadb=connection.server_version.product == "mariadb")


def _prepare(raw: Any) -> None:
    """Teach SQLite the functions it lacks; the servers have theirs."""
    if isinstance(raw, sqlite3.Connection):
        install(raw)
