"""``datajoint.gc``: collecting what no row refers to, as Labwright does it: in two steps, and never in haste."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labwright import LabwrightError, Schema


class GarbageCollector:
    """Collects the garbage of schemas in one store.

    Objects that nothing refers to are put into quarantine, and deleted by a collection after the grace period of seven
    days. Rows of all schemas count, those that history keeps, exports and backups too.

    Parameters
    ----------
    *schemas : Schema
    store : str, optional
        None is the default store.
    """

    def __init__(self, *schemas: Schema, store: str | None = None, config: object = None) -> None:
        if not schemas:
            raise LabwrightError("Say which schemas to collect the garbage of: GarbageCollector(schema, ...).")
        self.schemas = schemas
        self._opened = schemas[0].project.stores(store)
        self.store = self._opened.name

    def collect(self, dry_run: bool = True, verbose: bool = False) -> dict[str, Any]:
        """Say what is garbage, and unless `dry_run` collect it.

        Returns
        -------
        dict
            With the names that DataJoint has. What is orphaned is in quarantine; what is deleted was there for the
            grace period.
        """
        project, names = self.schemas[0].project, [schema.database_name for schema in self.schemas]
        done = project.collect_garbage(dry_run=dry_run, schemas=names)
        orphaned = [c for c in (*done.quarantined, *done.waiting, *done.deleted) if c.store == self.store]
        gone = [] if dry_run else [c for c in done.deleted if c.store == self.store]
        return {
            **self._told("hash", orphaned, gone),
            **self._told("schema", orphaned, gone),
            "deleted": len(gone),
            "bytes_freed": sum(c.size for c in gone),
            "quarantined": len(orphaned) - len(gone),
            "errors": 0,
            "scan_errors": [],
            "dry_run": dry_run,
        }

    def _told(self, kind: str, orphaned: Iterable[Any], gone: Iterable[Any]) -> dict[str, Any]:
        layout = self._opened.layout
        hashed = f"{layout.hash_prefix.strip('/')}/"
        found = [c for c in orphaned if c.path.startswith(hashed) == (kind == "hash")]
        return {
            f"{kind}_paths_orphaned": len(found),
            f"{kind}_paths_orphaned_bytes": sum(c.size for c in found),
            f"orphaned_{kind}_paths": sorted(c.path for c in found),
            f"{kind}_paths_deleted": sum(c.path.startswith(hashed) == (kind == "hash") for c in gone),
        }


def scan(*schemas: Schema, store_name: str | None = None, verbose: bool = False) -> dict[str, Any]:
    """Say what is garbage."""
    return GarbageCollector(*schemas, store=store_name).collect(dry_run=True, verbose=verbose)


def collect(
    *schemas: Schema, store_name: str | None = None, dry_run: bool = True, verbose: bool = False
) -> dict[str, Any]:
    """Say what is garbage, and unless `dry_run` collect it."""
    return GarbageCollector(*schemas, store=store_name).collect(dry_run=dry_run, verbose=verbose)
