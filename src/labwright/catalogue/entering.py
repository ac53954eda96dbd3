"""Copies enter the catalogue of a schema whose rows came to refer to them otherwise than by an insert of values."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from labwright.catalogue.claims import claims_by_store, leave_claim, take_back
from labwright.catalogue.copies import Copy
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.declare import run_all
from labwright.sql.objects import add_object, create_catalogue, revive_copy, touch_copy
from labwright.storage.stores import Stores


def enter(database: Database, stores: Stores, schema: str, copies: Sequence[Copy]) -> list[tuple[str, str]]:
    """Note copies whose bytes are there, within the transaction that is open, and return the claims that were made."""
    connection, dialect, now = database.connection, database.dialect, now_text()
    run_all(connection, list(create_catalogue(dialect, schema)))
    contents = sorted({(c.sha256, c.size, None, now) for c in copies})
    connection.executemany(add_object(dialect, schema), contents)
    rows = [(c.store, c.path, c.sha256, int(c.is_dir), None, now, now) for c in copies]
    connection.executemany(touch_copy(dialect, schema), rows)
    connection.executemany(revive_copy(dialect, schema), [(now, c.sha256, c.store, c.path) for c in copies])
    return claim_stores(database, stores, schema, {c.store for c in copies})


def claim_stores(database: Database, stores: Stores, schema: str, names: Collection[str]) -> list[tuple[str, str]]:
    """Say in stores that the schema uses them, within the transaction that is open, and return the new claims."""
    claims: list[tuple[str, str]] = []
    try:
        for name in sorted(set(names) - dict(claims_by_store(database, schema)).keys()):
            claim = leave_claim(database, schema, stores(name))
            claims += [(name, claim.number)]
    except BaseException:
        take_back(stores, claims)
        raise
    return claims
