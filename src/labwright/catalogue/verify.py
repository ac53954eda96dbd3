"""Looking whether all objects are there and sound, and mending those that have a sound copy elsewhere."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from labwright.catalogue.content import carry, check_content, check_presence
from labwright.catalogue.copies import Copy, known_copies
from labwright.catalogue.deleting import delete_object
from labwright.core.errors import DataError, MissingExternalFile
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.objects import note_verified
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
    """

    checked: int
    findings: tuple[Finding, ...] = ()
    repaired: tuple[Finding, ...] = ()

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
    """Look at all objects, or at some.

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
    """
    copies = known_copies(database, store=store)
    chosen = copies if sample is None or sample >= len(copies) else random.sample(copies, sample)
    findings = _check_all(database, stores, chosen, quick=quick)
    if not repair:
        return Verified(len(chosen), tuple(findings))
    mended = [f for f in findings if _mended(stores, f, known_copies(database))]
    _note(database, [f.copy for f in mended])
    return Verified(len(chosen), tuple(f for f in findings if f not in mended), tuple(mended))


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
    others = [c for c in copies if c.sha256 == bad.sha256 and (c.store, c.path) != (bad.store, bad.path)]
    for other in others:
        if _fault(stores, other, quick=False) is None:
            opened = stores(bad.store)
            delete_object(opened, bad.path, is_dir=bad.is_dir)
            carry(other, stores(other.store), opened, bad.path)
            return True
    return False
