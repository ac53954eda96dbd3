"""Looking whether all objects are there and sound, and mending those that have a sound copy elsewhere."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from labwright.catalogue.adopt import uncatalogued
from labwright.catalogue.content import carry, check_content, check_presence
from labwright.catalogue.copies import Copy, known_copies
from labwright.catalogue.deleting import delete_object
from labwright.core.errors import DataError, MissingExternalFile
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.objects import DELETED, UNKNOWN, note_verified, revive_copy
from labwright.storage.handle import Handle
from labwright.storage.stores import Stores

Fault = Literal["missing", "damaged"]
NOTED_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """An object that is not as it should be.

    Parameters
    ----------
    copy : Copy
    fault : {'missing', 'damaged'}
    says : str
    """

    copy: Copy
    fault: Fault
    says: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what was found.

    Parameters
    ----------
    checked : int
        How many objects.
    findings : tuple of Finding
        Objects that are missing or damaged, after what could be mended was.
    repaired : tuple of Finding
        Those that were, and are sound again.
    unknown : int
        How many more rows refer to that are there, and that the catalogue does not know.
    """

    checked: int
    findings: tuple[Finding, ...] = ()
    repaired: tuple[Finding, ...] = ()
    unknown: int = 0

    def __bool__(self) -> bool:
        return not self.findings


def verify(
    database: Database,
    stores: Stores,
    *,
    store: str | None = None,
    sample: int | None = None,
    quick: bool = False,
    repair: bool = False,
) -> Verified:
    """Look at all objects, or at some. Of those that only rows know it is looked whether they are there.

    Parameters
    ----------
    database : Database
    stores : Stores
    store : str, optional
        Only those in this store.
    sample : int, optional
        So many, by chance; by default all.
    quick : bool
        Whether to compare sizes only, rather than read everything.
    repair : bool
        Whether to put a sound copy from elsewhere in the place of what is missing or damaged.

    Raises
    ------
    ConfigError
        When there is no such store.
    """
    if store is not None:
        store = stores(store).name
    copies = known_copies(database, store=store)
    chosen = copies if sample is None or sample >= len(copies) else random.sample(copies, sample)
    told = _told_by_rows(database, stores, store) if chosen is copies else []
    lost = [finding for copy in told if (finding := _lost(stores, copy)) is not None]
    findings = [*_check_all(database, stores, chosen, quick=quick), *lost]
    unknown = len(told) - len(lost)
    if not repair:
        return Verified(len(chosen), tuple(findings), unknown=unknown)
    mended = [f for f in findings if _mended(stores, f, known_copies(database))]
    _note(database, [f.copy for f in mended])
    _revive(database, [f.copy for f in mended if f in lost])
    return Verified(len(chosen), tuple(f for f in findings if f not in mended), tuple(mended), unknown)


def _told_by_rows(database: Database, stores: Stores, store: str | None) -> list[Copy]:
    """What rows refer to that the catalogue does not know, or believes to be deleted."""
    found = [r for r in uncatalogued(database, stores) if store in (None, r.store)]
    gone = {(c.store, c.path): c for c in known_copies(database, state=DELETED)} if found else {}
    return [gone.get((r.store, r.path)) or Copy(r.schema, r.store, r.path, UNKNOWN, r.is_dir, 0) for r in found]


def _lost(stores: Stores, copy: Copy) -> Finding | None:
    if copy.sha256 != UNKNOWN:
        return _fault(stores, copy, quick=True)
    there = Handle(stores(copy.store).store, copy.path, copy.is_dir).exists()
    return None if there else Finding(copy, "missing", f"Rows refer to {copy.path!r}, which is not there.")


def _revive(database: Database, copies: Iterable[Copy]) -> None:
    for c in copies:
        sql = revive_copy(database.dialect, c.schema)
        database.connection.execute(sql, (now_text(), c.sha256, c.store, c.path), write=True)


def _check_all(database: Database, stores: Stores, copies: Sequence[Copy], *, quick: bool) -> list[Finding]:
    findings: list[Finding] = []
    for start in range(0, len(copies), NOTED_AT_ONCE):
        batch = copies[start : start + NOTED_AT_ONCE]
        futures = [stores.background(0, _fault, stores, copy, quick=quick) for copy in batch]
        found = [finding for future in futures if (finding := future.result()) is not None]
        bad = {finding.copy for finding in found}
        if not quick:
            _note(database, [copy for copy in batch if copy not in bad])
        findings += found
    return findings


def _fault(stores: Stores, copy: Copy, *, quick: bool) -> Finding | None:
    look = check_presence if quick else check_content
    try:
        look(stores(copy.store), copy)
    except MissingExternalFile as error:
        return Finding(copy, "missing", str(error))
    except DataError as error:
        return Finding(copy, "damaged", str(error))
    return None


def _note(database: Database, copies: Iterable[Copy]) -> None:
    now = now_text()
    by_schema: dict[str, list[tuple[str, str, str]]] = {}
    for copy in copies:
        by_schema.setdefault(copy.schema, []).append((now, copy.store, copy.path))
    for schema, rows in by_schema.items():
        database.connection.executemany(note_verified(database.dialect, schema), rows)


def _mended(stores: Stores, finding: Finding, copies: Sequence[Copy]) -> bool:
    """Whether a sound copy was found, and put where the other was."""
    bad = finding.copy
    others = [c for c in copies if c.sha256 == bad.sha256 != UNKNOWN and (c.store, c.path) != (bad.store, bad.path)]
    for other in others:
        if _fault(stores, other, quick=False) is None:
            opened = stores(bad.store)
            delete_object(opened, bad.path, is_dir=bad.is_dir)
            carry(other, stores(other.store), opened, bad.path)
            return True
    return False
