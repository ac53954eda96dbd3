"""What Labwright keeps in a store for itself and needs no more: parts of files, and manifests of folders."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from itertools import chain

from labwright.catalogue.copies import known_copies
from labwright.catalogue.gc import look
from labwright.sql.database import Database
from labwright.sql.objects import LIVE, QUARANTINED
from labwright.storage.base import ObjectInfo
from labwright.storage.clock import FOLDER as CLOCK
from labwright.storage.clock import older_than
from labwright.storage.layout import PARTS
from labwright.storage.manifest import MANIFESTS
from labwright.storage.stores import OpenStore, Stores


def remove_leftovers(
    database: Database, stores: Stores, *, grace: datetime.timedelta, dry_run: bool = True
) -> list[tuple[str, ObjectInfo]]:
    """Remove part files of puts that died, and manifests of folders that are no more.

    Parameters
    ----------
    database : Database
    stores : Stores
    grace : timedelta
        How old they have to be: a younger one may be in use.
    dry_run : bool
        Whether to say only what would be done.

    Returns
    -------
    list of tuple
        The store's name and what the store knew of each.

    Raises
    ------
    AccessError, ConfigError
        As for `collect`, since a manifest may be that of anybody's folder.
    """
    scene = look(database, stores)
    needed = _needed(database)
    opened = [stores(name) for name in sorted({name for _, name in scene.claims})]
    found = [(store.name, info) for store in opened for info in _left(store, needed, grace)]
    if not dry_run:
        for store in opened:
            _remove(database, store, [info for name, info in found if name == store.name])
    return found


def _needed(database: Database) -> set[str]:
    return {c.sha256 for state in (LIVE, QUARANTINED) for c in known_copies(database, state=state) if c.is_dir}


def _left(opened: OpenStore, needed: Collection[str], grace: datetime.timedelta) -> Iterator[ObjectInfo]:
    is_old = older_than(opened.store, grace)
    parts = chain(opened.store.list(f"{PARTS}/"), opened.store.list(f"{CLOCK}/"))
    yield from (info for info in parts if is_old(info.modified))
    for info in opened.store.list(f"{MANIFESTS}/"):
        if is_old(info.modified) and _digest(info) not in needed:
            yield info


def _digest(info: ObjectInfo) -> str:
    return info.key.rpartition("/")[2].removesuffix(".json")


def _remove(database: Database, opened: OpenStore, left: Collection[ObjectInfo]) -> None:
    """Delete them; a manifest that somebody has come to need meanwhile is put back."""
    manifests = {info.key: opened.store.get(info.key) for info in left if info.key.startswith(f"{MANIFESTS}/")}
    opened.store.delete_many([info.key for info in left])
    needed = _needed(database) if manifests else set()
    for info in left:
        if info.key in manifests and _digest(info) in needed:
            opened.store.put_create(info.key, manifests[info.key])
