"""What is being staged in a store, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from labwright.catalogue.staging_records import OpenStaging, open_stagings
from labwright.storage.stores import OpenStore

SHOWN: Final = 10
"""So many objects are named; of the others the number is told."""


def stagings_in(opened: OpenStore) -> Iterator[str]:
    """Yield lines on what is being staged in a store, or was when its program died."""
    for staging in open_stagings(opened) if opened.store.capabilities.listing else ():
        yield from _lines(staging)


def _lines(staging: OpenStaging) -> Iterator[str]:
    newest = "" if staging.newest is None else f", the newest of {staging.newest:%Y-%m-%d %H:%M} UTC"
    yield f"{staging.store}: {staging.token}  {staging.files} files, {size_text(staging.size)}{newest}"
    for record in staging.records[:SHOWN]:
        key = ", ".join(f"{n}={v}" for n, v in record.key.items())
        where = f"{record.schema}.{record.table}.{record.attribute}"
        yield f"  {where}  {key}  begun by {record.user or 'somebody'} at {record.since[:16]} UTC"
    if len(staging.records) > SHOWN:
        yield f"  and {len(staging.records) - SHOWN} more"


def size_text(count: int) -> str:
    """A number of bytes in words.

    Examples
    --------
    >>> size_text(0), size_text(1500), size_text(2 * 10**9)
    ('0 B', '1.5 kB', '2.0 GB')
    """
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
