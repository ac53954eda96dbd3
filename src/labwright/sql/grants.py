"""What roles of a server may do: as it is, and the statements that make it what it should be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final

from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """Something that a role may do.

    Parameters
    ----------
    role : str
    schema : str
    table : str
        Empty where it is about the schema.
    action : str
        As in GRANT: ``SELECT``, ``INSERT``, ``USAGE`` and so on.
    column : str
        Empty where it is about all columns.
    """

    role: str
    schema: str
    table: str
    action: str
    column: str = ""


_ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "postgres": "SELECT rolname::text FROM pg_roles WHERE starts_with(rolname::text, %s) ORDER BY 1",
        "mysql": "SELECT DISTINCT user FROM mysql.user WHERE LOCATE(%s, user) = 1 ORDER BY 1",
    }
)
_POSTGRES: Final = """
SELECT r.rolname::text, g.schema, g.table_name, g.action, g.column_name FROM (
    SELECT a.grantee, n.nspname::text AS schema, '' AS table_name, a.privilege_type AS action, '' AS column_name
    FROM pg_namespace n, aclexplode(n.nspacl) a
    UNION ALL
    SELECT a.grantee, n.nspname::text, c.relname::text, a.privilege_type, ''
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a WHERE c.relkind IN ('r', 'p')
    UNION ALL
    SELECT a.grantee, n.nspname::text, c.relname::text, a.privilege_type, t.attname::text
    FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
    aclexplode(t.attacl) a WHERE NOT t.attisdropped
) g JOIN pg_roles r ON r.oid = g.grantee WHERE starts_with(r.rolname::text, %s)
"""
_MYSQL: Final = """
SELECT grantee, table_schema, '', privilege_type, '' FROM information_schema.schema_privileges
UNION ALL SELECT grantee, table_schema, table_name, privilege_type, '' FROM information_schema.table_privileges
UNION ALL SELECT grantee, table_schema, table_name, privilege_type, column_name
FROM information_schema.column_privileges
"""
_MEMBERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "postgres": "SELECT g.rolname::text, m.rolname::text FROM pg_auth_members a "
        "JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member "
        "WHERE starts_with(g.rolname::text, %s)",
        "mariadb": "SELECT role, user FROM mysql.roles_mapping WHERE LOCATE(%s, role) = 1",
        "mysql": "SELECT from_user, to_user FROM mysql.role_edges WHERE LOCATE(%s, from_user) = 1",
    }
)


def read_roles(connection: Connection, prefix: str) -> list[str]:
    """The roles whose names begin with `prefix`."""
    return [str(name) for (name,) in connection.fetch(_ROLES[connection.backend], (prefix,))]


def read_grants(connection: Connection, prefix: str) -> set[Grant]:
    """What the roles may do whose names begin with `prefix`."""
    if connection.backend == "postgres":
        return {Grant(*map(str, row)) for row in connection.fetch(_POSTGRES, (prefix,))}
    found = (Grant(_role_of(row[0]), _plain(row[1]), *map(str, row[2:])) for row in connection.fetch(_MYSQL))
    return {grant for grant in found if grant.role.startswith(prefix) and grant.action != "USAGE"}


def _role_of(grantee: str) -> str:
    """The name in ``'lw_ana'@'%'``."""
    return grantee.rpartition("@")[0].strip("'")


def _plain(pattern: str) -> str:
    """The name of a schema, which stands in grants as a pattern."""
    return pattern.replace("\\_", "_").replace("\\%", "%")


def read_members(connection: Connection, prefix: str) -> set[tuple[str, str]]:
    """Who may take roles whose names begin with `prefix`: pairs of a role and a member."""
    rows = connection.fetch(_MEMBERS[connection.server_version.product], (prefix,))
    return {(str(role), str(member)) for role, member in rows}


def create_role(dialect: Dialect, role: str) -> str:
    """The statement that makes a role, by which nobody can log in."""
    return f"CREATE ROLE {dialect.quote(role)}{' NOLOGIN' if dialect.name == 'postgres' else ''}"


def join_role(dialect: Dialect, role: str, member: str) -> str:
    """The statement that lets a user take a role."""
    return f"GRANT {dialect.quote(role)} TO {dialect.quote(member)}"


def changes(dialect: Dialect, before: Collection[Grant], after: Collection[Grant]) -> Iterator[str]:
    """The statements that make of what roles may do what they should: first what they lose.

    With a right to a table PostgreSQL takes away the same for each of its columns, so these are given again.
    """
    lost, kept = set(before) - set(after), set(before) & set(after)
    whole = {(g.role, g.schema, g.table, g.action) for g in lost if not g.column}
    hit = {g for g in kept if g.column and (g.role, g.schema, g.table, g.action) in whole}
    yield from (_statement(dialect, "REVOKE", "FROM", group) for group in _grouped(lost))
    yield from (_statement(dialect, "GRANT", "TO", group) for group in _grouped((set(after) - set(before)) | hit))


def _grouped(grants: Iterable[Grant]) -> Iterator[list[Grant]]:
    for _, group in groupby(sorted(grants), key=lambda g: (g.role, g.schema, g.table)):
        yield list(group)


def _statement(dialect: Dialect, verb: str, towards: str, grants: list[Grant]) -> str:
    """One statement for all that is about one table, or about one schema."""
    what = ", ".join(_action(dialect, action, list(group)) for action, group in groupby(grants, key=lambda g: g.action))
    first = grants[0]
    return f"{verb} {what} ON {_target(dialect, first)} {towards} {dialect.quote(first.role)}"


def _action(dialect: Dialect, action: str, grants: list[Grant]) -> str:
    columns = [dialect.quote(grant.column) for grant in grants if grant.column]
    if len(columns) < len(grants):
        return action
    return f"{action} ({', '.join(columns)})"


def _target(dialect: Dialect, grant: Grant) -> str:
    if grant.table:
        return dialect.table(grant.schema, grant.table)
    if dialect.name == "postgres":
        return f"SCHEMA {dialect.quote(grant.schema)}"
    return dialect.quote(grant.schema.replace("_", "\\_").replace("%", "\\%")).replace("%", "%%") + ".*"
