"""What was staged by processes that died, and is not gone on with."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from labwright.catalogue.adopt import uncatalogued
from labwright.catalogue.copies import catalogued_schemas, known_copies
from labwright.catalogue.staging import forget
from labwright.catalogue.staging_records import OpenStaging, files_at, open_stagings, read_records, staging_folder
from labwright.sql.database import Database
from labwright.sql.object_references import check_sight, labwright_schemas
from labwright.sql.objects import LIVE, QUARANTINED, claims_of
from labwright.storage.clock import OlderThan, older_than
from labwright.storage.stores import OpenStore, Stores


def remove_abandoned(
    database: Database, stores: Stores, *, grace: datetime.timedelta, dry_run: bool = True
) -> list[OpenStaging]:
    """Remove what was staged and for the grace period not gone on with.

    Files that rows refer to stay: their staging died when they were there, and it is forgotten alone.

    Parameters
    ----------
    database : Database
    stores : Stores
    grace : timedelta
        Since the newest file.
    dry_run : bool
        Whether to say only what would be done.

    Returns
    -------
    list of OpenStaging
        What was removed.
    """
    check_sight(database.connection, database.dialect, labwright_schemas(database.connection, database.dialect))
    schemas = catalogued_schemas(database)
    used = sorted({name for s in schemas for name, _ in database.fetch(claims_of(database.dialect, s))})
    is_old = {name: older_than(stores(name).store, grace) for name in used}
    found = [s for name in used for s in open_stagings(stores(name)) if _is_abandoned(s, schemas, is_old[name])]
    if not dry_run and found:  # rows are looked at after stagings: one that ends meanwhile has its rows by then
        known = {(c.store, c.path) for state in (LIVE, QUARANTINED) for c in known_copies(database, state=state)}
        known |= {(r.store, r.path) for r in uncatalogued(database, stores)}
        for staging in found:
            _remove(stores(staging.store), staging, known, is_old[staging.store])
    return found


def _is_abandoned(staging: OpenStaging, schemas: Collection[str], is_old: OlderThan) -> bool:
    return all(record.schema in schemas for record in staging.records) and is_old(staging.newest)


def _remove(opened: OpenStore, staging: OpenStaging, known: Collection[tuple[str, str]], is_old: OlderThan) -> None:
    """Delete records first: a staging that comes to its end at this moment misses them, or is seen by its mark."""
    opened.store.delete_many([key for key, record in read_records(opened, staging.token) if record in staging.records])
    if not all(is_old(info.modified) for info in opened.store.list(f"{staging_folder(staging.token)}/")):
        return
    for record in staging.records:
        if (staging.store, record.path) not in known:
            opened.store.delete_many([info.key for info in files_at(opened, record.path)])
    forget(opened, staging.token, ())
