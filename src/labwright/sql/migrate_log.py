"""The migrations of a schema: those that were carried out, and one that is half done."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from labwright.core.errors import MigrationError
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement

MIGRATIONS: Final = "~migration"
"""The service table for it, one per schema, made with the first migration."""
RUNNING, UNDOING, DONE, UNDONE = "running", "undoing", "done", "undone"
HALF: Final = (RUNNING, UNDOING)
_COLUMNS: Final = ("id", "name", "home", "plan", "step", "state", "who", "started", "finished")


@dataclass(frozen=True, slots=True)
class Entry:
    """One migration, as a schema remembers it.

    Parameters
    ----------
    id : str
    name : str
        That of the file, or empty.
    home : str
        The schema that says how far it is.
    plan : str
        The changes as text, or what is needed to go on while it runs.
    step : int
    state : {'running', 'undoing', 'done', 'undone'}
    who : str
    started, finished : str
        In UTC.
    """

    id: str
    name: str
    home: str
    plan: str
    step: int
    state: str
    who: str
    started: str
    finished: str

    @property
    def data(self) -> Mapping[str, Any]:
        """The plan as data."""
        data: Mapping[str, Any] = json.loads(self.plan)
        return data


def now() -> str:
    """The present moment as it is noted."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")


def create_log(dialect: Dialect, schema: str) -> Statement:
    """The statement that makes the service table, unless it is there."""
    text, end = _TYPES[dialect.name]
    columns = ", ".join(f"{n} {'bigint' if n == 'step' else text} NOT NULL" for n in _COLUMNS[1:])
    columns = columns.replace("bigint", "integer") if dialect.name == "sqlite" else columns
    name = dialect.table(schema, MIGRATIONS)
    key = "TEXT" if dialect.name == "sqlite" else "varchar(64)"
    return Statement(f"CREATE TABLE IF NOT EXISTS {name} (id {key} NOT NULL PRIMARY KEY, {columns}){end}")


_TYPES: Final = {
    "sqlite": ("TEXT", " STRICT"),
    "postgres": ("text", ""),
    "mysql": ("longtext", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"),
}


def note(dialect: Dialect, schema: str, entry: Entry) -> Statement:
    """The statement that notes a migration, in place of what was noted of it before: at no moment there is nothing."""
    name, marks = dialect.table(schema, MIGRATIONS), ", ".join([dialect.placeholder] * len(_COLUMNS))
    instead = dialect.on_duplicate(name, ["id"], _COLUMNS[1:])
    values = tuple(getattr(entry, column) for column in _COLUMNS)
    return Statement(f"INSERT INTO {name} ({', '.join(_COLUMNS)}) VALUES ({marks}) {instead}", values)


def note_step(dialect: Dialect, entry: Entry, step: int) -> Statement:
    """The statement that notes how far a migration is."""
    name, mark = dialect.table(entry.home, MIGRATIONS), dialect.placeholder
    return Statement(f"UPDATE {name} SET step = {mark} WHERE id = {mark}", (step, entry.id))


def read_log(connection: Connection, dialect: Dialect, schema: str) -> list[Entry]:
    """The migrations of a schema, which must have the service table, in the order of their beginning."""
    sql = f"SELECT {', '.join(_COLUMNS)} FROM {dialect.table(schema, MIGRATIONS)} ORDER BY started, id"
    return [Entry(*row) for row in connection.fetch(sql)]


def half_done(connection: Connection, dialect: Dialect, schema: str, there: Iterable[str]) -> Entry | None:
    """The migration of a schema, with the tables `there`, that was interrupted, or is still going on."""
    if dialect.name != "mysql" or MIGRATIONS not in there:
        return None
    return next((e for e in read_log(connection, dialect, schema) if e.state in HALF), None)


def refuse_half_done(connection: Connection, dialect: Dialect, schema: str, there: Iterable[str]) -> None:
    """Raise `MigrationError` for a schema, with the tables `there`, in which a migration is half done."""
    entry = half_done(connection, dialect, schema, there)
    if entry is not None:
        raise MigrationError(
            f"The schema {schema!r} is being migrated by {entry.who} since {entry.started} (UTC), and cannot be used "
            "before that is done. If it was interrupted, go on with: labwright migrate apply; or go back with: "
            "labwright migrate undo"
        )
