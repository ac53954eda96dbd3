"""The store in memory: gone with the process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from labwright.core.errors import DuplicateError, MissingExternalFile, did_you_mean
from labwright.storage.base import (
    ByteRange,
    Bytes,
    Capabilities,
    ObjectInfo,
    cannot,
    check_key,
    check_range,
    delete_each,
)


class MemoryStore:
    """A `Store` that keeps its objects in a dict.

    Examples
    --------
    >>> store = MemoryStore()
    >>> store.put_create("a/b", b"calm").size
    4
    >>> store.get("a/b")
    b'calm'
    """

    def __init__(self, name: str = "memory") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._objects: dict[str, tuple[ObjectInfo, bytes]] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    def __repr__(self) -> str:
        return f"<MemoryStore {self._name!r}>"

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        content = bytes(data)
        etag = hashlib.sha256(content).hexdigest()
        info = ObjectInfo(check_key(key), len(content), datetime.now(UTC), etag)
        with self._lock:
            if key in self._objects:
                raise DuplicateError(f"The store {self._name!r} has an object {key!r} already.")
            self._objects[key] = info, content
        return info

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        return self.put_create(check_key(key), b"".join(map(bytes, chunks)))

    def get(self, key: str) -> bytes:
        return self._find(key)[1]

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        info, content = self._find(key)
        return [content[part.start : part.stop] for part in (check_range(r, info) for r in ranges)]

    def head(self, key: str) -> ObjectInfo:
        return self._find(key)[0]

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self._lock:
            found = sorted(key for key in self._objects if key.startswith(prefix))
            infos = [self._objects[key][0] for key in found]
        return iter(infos)

    def delete(self, key: str) -> None:
        with self._lock:
            self._objects.pop(check_key(key), None)

    def delete_many(self, keys: Iterable[str]) -> None:
        delete_each(self, keys)

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        raise cannot(self, f"give a URL to {method} {key!r}")

    def _find(self, key: str) -> tuple[ObjectInfo, bytes]:
        with self._lock:
            found = self._objects.get(check_key(key))
            keys = [] if found else list(self._objects)
        if found is None:
            raise MissingExternalFile(f"The store {self._name!r} has no object {key!r}.{did_you_mean(key, keys)}")
        return found


def open_memory(name: str, _: Mapping[str, Any]) -> MemoryStore:
    """Open a store that is gone with the process."""
    return MemoryStore(name)
