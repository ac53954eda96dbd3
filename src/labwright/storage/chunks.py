"""Reading what is stored piece by piece, so that nothing is too large."""

from __future__ import annotations

from collections.abc import Iterator

from labwright.storage.base import ByteRange, Store
from labwright.storage.digest import CHUNK, Digest, Hasher


def object_chunks(store: Store, key: str) -> Iterator[bytes]:
    """Yield the bytes of an object in pieces; from a store that has no range reads as one."""
    if not store.capabilities.ranges:
        yield store.get(key)
        return
    size = store.head(key).size
    for start in range(0, size, CHUNK):
        yield store.get_ranges(key, [ByteRange(start, min(start + CHUNK, size))])[0]


def stored_digest(store: Store, key: str) -> Digest:
    """Return what identifies the content of an object, read anew."""
    hasher = Hasher()
    for chunk in object_chunks(store, key):
        hasher.update(chunk)
    return hasher.digest()
