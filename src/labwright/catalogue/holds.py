"""Keeping objects for what is not a row: an export, a backup."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from labwright.catalogue.copies import Copy, catalogued_schemas
from labwright.sql.database import Database
from labwright.sql.objects import hold_copy, let_go


def hold(database: Database, holder: str, copies: Iterable[Copy], *, until: datetime.datetime | None = None) -> None:
    """Keep copies for a holder, until a time in UTC or until `let_go_of` is called."""
    end = None if until is None else until.isoformat(" ", "microseconds")
    rows: dict[str, list[tuple[object, ...]]] = {}
    for copy in copies:
        rows.setdefault(copy.schema, []).append((holder, copy.store, copy.path, end))
    with database.connection.atomic():
        for schema, held in rows.items():
            database.connection.executemany(hold_copy(database.dialect, schema), held)


def let_go_of(database: Database, holder: str) -> None:
    """End what a holder holds."""
    with database.connection.atomic():
        for schema in catalogued_schemas(database):
            database.connection.execute(let_go(database.dialect, schema), (holder,), write=True)
