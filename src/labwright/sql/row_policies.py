"""Which rows of a table roles of PostgreSQL see and change: policies, as they are and as they should be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.literals import quote_postgres, short_hash

MARK: Final = "labwright "
"""The names of our policies begin so."""
_READ: Final = """
SELECT n.nspname::text, c.relname::text, p.polname::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE starts_with(p.polname::text, %s)
"""


@dataclass(frozen=True, slots=True)
class Step:
    """The way from a table to the one that its rows inherit their owners from.

    Parameters
    ----------
    schema, table : str
        Where it leads.
    pairs : tuple of (str, str)
        Columns here with those there.
    """

    schema: str
    table: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Where the owner of a row stands.

    Parameters
    ----------
    column : str
    steps : tuple of Step
        The way to the table that has it; none for the table itself.
    """

    column: str
    steps: tuple[Step, ...] = ()

    def condition(self, dialect: Dialect, table: str, owners: Iterable[str]) -> str:
        """The condition under which rows of a table, as statements name it, belong to any of `owners`."""
        return _condition(dialect, table, self.steps, self.column, ", ".join(map(quote_postgres, sorted(owners))))


def _condition(dialect: Dialect, here: str, steps: Sequence[Step], column: str, owners: str) -> str:
    if not steps:
        return f"{here}.{dialect.quote(column)} IN ({owners})"
    first, alias = steps[0], f"o{len(steps)}"
    met = [f"{alias}.{dialect.quote(there)} = {here}.{dialect.quote(own)}" for own, there in first.pairs]
    above = _condition(dialect, alias, steps[1:], column, owners)
    return (
        f"EXISTS (SELECT 1 FROM {dialect.table(first.schema, first.table)} {alias} WHERE {' AND '.join([*met, above])})"
    )


@dataclass(frozen=True, slots=True, order=True)
class Policy:
    """What a role may do to which rows of a table.

    Parameters
    ----------
    schema, table : str
    action : str
        ``SELECT``, ``INSERT``, ``UPDATE`` or ``DELETE``.
    role : str
    condition : str
        ``true`` for all rows.
    """

    schema: str
    table: str
    action: str
    role: str
    condition: str

    @property
    def name(self) -> str:
        """A name that no other policy of the table has: another condition has another one."""
        return f"{MARK}{self.action.lower()} {short_hash(self.role, self.action, self.condition)}"

    def create(self, dialect: Dialect) -> str:
        """The statement that makes it."""
        checks = "" if self.action in ("SELECT", "DELETE") else f" WITH CHECK ({self.condition})"
        seen = "" if self.action == "INSERT" else f" USING ({self.condition})"
        where, role = dialect.table(self.schema, self.table), dialect.quote(self.role)
        return f"CREATE POLICY {dialect.quote(self.name)} ON {where} FOR {self.action} TO {role}{seen}{checks}"


def read_policies(connection: Connection) -> set[tuple[str, str, str]]:
    """Our policies: schema, table and name."""
    return {(str(s), str(t), str(n)) for s, t, n in connection.fetch(_READ, (MARK,))}


def policy_changes(
    dialect: Dialect, before: Collection[tuple[str, str, str]], after: Collection[Policy]
) -> Iterator[str]:
    """The statements that make of the policies that there are those that should be.

    New ones come first, so that nobody sees less meanwhile; a table without any is open as it was.
    """
    wanted = {(p.schema, p.table, p.name): p for p in after}
    had, has = {name[:2] for name in before}, {name[:2] for name in wanted}
    yield from (_secure(dialect, *place, "ENABLE") for place in sorted(has - had))
    yield from (wanted[name].create(dialect) for name in sorted(wanted.keys() - set(before)))
    for schema, table, name in sorted(set(before) - wanted.keys()):
        yield f"DROP POLICY {dialect.quote(name)} ON {dialect.table(schema, table)}"
    yield from (_secure(dialect, *place, "DISABLE") for place in sorted(had - has))


def _secure(dialect: Dialect, schema: str, table: str, verb: str) -> str:
    return f"ALTER TABLE {dialect.table(schema, table)} {verb} ROW LEVEL SECURITY"
