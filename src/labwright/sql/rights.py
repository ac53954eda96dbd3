"""What a user may do in a database, tried out in a way that leaves nothing behind."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from labwright.core.errors import LabwrightError
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect

Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Right:
    """Something that Labwright does, and whether the user may.

    Parameters
    ----------
    what : str
        As in "may ...".
    answer : {'yes', 'no', 'unknown'}
    advice : str
        What to ask for, when the answer is not yes.
    schema : str or None
        The schema that it is about; None for the database.
    """

    what: str
    answer: Answer
    advice: str = ""
    schema: str | None = None


SCHEMAS: Final = "create schemas"
TABLES: Final = "create tables"
TEMPORARY: Final = "create temporary tables"

_NEEDED: Final = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE TEMPORARY TABLES",
    "TRIGGER",
)  # fmt: skip


def rights(connection: Connection, dialect: Dialect) -> list[Right]:
    """Return what the user may do of what Labwright does.

    SQLite and PostgreSQL are asked within a transaction that is undone. MySQL and MariaDB cannot undo definitions:
    there a schema is made only where the user has the right to drop it as well.
    """
    ask = {"sqlite": _sqlite, "postgres": _postgres, "mysql": _mysql}[connection.backend]
    return list(ask(connection, dialect))


def _throwaway() -> str:
    return f"labwright_doctor_{secrets.token_hex(4)}"


def _may(connection: Connection, *statements: str) -> bool:
    """Whether the statements can be run, within the transaction that is open."""
    try:
        with connection.atomic():
            connection.script(statements)
    except LabwrightError:
        return False
    return True


def _right(what: str, allowed: bool, advice: str, schema: str | None = None) -> Right:
    what = what if schema is None else f"{what} in {schema!r}"
    return Right(what, "yes", "", schema) if allowed else Right(what, "no", advice, schema)


def _sqlite(connection: Connection, dialect: Dialect) -> Iterator[Right]:
    name = dialect.quote(_throwaway())
    connection.start_transaction()
    try:
        made = _may(connection, f"CREATE TABLE {name} (x INTEGER) STRICT", f"INSERT INTO {name} VALUES (1)")
        temporary = _may(connection, f"CREATE TEMPORARY TABLE {name} (x INTEGER)")
    finally:
        connection.cancel_transaction()
    file = connection.url.server
    yield _right(TABLES, made, f"Allow writing to the file {file!r} and its folder.")
    yield _right(TEMPORARY, temporary, "Allow writing to the folder for temporary files.")


def _postgres(connection: Connection, dialect: Dialect) -> Iterator[Right]:
    ((database, user),) = connection.fetch("SELECT current_database()::text, current_user::text")
    schemas = _postgres_schemas(connection)
    name = dialect.quote(_throwaway())
    connection.start_transaction()
    try:
        made = _may(connection, f"CREATE SCHEMA {name}")
        tables = made and _may(connection, f"CREATE TABLE {name}.t (x integer)", f"INSERT INTO {name}.t VALUES (1)")
        temporary = _may(connection, f"CREATE TEMPORARY TABLE {name} (x integer)")
    finally:
        connection.cancel_transaction()
    on, to = f"ON DATABASE {dialect.quote(database)}", f"TO {dialect.quote(user)}"
    yield _right(SCHEMAS, made, f"GRANT CREATE {on} {to};")
    if made:
        yield _right(TABLES, tables, f"GRANT CREATE {on} {to};")
    yield _right(TEMPORARY, temporary, f"GRANT TEMPORARY {on} {to};")
    for schema, create in schemas:
        yield _right(TABLES, create, f"GRANT CREATE ON SCHEMA {dialect.quote(schema)} {to};", schema)


def _postgres_schemas(connection: Connection) -> list[tuple[str, bool]]:
    """The schemas of Labwright that the user may look into, and whether they may add to them."""
    rows = connection.fetch(
        "SELECT n.nspname::text, has_schema_privilege(n.oid, 'CREATE') "
        "FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid "
        "WHERE c.relname = '~labwright' AND has_schema_privilege(n.oid, 'USAGE') ORDER BY 1"
    )
    return [(str(name), bool(create)) for name, create in rows]


@dataclass(frozen=True, slots=True)
class Grant:
    r"""What ``SHOW GRANTS`` says of one pattern of schema names, in MySQL's form: ``ana\_%``."""

    pattern: str
    privileges: frozenset[str]

    def has(self, privilege: str) -> bool:
        """Whether the privilege, or all of them, are granted."""
        return privilege in self.privileges or bool(self.privileges & {"ALL", "ALL PRIVILEGES"})

    @property
    def is_open(self) -> bool:
        """Whether it holds for schemas that are not there yet."""
        return self.pattern == "*" or bool(re.search(r"(?<!\\)%", self.pattern))

    def name(self, filling: str) -> str:
        r"""Return a schema name that the pattern holds for.

        Examples
        --------
        >>> Grant(r"ana\_%", frozenset()).name("x"), Grant("*", frozenset()).name("x")
        ('ana_x', 'x')
        """
        fillings = iter([filling])
        pattern = "%" if self.pattern == "*" else self.pattern
        return re.sub(r"\\([_%])|%", lambda found: found[1] or next(fillings, ""), pattern)


def read_grants(lines: Iterable[str]) -> list[Grant]:
    """Read what ``SHOW GRANTS`` says of whole schemas.

    Examples
    --------
    >>> read_grants(["GRANT SELECT, CREATE ON `lab`.* TO `ana`@`%`"])[0].has("CREATE")
    True
    """
    found = []
    for line in lines:
        if match := re.match(r"GRANT (.+?) ON (\*|`(?:[^`]|``)+`)\.\* TO ", line):
            privileges = frozenset(p.strip().upper() for p in match[1].split(","))
            found.append(Grant(match[2].strip("`").replace("``", "`"), privileges))
    return found


def _mysql(connection: Connection, dialect: Dialect) -> Iterator[Right]:
    lines = [str(row[0]) for row in connection.fetch("SHOW GRANTS")]
    grants = read_grants(lines)
    everywhere = frozenset(p for g in grants if g.pattern == "*" for p in g.privileges)
    joined = [Grant(g.pattern, g.privileges | everywhere) for g in grants]
    safe = next((g for g in joined if g.is_open and g.has("CREATE") and g.has("DROP")), None)
    user = _account(connection, dialect)
    if safe is not None:
        yield from _tried(connection, dialect, safe, user)
    elif any(re.match(r"GRANT `[^`]+`@`[^`]*`(, |$| TO)", line) for line in lines):
        yield Right(SCHEMAS, "unknown", "The rights come from roles and were not tried.")
    else:
        yield Right(SCHEMAS, "no", _all(f"`{connection.url.user or 'lab'}\\_%`", user))
    yield from (_known(g, user) for g in joined if not g.is_open and any(g.has(p) for p in _NEEDED))


def _all(pattern: str, user: str) -> str:
    return f"GRANT ALL PRIVILEGES ON {pattern}.* TO {user};"


def _account(connection: Connection, dialect: Dialect) -> str:
    ((account,),) = connection.fetch("SELECT current_user()")
    name, _, host = str(account).rpartition("@")
    return f"{dialect.quote(name)}@{dialect.quote(host)}"


def _known(grant: Grant, user: str) -> Right:
    """What the grants say of one schema."""
    lacking = [p for p in _NEEDED if not grant.has(p)]
    asked = f"GRANT {', '.join(lacking)} ON `{grant.pattern}`.* TO {user};"
    return _right(TABLES, not lacking, asked, grant.name(""))


def _tried(connection: Connection, dialect: Dialect, grant: Grant, user: str) -> Iterator[Right]:
    """Make a schema and drop it again."""
    schema = dialect.quote(grant.name(_throwaway())).replace("%", "%%")
    place = "*" if grant.pattern == "*" else f"`{grant.pattern}`"
    made = _can(connection, f"CREATE SCHEMA {schema}")
    yield _right(SCHEMAS, made, _all(place, user))
    if not made:
        return
    try:
        tables = _can(
            connection,
            f"CREATE TABLE {schema}.t (x int PRIMARY KEY) ENGINE=InnoDB",
            f"CREATE TABLE {schema}.u (x int PRIMARY KEY, FOREIGN KEY (x) REFERENCES {schema}.t (x)) ENGINE=InnoDB",
            f"ALTER TABLE {schema}.t ADD COLUMN y int",
            f"CREATE INDEX i ON {schema}.t (y)",
            f"INSERT INTO {schema}.t VALUES (1, 1)",
            f"UPDATE {schema}.t SET y = 2",
            f"DELETE FROM {schema}.t",
        )
        temporary = _can(connection, f"CREATE TEMPORARY TABLE {schema}.x (x int)", f"DROP TEMPORARY TABLE {schema}.x")
    finally:
        connection.script([f"DROP SCHEMA {schema}"])
    lacking = [p for p in _NEEDED if not grant.has(p)] or ["ALL PRIVILEGES"]
    yield _right(TABLES, tables, f"GRANT {', '.join(lacking)} ON {place}.* TO {user};")
    yield _right(TEMPORARY, temporary, f"GRANT CREATE TEMPORARY TABLES ON {place}.* TO {user};")


def _can(connection: Connection, *statements: str) -> bool:
    """Whether the statements can be run."""
    try:
        connection.script(statements)
    except LabwrightError:
        return False
    return True
