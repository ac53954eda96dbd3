"""A stored file as an open file of which only what is read is fetched."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from labwright.storage.base import ByteRange, Bytes, Store

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_AHEAD: Final = 32 * 1024
"""At least so many bytes are fetched at a time: small reads beside each other are one request."""


class RangeFile(io.RawIOBase):
    """The bytes of an object, each read being one request.

    Parameters
    ----------
    store : Store
    key : str
    size : int
        As many bytes as the object has.
    """

    def __init__(self, store: Store, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._position = 0

    @property
    def name(self) -> str:
        """The object's key."""
        return self._key

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"there is no position {base + offset} in a file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._fetch(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._fetch(self._size)

    def _fetch(self, count: int) -> bytes:
        start = min(self._position, self._size)
        stop = min(start + count, self._size)
        if start == stop:
            return b""
        (data,) = self._store.get_ranges(self._key, [ByteRange(start, stop)])
        self._position = stop
        return data


def open_range_file(store: Store, key: str, *, read_ahead: int = READ_AHEAD) -> io.BufferedReader:
    """Open an object for reading. A store that reads no ranges gives the whole at once."""
    if not store.capabilities.ranges:
        return file_of(store.get(key))
    return io.BufferedReader(RangeFile(store, key, store.head(key).size), read_ahead)


def file_of(data: Bytes) -> io.BufferedReader:
    """Open bytes for reading; they are not copied."""
    return io.BufferedReader(_InMemory(data))


class _InMemory(RangeFile):
    """The same of bytes that are here."""

    def __init__(self, data: Bytes) -> None:
        self._data = memoryview(data).cast("B")
        self._size = len(self._data)
        self._position = 0

    @property
    def name(self) -> str:
        return ""

    def _fetch(self, count: int) -> bytes:
        data = self._data[self._position : self._position + count]
        self._position += len(data)
        return bytes(data)
