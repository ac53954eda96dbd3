"""What time it is by the clock of a store, which is another than that of the client."""

from __future__ import annotations

import datetime
from typing import Final

from labwright.core.errors import BucketInaccessible
from labwright.storage.base import Store
from labwright.storage.layout import OWN, new_token

FOLDER: Final = f"{OWN}/clock"


def store_time(store: Store) -> datetime.datetime | None:
    """Return the time that a store gives to what is written now; None where it does not say, or takes nothing.

    Examples
    --------
    >>> from labwright.storage.memory import MemoryStore
    >>> store = MemoryStore()
    >>> abs(store_time(store) - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=1)
    True
    """
    key = f"{FOLDER}/{new_token(16)}"
    try:
        store.put_create(key, b"")
        try:
            return store.head(key).modified
        finally:
            store.delete(key)
    except (BucketInaccessible, NotImplementedError):
        return None


def older_than(store: Store, grace: datetime.timedelta) -> OlderThan:
    """Return what tells whether an object was written so long ago, by the store's own clock."""
    now = store_time(store)
    return OlderThan(None if now is None else now - grace)


class OlderThan:
    """Whether something was written at a time or before it. What nobody can say is young.

    Parameters
    ----------
    time : datetime or None

    Examples
    --------
    >>> then = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    >>> is_old = OlderThan(then)
    >>> is_old(then), is_old(None), OlderThan(None)(then)
    (True, False, False)
    """

    def __init__(self, time: datetime.datetime | None) -> None:
        self._time = time

    def __call__(self, modified: datetime.datetime | None) -> bool:
        return self._time is not None and modified is not None and modified <= self._time
