"""Moving Labwright's own tables of a schema to the current version, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from labwright.sql.connection import Connection
from labwright.sql.ddl_writer import FORMAT, SERVICE
from labwright.sql.declare import locked, refuse_within_transaction, table_names
from labwright.sql.dialect import Dialect
from labwright.sql.service import is_newer, stored_version, version_error
from labwright.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Step:
    """From one version to the next.

    Parameters
    ----------
    to : int
        The version afterwards.
    what : str
        What changes, for the user.
    statements : callable
        Gives the statements for a dialect and a schema. They must bear being repeated: MySQL and MariaDB cannot undo
        what a step has done when it is interrupted.
    """

    to: int
    what: str
    statements: Callable[[Dialect, str], Iterable[Statement]]


STEPS: Final[tuple[Step, ...]] = ()
"""All of them, in order; version 1 is the first."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What a schema needs.

    Parameters
    ----------
    schema : str
    version : str
        As it is now.
    steps : tuple of Step
        None when it is up to date.
    """

    schema: str
    version: str
    steps: tuple[Step, ...]


def newest(steps: Sequence[Step] = STEPS) -> str:
    """Return the version that `steps` lead to."""
    return str(steps[-1].to) if steps else FORMAT


def plan_upgrades(
    connection: Connection, dialect: Dialect, schemas: Iterable[str], steps: Sequence[Step] = STEPS
) -> list[Upgrade]:
    """Return what each schema needs; those without tables of Labwright's own are left out.

    Raises
    ------
    VersionError
        When one was made by a newer Labwright.
    """
    with_service = [s for s in schemas if SERVICE in table_names(connection, dialect, s)]
    return [_plan(connection, dialect, schema, steps) for schema in with_service]


def upgrade(connection: Connection, dialect: Dialect, schema: str, steps: Sequence[Step] = STEPS) -> tuple[Step, ...]:
    """Move one schema to the newest version, and return the steps that were taken.

    On SQLite and PostgreSQL all steps are taken or none. On MySQL and MariaDB each step that is done stays done, and
    the next call goes on from there.

    Raises
    ------
    VersionError
        When it was made by a newer Labwright.
    TransactionError
        Within a transaction.
    """
    refuse_within_transaction(connection)
    with locked(connection, dialect, "declare"):
        # Another process may have done it meanwhile.
        plan = _plan(connection, dialect, schema, steps)
        for step in plan.steps:
            for statement in (*step.statements(dialect, schema), _note(dialect, schema, step.to)):
                connection.execute(statement.sql, statement.params, write=True)
    return plan.steps


def _plan(connection: Connection, dialect: Dialect, schema: str, steps: Sequence[Step]) -> Upgrade:
    version = stored_version(connection, dialect, schema)
    if is_newer(version, newest(steps)):
        raise version_error(schema, version, newest(steps))
    return Upgrade(schema, version, tuple(s for s in steps if s.to > int(version)))


def _note(dialect: Dialect, schema: str, version: int) -> Statement:
    name, mark = dialect.table(schema, SERVICE), dialect.placeholder
    return Statement(f"UPDATE {name} SET value = {mark} WHERE name = 'version'", (str(version),))
