"""A store in memory, for tests."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from labwright.core.errors import DuplicateError, MissingExternalFile, did_you_mean
from labwright.storage.base import ByteRange, Bytes, Capabilities, ObjectInfo, check_key, check_range


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
        return self.put_create(key, b"".join(chunks))

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

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        raise NotImplementedError(
            f"The store {self._name!r} gives no URLs: {method} {key!r} for {expires} is not possible."
        )

    def _find(self, key: str) -> tuple[ObjectInfo, bytes]:
        with self._lock:
            found = self._objects.get(check_key(key))
            keys = [] if found else list(self._objects)
        if found is None:
            raise MissingExternalFile(f"The store {self._name!r} has no object {key!r}.{did_you_mean(key, keys)}")
        return found
