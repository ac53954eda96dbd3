"""Finding out by trying what a store can do: servers differ in what they make of a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import timedelta
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from labwright.core.errors import BucketInaccessible, DuplicateError, MissingExternalFile
from labwright.storage.base import ByteRange, Capabilities, Store
from labwright.storage.layout import OWN, new_token

REMEMBERED: Final = f"{OWN}/capabilities.json"
"""What was found stands in the store itself: it is true for all clients, and one small read tells it."""
_FOLDER: Final = f"{OWN}/probe"
_CONTENT: Final = b"0123456789"
_WRITERS: Final = 4
_WAIT: Final = 10


def probe(store: Store) -> Capabilities:
    """Try what a store can do, and leave nothing behind.

    Parameters
    ----------
    store : Store
        What its `capabilities` deny is not tried.

    Raises
    ------
    BucketInaccessible
        When it cannot be reached, refuses to take or delete an object, or gives back another than was put.
    """
    claimed = store.capabilities
    if not claimed.writing:
        return claimed
    prefix = f"{_FOLDER}/{new_token()}/"
    key, many = f"{prefix}a=1/é %2F+", f"{prefix}many"  # a store that changes keys is found out
    try:
        found = _tried(store, claimed, key, many)
    except BaseException:
        with suppress(BucketInaccessible):
            store.delete_many([key, many])
        raise
    store.delete_many([key, many])
    _check_gone(store, key)
    return found


def _tried(store: Store, claimed: Capabilities, key: str, many: str) -> Capabilities:
    store.put_create(key, _CONTENT)
    _check_content(store, key)
    return Capabilities(
        create_only=claimed.create_only and _refused(store, key) and _one_wins(store, many),
        ranges=claimed.ranges and _works(lambda: _reads_ranges(store, key)),
        listing=claimed.listing and _works(lambda: key in [info.key for info in store.list(key[:-1])]),
        signing=claimed.signing and _works(lambda: _signs(store, key)),
    )


def remember(store: Store, capabilities: Capabilities) -> None:
    """Write what a store can do into it, in place of what stands there."""
    store.delete(REMEMBERED)
    with suppress(DuplicateError):  # another client has found the same
        store.put_create(REMEMBERED, json.dumps(asdict(capabilities)).encode())


def recall(store: Store) -> Capabilities | None:
    """Return what was remembered in a store; None when nothing was, or nothing that can be read."""
    try:
        found = json.loads(store.get(REMEMBERED))
        return Capabilities(**{field.name: bool(found[field.name]) for field in fields(Capabilities)})
    except (MissingExternalFile, ValueError, KeyError, TypeError):
        return None


def settled(store: Store) -> Capabilities:
    """Return what a store can do: what was remembered, or else what is found now, which is then remembered."""
    known = recall(store)
    if known is not None:
        return known
    try:
        found = probe(store)
        remember(store, found)
    except BucketInaccessible:  # it is only read from by us: what cannot be tried is not relied on
        return replace(store.capabilities, create_only=False)
    return found


def _check_content(store: Store, key: str) -> None:
    if store.get(key) != _CONTENT:
        raise BucketInaccessible(f"The store {store.name!r} gives back other bytes than were put at {key!r}.")


def _one_wins(store: Store, key: str) -> bool:
    """Whether of several clients that put at the same time exactly one succeeds."""
    with ThreadPoolExecutor(_WRITERS) as pool:
        return sum(pool.map(lambda _: not _refused(store, key), range(_WRITERS))) == 1


def _refused(store: Store, key: str) -> bool:
    try:
        store.put_create(key, _CONTENT)
    except DuplicateError:
        return True
    return False


def _reads_ranges(store: Store, key: str) -> bool:
    return list(store.get_ranges(key, [ByteRange(8, 10), ByteRange(0, 1)])) == [b"89", b"0"]


def _signs(store: Store, key: str) -> bool:
    url = store.sign(key, expires=timedelta(minutes=1))
    with urlopen(url, timeout=_WAIT) as answer:  # noqa: S310 - the store made the URL
        return bool(answer.read() == _CONTENT)


def _works(attempt: Callable[[], bool]) -> bool:
    try:
        return attempt()
    except (BucketInaccessible, NotImplementedError, MissingExternalFile, URLError):
        return False


def _check_gone(store: Store, key: str) -> None:
    try:
        store.head(key)
    except MissingExternalFile:
        return
    raise BucketInaccessible(f"The store {store.name!r} does not delete: {key!r} is still there.")
