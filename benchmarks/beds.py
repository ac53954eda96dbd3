"""Where a benchmark runs: one schema of its own, through Labwright, through DataJoint, or through the driver."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar
from urllib.parse import urlsplit

from benchmarks.columns import definition, dicts


class Bed:
    """A schema, and the package that made it.

    Parameters
    ----------
    url : str
    count : int
        How many rows, keys or calls the benchmark is about.
    name : str, optional
        Of a schema that another bed has made.
    """

    side = ""

    def __init__(self, url: str, count: int, name: str = "") -> None:
        self.url = url
        self.count = count
        self.database = {"postgresql": "postgres"}.get(urlsplit(url).scheme, urlsplit(url).scheme)
        self.plain = self.side == "datajoint" and self.database == "postgres"  # it cannot write a uuid there
        self.name = name or f"bench_{uuid.uuid4().hex[:8]}"
        self.folder = ""
        self.after = ExitStack()
        """What ends with the bed."""
        self.lw: Any = self.load()
        self.schema: Any = self.lw.Schema(self.name)

    def load(self) -> Any:
        """The package, connected."""
        raise NotImplementedError

    def table(self, name: str, definition: str, base: str = "Manual", **more: Any) -> Any:
        """A table of the schema."""
        kind = type(name, (getattr(self.lw, base),), {"definition": definition, "__module__": __name__, **more})
        return self.schema(kind, context=more["context"]) if "context" in more else self.schema(kind)

    def wide(self, width: int, count: int = 0) -> Any:
        """A table of so many of the columns, with so many rows."""
        table = self.table(f"Wide{width}", definition(width, self.plain))
        self.declare()
        if count:
            table.insert(dicts(width, count, self.plain))
        return table

    def declare(self) -> None:
        """Have the tables made now."""

    def forget(self) -> None:
        """Know nothing of the tables, as a new process does."""

    def set(self, setting: str, value: object) -> None:
        """Set what only Labwright has."""

    def sql(self, text: str) -> None:
        """Run a statement."""
        raise NotImplementedError

    def empty(self, table: Any) -> None:
        """Remove all rows of a table that counts them, and count from the beginning."""

    def name_of(self, table: Any) -> str:
        """A table as it is called in statements."""
        raise NotImplementedError

    def open_store(self) -> None:
        """Have a store ``bench`` in a new local folder."""
        self.folder = self.after.enter_context(tempfile.TemporaryDirectory(prefix="labwright-bench-"))
        self.set_store({"protocol": "file", "location": self.folder})

    def set_store(self, settings: dict[str, Any]) -> None:
        """Make the store ``bench`` known."""
        raise NotImplementedError

    def clean(self) -> None:
        """Leave nothing behind."""
        self.after.close()
        self.schema.drop(prompt=False)


class LabwrightBed(Bed):
    side = "labwright"

    def set(self, setting: str, value: object) -> None:
        self.schema.project.config[setting] = value

    def sql(self, text: str) -> None:
        self.lw.conn().execute(text, write=True)

    def empty(self, table: Any) -> None:
        for text in EMPTYING[self.database]:
            self.sql(text.format(self.name_of(table)))

    def name_of(self, table: Any) -> str:
        name: str = table.db.dialect.table(table.id.schema, table.id.name)
        return name

    def set_store(self, settings: dict[str, Any]) -> None:
        self.schema.project.config.update({f"stores.bench.{name}": value for name, value in settings.items()})

    def load(self) -> Any:
        import labwright as lw

        lw.Project(self.url).__enter__()
        return lw

    def declare(self) -> None:
        self.schema.ensure_declared()

    def forget(self) -> None:
        self.lw.conn()  # which is open before the time runs
        self.schema.project.database.forget()


class DataJointBed(Bed):
    side = "datajoint"

    def set_store(self, settings: dict[str, Any]) -> None:
        self.lw.config.stores = {"default": "bench", "bench": settings}

    def sql(self, text: str) -> None:
        self.schema.connection.query(text)

    def name_of(self, table: Any) -> str:
        name: str = table.full_table_name
        return name

    def load(self) -> Any:
        parts = urlsplit(self.url)
        os.environ |= {
            "DJ_HOST": parts.hostname or "",
            "DJ_PORT": str(parts.port),
            "DJ_USER": parts.username or "",
            "DJ_PASS": parts.password or "",
            "DJ_BACKEND": {"postgres": "postgresql"}.get(self.database, self.database),
            "DJ_DATABASE_NAME": parts.path.strip("/"),
            "DJ_LOG_LEVEL": "ERROR",
        }
        import datajoint as dj  # type: ignore[import-not-found]  # installed elsewhere

        dj.config.safemode = False
        return dj


class DriverBed(LabwrightBed):
    """Tables that Labwright made, and a connection that knows nothing of it."""

    side = "driver"

    def __init__(self, url: str, count: int, name: str = "") -> None:
        super().__init__(url, count, name)
        self.raw = RAW[self.database](url)

    def fetch(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """All rows."""
        if self.database == "sqlite":
            return self.raw.execute(sql, params).fetchall()
        if self.database == "postgres":
            return self.raw.execute(sql, params, binary=True).fetchall()
        cursor = self.raw.cursor()
        cursor.execute(sql, params)
        return cursor.fetchall()

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """One statement, and its rows where it has any."""
        cursor = self.raw.cursor()
        cursor.execute(sql, params)
        if cursor.description:
            cursor.fetchall()

    def insert_text(self, table: Any) -> str:
        """The INSERT of one row."""
        from labwright.sql.dml import insert_text

        return insert_text(table().db.dialect, table().table_def, list(table().heading), "error")

    def record(self, action: Callable[[], object]) -> list[tuple[str, Any]]:
        """The statements that Labwright sends while it does `action`."""
        recorder = Recorder(self.lw.conn())
        try:
            action()
        finally:
            recorder.stop()
        return recorder.statements

    def replay(self, statements: Sequence[tuple[str, Any]]) -> Callable[[], None]:
        """A function that sends the same statements by the driver alone."""

        def run() -> None:
            for sql, params in statements:
                if sql is TOGETHER:
                    TOGETHER_BY[self.database](self.raw, *params)
                else:
                    self.execute(sql, params)

        return run

    def clean(self) -> None:
        self.raw.close()
        super().clean()


class Recorder:
    """Stands before the driver of a connection and writes down what it is told."""

    _WORDS: ClassVar = {"begin": "BEGIN", "begin_committed": "BEGIN", "commit": "COMMIT", "rollback": "ROLLBACK"}
    _NAMED: ClassVar = {
        "savepoint": "SAVEPOINT",
        "release": "RELEASE SAVEPOINT",
        "rollback_to": "ROLLBACK TO SAVEPOINT",
    }

    def __init__(self, connection: Any) -> None:
        self.statements: list[tuple[str, Any]] = []
        self._connection, self._driver = connection, connection._driver
        self._install(self)

    def stop(self) -> None:
        self._install(self._driver)

    def _install(self, driver: Any) -> None:
        self._connection._driver = self._connection._pool.driver = driver

    def __getattr__(self, name: str) -> Any:
        noting = self._made(name, getattr(self._driver, name))
        setattr(self, name, noting)  # the same each time: some look whether they have that of the driver
        return noting

    def _made(self, name: str, real: Any) -> Any:
        if name in self._WORDS:
            return self._noting(real, lambda raw: (self._WORDS[name], ()))
        if name in self._NAMED:
            return self._noting(real, lambda raw, point: (f"{self._NAMED[name]} {point}", ()))
        if name == "ship":
            return self._noting(real, lambda raw, orders, commit: (TOGETHER, (orders, commit)))
        plain = ("fetch", "execute", "execute_kept")
        return self._noting(real, lambda raw, sql, params: (sql, params)) if name in plain else real

    def _noting(self, real: Callable[..., Any], statement: Callable[..., tuple[str, Any]]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self.statements.append(statement(*args, **options))
            return real(*args, **options)

        return call


Orders = Sequence[tuple[str, Sequence[Sequence[Any]]]]
"""Statements that are sent at once, in a transaction; each for some rows of values."""


def _together_sqlite(raw: Any, orders: Orders, commit: bool) -> None:
    raw.execute("BEGIN IMMEDIATE")
    for sql, rows in orders:
        for row in rows:
            raw.execute(sql, row).fetchall()
    if commit:
        raw.execute("COMMIT")


def _together_postgres(raw: Any, orders: Orders, commit: bool) -> None:
    with raw.pipeline():
        raw.execute("BEGIN")
        for sql, rows in orders:
            for row in rows:
                raw.execute(sql, row, binary=True)
        if commit:
            raw.execute("COMMIT")


def _together_mysql(raw: Any, orders: Orders, commit: bool) -> None:
    texts = ["START TRANSACTION", *(sql for sql, rows in orders for _ in rows), *(["COMMIT"] if commit else [])]
    params = [value for _, rows in orders for row in rows for value in row]
    raw.cursor().execute(f"BEGIN NOT ATOMIC {'; '.join(texts)}; END", params)


TOGETHER = "together"
TOGETHER_BY = {"sqlite": _together_sqlite, "postgres": _together_postgres, "mysql": _together_mysql}
EMPTYING = {
    "sqlite": ("DELETE FROM {0}", "DELETE FROM sqlite_sequence"),
    "postgres": ("TRUNCATE {0} RESTART IDENTITY",),
    "mysql": ("TRUNCATE {0}",),
}


def _sqlite(url: str) -> Any:
    import sqlite3

    from labwright.sql.sqlite_functions import install

    raw = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=512, timeout=10)
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("PRAGMA synchronous = NORMAL")
    install(raw)
    return raw


def _postgres(url: str) -> Any:
    import psycopg

    return psycopg.connect(url, autocommit=True)


def _mysql(url: str) -> Any:
    import MySQLdb

    parts = urlsplit(url)
    return MySQLdb.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user=parts.username or "",
        password=parts.password or "",
        charset="utf8mb4",
        collation="utf8mb4_bin",
        autocommit=True,
    )


RAW: dict[str, Callable[[str], Any]] = {"sqlite": _sqlite, "postgres": _postgres, "mysql": _mysql}
BEDS: dict[str, type[Bed]] = {b.side: b for b in (LabwrightBed, DataJointBed, DriverBed)}
