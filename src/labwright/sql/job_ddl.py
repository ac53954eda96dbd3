"""Making the table of jobs, and telling what it was made for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from labwright.core.errors import AccessError, LockError, VersionError
from labwright.define.job_table import job_names
from labwright.define.table import TableDef, TableId
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import table_writer
from labwright.sql.ddl_writer import Surroundings, TableWriter
from labwright.sql.declare import locked, refuse_within_transaction, run_all
from labwright.sql.dialect import Dialect
from labwright.sql.jobs import DUE
from labwright.sql.queries import queries
from labwright.sql.service import is_newer
from labwright.sql.statement import Statement

VERSION: Final = "1"
"""Of what the table looks like beside the attributes of the key."""
_SAYS: Final = "labwright jobs"

_NUMBER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sqlite": "_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
        "postgres": "_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "mysql": "_id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY",
    }
)
"""Never given twice, so that it tells a job from one of the same key that was there before."""


def ensure_jobs(connection: Connection, dialect: Dialect, table: TableDef, own: Mapping[str, str]) -> None:
    """Make the table of jobs where it is not there; make it anew where the key has changed and nobody works.

    Parameters
    ----------
    table : TableDef
        As `job_table` gives it.
    own : mapping
        The types of columns of the key, as the server spells those of the table that is filled.

    Raises
    ------
    AccessError
        When the user may not make it; says what somebody else has to run.
    LockError
        When jobs of another key are reserved.
    VersionError
        When it was made by another version of Labwright.
    """
    wanted = _shape(dialect, table, own)
    if _said(connection, dialect, table.id) == wanted:
        return
    refuse_within_transaction(connection)
    with locked(connection, dialect, "declare"):
        said = _said(connection, dialect, table.id)
        if said == wanted:
            return
        statements = list(_create(dialect, table, own, wanted))
        if said is not None:
            _check_version(table.id, said)
            _refuse_while_reserved(connection, dialect, table.id)
            statements.insert(0, Statement(f"DROP TABLE {dialect.table(table.id.schema, table.id.name)}"))
        _run(connection, table.id, statements)


def column_types(connection: Connection, dialect: Dialect, id_: TableId) -> dict[str, str]:
    """Return the types of the columns of a table as a server spells them; nothing on SQLite, which has few."""
    sql = queries(dialect.name).get("column_types")
    rows = [] if sql is None else connection.fetch(sql, (id_.schema, id_.name))
    return {str(name): str(type_).replace("%", "%%") for name, type_ in rows}


def _run(connection: Connection, id_: TableId, statements: list[Statement]) -> None:
    try:
        run_all(connection, statements)
    except AccessError as error:
        texts = "\n".join(f"{statement.sql};" for statement in statements)
        raise AccessError(
            f"The table of jobs {id_} is needed to share the work among workers, and this user may not make it: "
            f"{error}\nLet somebody who may make tables there populate once, or run:\n{texts}"
        ) from error


def _said(connection: Connection, dialect: Dialect, id_: TableId) -> str | None:
    """What the table says of itself; None where there is none."""
    rows = connection.fetch(queries(dialect.name)["job_table"], (id_.schema, id_.name))
    return str(rows[0][0]) if rows else None


def _shape(dialect: Dialect, table: TableDef, own: Mapping[str, str]) -> str:
    """What the table is to say: the version, and a digest of its key."""
    columns = "\n".join(_key_columns(dialect, table, own))
    return f"{_SAYS} {VERSION} {hashlib.sha256(columns.encode()).hexdigest()[:16]}"


def _check_version(id_: TableId, said: str) -> None:
    version = said.removeprefix(_SAYS).split()[0] if said.startswith(f"{_SAYS} ") else "of another program"
    if version == VERSION:
        return
    advice = (
        "Upgrade Labwright with: pip install --upgrade labwright"
        if is_newer(version, VERSION)
        else "When no worker runs, drop it: it is made and filled again, but for errors and ignored keys"
    )
    raise VersionError(f"The table of jobs {id_} is of format {version}, and this is {VERSION}. {advice}.")


def _refuse_while_reserved(connection: Connection, dialect: Dialect, id_: TableId) -> None:
    name = dialect.table(id_.schema, id_.name)
    columns = connection.execute(f"SELECT * FROM {name} WHERE 1 = 0").names
    status = dialect.quote(max({"status", "job_status"} & set(columns), key=columns.index))  # the key's is before ours
    ((count,),) = connection.fetch(f"SELECT count(*) FROM {name} WHERE {status} = 'reserved'")
    if count:
        raise LockError(
            f"The key by which {id_} keeps jobs has changed, and {count} of those with the old one are reserved. Stop "
            "the workers, or let them finish, and try again."
        )


def _writer(dialect: Dialect, table: TableDef, own: Mapping[str, str]) -> TableWriter:
    return table_writer(dialect, table, Surroundings(own=own))


def _key_columns(dialect: Dialect, table: TableDef, own: Mapping[str, str]) -> Iterator[str]:
    writer = _writer(dialect, table, own)
    return (writer.column(table.heading[n]) for n in table.heading.primary_key)


def _create(dialect: Dialect, table: TableDef, own: Mapping[str, str], says: str) -> Iterator[Statement]:
    writer = _writer(dialect, table, own)
    writer.check()
    yield from writer.before()
    names = {n: dialect.quote(c) for n, c in job_names(table.heading.primary_key).items()}
    columns = map(writer.column, table.heading.attributes.values())
    key = f"UNIQUE ({writer.quoted(table.heading.primary_key)})"
    yield from _CREATE[dialect.name](writer, [_NUMBER[dialect.name], *columns], key, names, says)


def _partial_index(writer: TableWriter, names: Mapping[str, str], name: str = "") -> Statement:
    return Statement(
        f"CREATE INDEX {name}ON {writer.name} ({names['priority']}, {names['scheduled_time']}, _id) "
        f"WHERE {names['status']} IN ('pending', 'reserved')"
    )


def _sqlite(
    writer: TableWriter, columns: list[str], key: str, names: Mapping[str, str], says: str
) -> Iterator[Statement]:
    lines = ",\n  ".join([*columns, key])
    yield Statement(f"CREATE TABLE {writer.name} (/* {says} */\n  {lines}\n) STRICT")
    yield _partial_index(writer, names, f"{writer.dialect.quote(f'{writer.table.id} due')} ")


def _postgres(
    writer: TableWriter, columns: list[str], key: str, names: Mapping[str, str], says: str
) -> Iterator[Statement]:
    lines = ",\n  ".join([*columns, key])
    yield Statement(f"CREATE TABLE {writer.name} (\n  {lines}\n)")
    yield _partial_index(writer, names)
    yield Statement(f"COMMENT ON TABLE {writer.name} IS '{says}'")


def _mysql(
    writer: TableWriter, columns: list[str], key: str, names: Mapping[str, str], says: str
) -> Iterator[Statement]:
    """A column that is 1 while there is something to do stands for the condition of the index."""
    live = f"_live tinyint GENERATED ALWAYS AS ({names['status']} IN ('pending', 'reserved')) STORED"
    due = f"INDEX {DUE} (_live, {names['priority']}, {names['scheduled_time']}, _id)"
    lines = ",\n  ".join([*columns, live, "_claim bigint NULL", key, due, "INDEX (_claim)"])
    yield Statement(f"CREATE TABLE {writer.name} (\n  {lines}\n) ENGINE=InnoDB COMMENT='{says}'")


_CREATE: Final = {"sqlite": _sqlite, "postgres": _postgres, "mysql": _mysql}
