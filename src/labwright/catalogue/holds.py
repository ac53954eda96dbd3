"""Keeping objects for what is not a row: an export, a backup."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from labwright.catalogue.copies import Copy, catalogued_schemas
from labwright.core.errors import DataError, IntegrityError, did_you_mean
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.object_references import common_now
from labwright.sql.objects import STORE, hold_copy, holds_of, let_go


def hold(database: Database, holder: str, copies: Iterable[Copy], *, until: datetime.datetime | None = None) -> None:
    """Keep copies for a holder, until a time in UTC or until `let_go_of` is called."""
    end = None if until is None else until.isoformat(" ", "microseconds")
    rows: dict[str, list[tuple[object, ...]]] = {}
    for copy in copies:
        rows.setdefault(copy.schema, []).append((holder, copy.store, copy.path, end))
    with database.connection.atomic():
        for schema, held in rows.items():
            database.connection.executemany(hold_copy(database.dialect, schema), held)


def let_go_of(database: Database, holder: str) -> int:
    """End what a holder holds, and return how many copies these were.

    Raises
    ------
    DataError
        When there is no such holder.
    """
    execute = database.connection.execute
    with database.connection.atomic():
        ended = [
            execute(let_go(database.dialect, schema), (holder,), write=True).rowcount
            for schema in catalogued_schemas(database)
        ]
    if not sum(ended):
        names = [held.holder for held in holders(database)]
        raise DataError(f"Nobody holds objects as {holder!r}.{did_you_mean(holder, names)}")
    return sum(ended)


def refuse_held(database: Database, schema: str) -> None:
    """Refuse to drop a schema while somebody holds objects that its catalogue alone knows of.

    Raises
    ------
    IntegrityError
        Names one who does.
    """
    connection, dialect = database.connection, database.dialect
    if STORE not in table_names(connection, dialect, schema):
        return
    now = common_now(connection, dialect)
    found = [row for row in database.fetch(holds_of(dialect, schema)) if row[2] is None or str(row[2]) > now]
    if found:
        holder, count, _ = min(found)
        raise IntegrityError(
            f"{count} objects of the schema {schema!r} are held for {holder!r}, which is of no use without them. "
            f"Nothing was dropped. If it is not needed any more, say so first: labwright store let-go {holder!r}"
        )


@dataclass(frozen=True, slots=True)
class Held:
    """What a holder holds.

    Parameters
    ----------
    holder : str
    objects : int
    until : str or None
        In UTC, when the last of it ends.
    """

    holder: str
    objects: int
    until: str | None


def holders(database: Database) -> list[Held]:
    """Return who holds objects."""
    found: dict[str, Held] = {}
    for schema in catalogued_schemas(database):
        for holder, count, until in database.fetch(holds_of(database.dialect, schema)):
            before = found.get(holder, Held(holder, 0, None))
            last = max(filter(None, (before.until, None if until is None else str(until))), default=None)
            found[holder] = Held(holder, before.objects + int(count), last)
    return [found[holder] for holder in sorted(found)]
