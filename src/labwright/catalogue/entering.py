"""Copies enter the catalogue of a schema whose rows came to refer to them otherwise than by an insert of values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from labwright.catalogue.claims import claims_by_store, leave_claim, take_back
from labwright.catalogue.copies import Copy
from labwright.catalogue.writing import ensure_catalogue, ensure_claims
from labwright.query.expr import Node
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.declare import run_all, table_names
from labwright.sql.object_copies import paths_of, share_copies, stores_of_paths
from labwright.sql.objects import STORE, add_object, revive_copy, touch_copy
from labwright.sql.statement import Statement
from labwright.storage.stores import Stores


def enter(database: Database, stores: Stores, schema: str, copies: Sequence[Copy]) -> list[tuple[str, str]]:
    """Note copies whose bytes are there, within the transaction that is open, and return the claims that were made.

    The tables of the catalogue have to be there: some servers end a transaction that makes one.
    """
    connection, dialect, now = database.connection, database.dialect, now_text()
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


@dataclass(frozen=True, slots=True)
class Shared:
    """What a query takes from the rows of another schema: paths of objects in stores.

    Parameters
    ----------
    source : str
        The schema that knows them.
    paths : Statement
    stores : tuple of str
    """

    source: str
    paths: Statement
    stores: tuple[str, ...]


def shared(database: Database, node: Node, names: Sequence[str], sources: Iterable[str]) -> list[Shared]:
    """Return what the attributes `names` of a query take from the schemas that it reads."""
    connection, dialect = database.connection, database.dialect
    paths = paths_of(dialect, node, names)
    found = [
        Shared(source, paths, tuple(str(row[0]) for row in database.fetch(stores_of_paths(dialect, source, paths))))
        for source in sources
        if STORE in table_names(connection, dialect, source)
    ]
    return [each for each in found if each.stores]


@contextmanager
def sharing(database: Database, stores: Stores, schema: str, taken: Sequence[Shared]) -> Iterator[None]:
    """Within the block, which is one transaction, the catalogue of a schema knows what rows bring to it."""
    if not taken:
        yield
        return
    names = sorted({name for each in taken for name in each.stores})
    ensure_catalogue(database, schema)
    ensure_claims(database, schema, [stores(name) for name in names])
    with database.connection.atomic():
        for each in taken:
            run_all(database.connection, share_copies(database.dialect, each.source, schema, each.paths, now_text()))
        yield
