"""Setting tables aside and referring to others anew: what each database says differently in a migration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from labwright.define.names import companion_name
from labwright.define.table import TableDef, TableId
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import table_writer
from labwright.sql.declare import locked
from labwright.sql.dialect import Dialect
from labwright.sql.pool import Entry, Pool
from labwright.sql.queries import queries
from labwright.sql.statement import Statement
from labwright.sql.transaction import Transaction

_ASIDE: Final = "~old_"


def aside(id_: TableId) -> TableId:
    """Return the name under which a table waits while its new form is made; a long one ends in a hash.

    Examples
    --------
    >>> aside(TableId("lab", "#species")).name
    '~old_#species'
    """
    return TableId(id_.schema, companion_name(_ASIDE, id_.name))


def set_aside(connection: Connection, dialect: Dialect, id_: TableId) -> Iterator[Statement]:
    """Statements that give a table the name `aside`, so that its own names are free."""
    named = queries(dialect.name)
    whole, to = dialect.table(id_.schema, id_.name), dialect.table(id_.schema, aside(id_).name)
    if dialect.name == "mysql":
        yield Statement(f"RENAME TABLE {whole} TO {to}")
    elif dialect.name == "postgres":
        for name, kind, number in connection.fetch(named["owned_names"], (id_.schema, id_.name)):
            yield Statement(f"ALTER {kind} {dialect.table(id_.schema, name)} RENAME TO {dialect.quote(f'~{number}')}")
        yield Statement(f"ALTER TABLE {whole} RENAME TO {dialect.quote(aside(id_).name)}")
    else:
        for (name,) in connection.fetch(named["index_names"], (id_.schema, id_.name)):
            yield Statement(f"DROP INDEX {dialect.quote(name)}")
        yield Statement(f"ALTER TABLE {whole} RENAME TO {to}")


def bring_back(dialect: Dialect, id_: TableId) -> Statement:
    """The statement that undoes `set_aside` on MySQL and MariaDB, the databases that cannot do it themselves."""
    return Statement(
        f"RENAME TABLE {dialect.table(id_.schema, aside(id_).name)} TO {dialect.table(id_.schema, id_.name)}"
    )


def refer_anew(connection: Connection, dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements after which a table refers to those that have the names of its parents now.

    All its foreign keys are made anew, so that they keep their order.
    """
    sql = queries(dialect.name).get("reference_names")
    if sql is None:
        return
    word = "FOREIGN KEY" if dialect.name == "mysql" else "CONSTRAINT"
    names = connection.fetch(sql, (table.id.schema, table.id.name))
    parts = [f"DROP {word} {dialect.quote(name)}" for (name,) in names]
    parts += [f"ADD {line}" for line in table_writer(dialect, table).references()]
    if parts:
        yield Statement(f"ALTER TABLE {dialect.table(table.id.schema, table.id.name)} {', '.join(parts)}")


@contextmanager
def undisturbed(connection: Connection, dialect: Dialect) -> Iterator[None]:
    """A transaction, under the lock of those who declare, in which references are not looked at while tables move."""
    if dialect.name == "sqlite":
        with _apart(connection):
            yield
        return
    with locked(connection, dialect, "declare", None):
        if dialect.name != "mysql":
            yield
            return
        connection.execute("SET SESSION foreign_key_checks = 0", write=True)
        try:
            yield
        finally:
            connection.execute("SET SESSION foreign_key_checks = 1", write=True)


@contextmanager
def _apart(connection: Connection) -> Iterator[None]:
    """A transaction on a connection of its own that leaves references alone, which SQLite must know beforehand."""
    connection._current.set(Transaction(_Apart(connection._pool)))
    try:
        yield
    except BaseException:
        connection.cancel_transaction()
        raise
    connection.commit_transaction()


class _Apart(Pool):
    """Lends a connection that is closed when it comes back."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.driver = pool.driver

    def borrow(self) -> Entry:
        entry = self.pool.borrow_extra()
        raw: Any = entry.raw
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("PRAGMA legacy_alter_table = ON")
        return entry

    def release(self, entry: Entry) -> None:
        self.pool.discard(entry)

    def discard(self, entry: Entry) -> None:
        self.pool.discard(entry)


def broken_references(connection: Connection, dialect: Dialect) -> list[tuple[str, str]]:
    """Child and parent of references that do not hold, where the database has not looked itself."""
    if dialect.name != "sqlite":
        return []
    return [(child, parent) for child, _, parent, _ in connection.fetch("PRAGMA foreign_key_check")]


_Functions = Mapping[str, Callable[[Any], Any]]
NO_FUNCTIONS: Final[_Functions] = MappingProxyType({})


def teach(connection: Connection, functions: _Functions) -> None:
    """Let SQLite know functions, for the transaction that is open."""
    raw: Any = connection._here().raw
    for name, function in functions.items():
        raw.create_function(name, 1, function, deterministic=True)
