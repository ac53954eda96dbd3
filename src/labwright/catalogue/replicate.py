"""Copying objects to another store, so that each is there twice."""

from __future__ import annotations

from dataclasses import dataclass

from labwright.catalogue.content import carry, check_presence
from labwright.catalogue.copies import Copy, known_copies
from labwright.catalogue.writing import ensure_claims
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.objects import revive_copy, touch_copy
from labwright.storage.stores import OpenStore, Stores


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied.

    Parameters
    ----------
    objects : int
    size : int
        In bytes.
    """

    objects: int
    size: int


def replicate(database: Database, stores: Stores, source: str, target: str) -> Copied:
    """Copy all objects of one store to another that are not there yet.

    It can be cut off at any time, and goes on when it is called again. Copies have the same paths, so that what rows
    refer to keeps all of them.

    Raises
    ------
    ConfigError
        When there is no such store.
    DataError
        When an object is damaged; those before it are copied.
    MissingExternalFile
        When one was deleted as garbage while it was put anew; call it again.
    """
    origin, goal = stores(source), stores(target)
    there = {(c.schema, c.path) for c in known_copies(database, store=goal.name)}
    todo = [c for c in known_copies(database, store=origin.name) if (c.schema, c.path) not in there]
    for schema in sorted({c.schema for c in todo}):
        ensure_claims(database, schema, [goal])
    for copy in todo:
        carry(copy, origin, goal, copy.path)
        _note(database, goal, copy)
    return Copied(len(todo), sum(c.size for c in todo))


def _note(database: Database, goal: OpenStore, copy: Copy) -> None:
    now, store = now_text(), goal.name
    row = (store, copy.path, copy.sha256, int(copy.is_dir), None, now, now)
    with database.connection.atomic():
        database.connection.execute(touch_copy(database.dialect, copy.schema), row, write=True)
        check_presence(goal, copy)  # a collection of garbage may have been faster; from here on it waits
        revived = (now, copy.sha256, store, copy.path)  # it may have been there, and been collected
        database.connection.execute(revive_copy(database.dialect, copy.schema), revived, write=True)
