"""A store that counts what is fetched from it, to see what is lazy."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

from labwright.storage.base import ByteRange, Bytes, Capabilities, ObjectInfo, Store
from labwright.storage.handle import Located


class CountingStore:
    """A `Store` on another one.

    Attributes
    ----------
    fetched : int
        The bytes that were read.
    requests : int
        The calls that read.
    put : list of str
        The keys that were written.

    Examples
    --------
    >>> from labwright.storage.memory import MemoryStore
    >>> store = CountingStore(MemoryStore())
    >>> _ = store.put_create("a", b"calm sea")
    >>> store.get_ranges("a", [ByteRange(0, 4)])
    [b'calm']
    >>> store.fetched, store.requests, store.put
    (4, 1, ['a'])
    """

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self.fetched = 0
        self.requests = 0
        self.put: list[str] = []

    def reset(self) -> None:
        """Count from nothing again."""
        self.fetched, self.requests, self.put = 0, 0, []

    def _count(self, size: int) -> None:
        with self._lock:
            self.fetched += size
            self.requests += 1

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        self.put.append(key)
        return self._inner.put_create(key, data)

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        self.put.append(key)
        return self._inner.put_stream(key, chunks)

    def get(self, key: str) -> bytes:
        data = self._inner.get(key)
        self._count(len(data))
        return data

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        found = self._inner.get_ranges(key, ranges)
        self._count(sum(map(len, found)))
        return found

    def head(self, key: str) -> ObjectInfo:
        self._count(0)
        return self._inner.head(key)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        self._count(0)
        return self._inner.list(prefix)

    def delete(self, key: str) -> None:
        self._inner.delete(key)

    def delete_many(self, keys: Iterable[str]) -> None:
        self._inner.delete_many(keys)

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        return self._inner.sign(key, method=method, expires=expires)

    def local_path(self, key: str) -> Path | None:
        return self._inner.local_path(key) if isinstance(self._inner, Located) else None

    def url(self, key: str) -> str:
        return self._inner.url(key) if isinstance(self._inner, Located) else key
