"""Collecting garbage: objects that no row refers to, out of the stores in two steps and never in haste."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from labwright.catalogue.adopt import references
from labwright.catalogue.claims import check_claims, renew_claims
from labwright.catalogue.content import check_presence, hash_content
from labwright.catalogue.copies import Copy, catalogued_schemas, read_copies
from labwright.catalogue.deleting import delete_copies
from labwright.core.errors import DataError, MissingExternalFile
from labwright.sql.database import Database
from labwright.sql.object_references import (
    Column,
    check_sight,
    common_now,
    copies_by_use,
    hash_columns,
    json_columns,
    labwright_schemas,
    locked_copies,
    mark_copy,
)
from labwright.sql.objects import (
    DELETED,
    LIVE,
    QUARANTINED,
    UNKNOWN,
    add_object,
    claims_of,
    copies_of,
    identify_copy,
    path_text,
    quarantine_stranger,
)
from labwright.storage.stores import Stores

GRACE: Final = datetime.timedelta(days=7)
"""How long garbage stays in quarantine before it is deleted."""
AT_ONCE: Final = 10_000
"""So many copies are deleted in one transaction."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did, or would do.

    Parameters
    ----------
    dry_run : bool
    quarantined : tuple of Copy
        Nothing refers to them any more; they are deleted by a collection after the grace period.
    revived : tuple of Copy
        They were in quarantine, and rows refer to them again.
    deleted : tuple of Copy
        They were in quarantine for the grace period, and are gone.
    waiting : tuple of Copy
        They are in quarantine, and their time has not come.
    handed_over : tuple of Copy
        They are garbage, and left to the schema in whose folder they are.
    """

    dry_run: bool
    quarantined: tuple[Copy, ...] = ()
    revived: tuple[Copy, ...] = ()
    deleted: tuple[Copy, ...] = ()
    waiting: tuple[Copy, ...] = ()
    handed_over: tuple[Copy, ...] = ()

    def __add__(self, other: Collected) -> Collected:
        return Collected(
            self.dry_run,
            self.quarantined + other.quarantined,
            self.revived + other.revived,
            self.deleted + other.deleted,
            self.waiting + other.waiting,
            self.handed_over + other.handed_over,
        )


@dataclass(frozen=True, slots=True)
class Suspect:
    """A copy that is in quarantine, or to stay though nobody uses it.

    Parameters
    ----------
    copy : Copy
    state : str
    used : bool
        Whether a row refers to it, or somebody holds it.
    due : bool
        Whether it has been in this state for the grace period.
    """

    copy: Copy
    state: str
    used: bool
    due: bool


@dataclass(frozen=True)
class Scene:
    """What a collection goes by, looked at once.

    Parameters
    ----------
    database : Database
    stores : Stores
    schemas : list of str
        Those that have a catalogue.
    columns : list of Column
        Where rows may refer to objects.
    claims : collection of (str, str)
        Each schema with each of the stores that it uses.
    now : str
        By the clock that all clients share, since their own may differ by more than the grace period.
    """

    def is_own(self, copy: Copy) -> bool:
        """Whether no other schema may put something at this place, which it would lock in its own catalogue."""
        return self.owner(copy) == copy.schema

    def owner(self, copy: Copy) -> str:
        """The schema in whose folder the copy is, or the one that knows it where that schema is gone."""
        below = self.stores(copy.store).layout.below_prefix(copy.path)
        named = (part for part in below.split("/") if (part, copy.store) in self.claims)
        return next(named, copy.schema)

    database: Database
    stores: Stores
    schemas: Sequence[str]
    columns: Sequence[Column]
    claims: Collection[tuple[str, str]]
    now: str

    def suspects(self, schema: str, *states: str, before: str) -> list[Suspect]:
        """The copies of a schema in some states that are garbage, or were taken for it."""
        asked = copies_by_use(self.database.dialect, schema, self.columns, states, before=before, now=self.now)
        rows = self.database.fetch(asked)
        copies = read_copies(schema, (row[:5] for row in rows))
        return [
            Suspect(copy, str(state), used=bool(used), due=bool(due))
            for copy, (*_, state, used, due) in zip(copies, rows, strict=True)
        ]


def collect(
    database: Database,
    stores: Stores,
    *,
    dry_run: bool = True,
    grace: datetime.timedelta = GRACE,
    schemas: Collection[str] | None = None,
) -> Collected:
    """Put what no row refers to into quarantine, and delete what has been there for the grace period.

    Rows of all tables count, those that history keeps too, and so do exports and backups that hold objects.

    Parameters
    ----------
    database : Database
    stores : Stores
    dry_run : bool
        Whether to say only what would be done.
    grace : timedelta
    schemas : collection of str, optional
        Whose objects to look at; by default all.

    Raises
    ------
    AccessError
        When the user may not read all that might refer to an object.
    ConfigError
        When somebody uses one of the stores who is not seen from here.
    """
    if grace < datetime.timedelta(0):
        raise DataError(f"The grace period is {grace}; it cannot be negative.")
    scene = look(database, stores)
    if not dry_run:
        for store in sorted({name for _, name in scene.claims}):
            renew_claims(database, stores(store), scene.schemas)
    found = Collected(dry_run)
    for schema in scene.schemas if schemas is None else [s for s in scene.schemas if s in schemas]:
        found += _collect(scene, schema, grace, dry_run=dry_run)
    return found


def look(database: Database, stores: Stores) -> Scene:
    """Look at all that might refer to objects, and refuse where some of it is hidden."""
    connection, dialect = database.connection, database.dialect
    seen = labwright_schemas(connection, dialect)
    check_sight(connection, dialect, seen)
    catalogued = catalogued_schemas(database)
    claims = {(s, str(name)) for s in catalogued for name, _ in database.fetch(claims_of(dialect, s))}
    for store in sorted({name for _, name in claims}):
        check_claims(database, stores(store), catalogued)
    columns: list[Column] = [*json_columns(connection, dialect, seen)]
    columns += hash_columns(connection, dialect, catalogued)
    return Scene(database, stores, catalogued, columns, claims, common_now(connection, dialect))


def _collect(scene: Scene, schema: str, grace: datetime.timedelta, *, dry_run: bool) -> Collected:
    old = _before(scene.now, grace)
    suspects = scene.suspects(schema, LIVE, QUARANTINED, before=old)
    garbage = [s.copy for s in suspects if s.state == LIVE]
    revived = [s.copy for s in suspects if s.state == QUARANTINED and s.used]
    waiting = [s for s in suspects if s.state == QUARANTINED and not s.used]
    gone = [s.copy for s in waiting if s.due]
    if not dry_run:
        _revive(scene, schema, revived)
        gone = list(_delete_due(scene, schema, old)) if gone else []
        _mark(scene, schema, garbage, to=QUARANTINED, was=LIVE)
    left = [s.copy for s in waiting if not s.due]
    deleted, handed_over = (tuple(c for c in gone if scene.is_own(c) is own) for own in (True, False))
    return Collected(dry_run, tuple(garbage), tuple(revived), deleted, tuple(left), handed_over)


def _revive(scene: Scene, schema: str, copies: Collection[Copy]) -> None:
    """Take copies out of quarantine; one more whose bytes a collection that died has deleted is given up.

    Not so where a row names this very copy: then it is missing, and to be mended from the other.
    """
    copies = [_identified(scene, c) if c.sha256 == UNKNOWN else c for c in copies]
    lost = [c for c in copies if not _is_there(scene, c) and (c.sha256 == UNKNOWN or _has_another(scene, c))]
    named = _named_by_rows(scene) if lost else ()
    lost = [c for c in lost if (c.store, c.path) not in named]
    _mark(scene, schema, lost, to=DELETED, was=QUARANTINED)
    _mark(scene, schema, [c for c in copies if c not in lost], to=LIVE, was=QUARANTINED)


def _named_by_rows(scene: Scene) -> set[tuple[str, str]]:
    database = scene.database
    seen = labwright_schemas(database.connection, database.dialect)
    return {(r.store, r.path) for r in references(database, scene.stores, seen)}


def _identified(scene: Scene, copy: Copy) -> Copy:
    """A copy that nobody had read, e.g. of a copying that died, with what it holds."""
    try:
        found = hash_content(scene.stores(copy.store), copy.path, is_dir=copy.is_dir)
    except MissingExternalFile:
        return copy
    identified = replace(copy, sha256=found.sha256, size=found.size)
    execute, dialect = scene.database.connection.execute, scene.database.dialect
    with scene.database.connection.atomic():
        execute(add_object(dialect, copy.schema), (found.sha256, found.size, None, scene.now), write=True)
        execute(identify_copy(dialect, copy.schema), (found.sha256, copy.store, copy.path, UNKNOWN), write=True)
    return identified


def _is_there(scene: Scene, copy: Copy) -> bool:
    try:
        check_presence(scene.stores(copy.store), copy)
    except (MissingExternalFile, DataError):
        return False
    return True


def _has_another(scene: Scene, copy: Copy) -> bool:
    found = scene.database.fetch(copies_of(scene.database.dialect, copy.schema, copy.sha256))
    return any((store, path_text(path)) != (copy.store, copy.path) for store, path in found)


def _before(now: str, grace: datetime.timedelta) -> str:
    when = datetime.datetime.fromisoformat(now) - grace
    return when.isoformat(" ", "microseconds")


def _mark(scene: Scene, schema: str, copies: Collection[Copy], *, to: str, was: str) -> None:
    if copies:
        sql = mark_copy(scene.database.dialect, schema, to=to, was=was)
        scene.database.connection.executemany(sql, [(scene.now, c.store, c.path) for c in copies])


def _delete_due(scene: Scene, schema: str, before: str) -> Iterator[Copy]:
    """Delete in batches, each under lock: who puts one of them anew meanwhile waits, and then sees that it is gone."""
    while batch := _delete_batch(scene, schema, before):
        yield from batch


def _delete_batch(scene: Scene, schema: str, before: str) -> list[Copy]:
    database = scene.database
    with database.connection.transaction:
        statement = locked_copies(database.dialect, schema, QUARANTINED, before=before, limit=AT_ONCE)
        locked = {(store, path_text(path)) for store, path in database.fetch(statement)}
        found = scene.suspects(schema, QUARANTINED, before=before) if locked else []
        gone = [s.copy for s in found if s.due and not s.used and (s.copy.store, s.copy.path) in locked]
        for copy in gone:
            if not scene.is_own(copy):
                _hand_over(scene, copy)
        delete_copies(scene.stores, [c for c in gone if scene.is_own(c)])
        _mark(scene, schema, gone, to=DELETED, was=QUARANTINED)
    return gone


def _hand_over(scene: Scene, copy: Copy) -> None:
    """Leave a copy to the schema whose it is: who puts it anew there locks it in that catalogue alone."""
    execute, dialect, owner = scene.database.connection.execute, scene.database.dialect, scene.owner(copy)
    execute(add_object(dialect, owner), (copy.sha256, copy.size, None, scene.now), write=True)
    row = (copy.store, copy.path, copy.sha256, int(copy.is_dir), None, scene.now, scene.now)
    execute(quarantine_stranger(dialect, owner, QUARANTINED, DELETED), row, write=True)
