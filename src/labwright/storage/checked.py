"""Reading an object whole, and comparing it with its hash while it comes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from io import FileIO
from typing import Protocol, runtime_checkable

from labwright.core.errors import BucketInaccessible
from labwright.storage.base import Bytes
from labwright.storage.digest import LARGE, Comparison, pieces
from labwright.storage.handle import Handle, damaged


@runtime_checkable
class Opens(Protocol):
    """A store whose objects are files of this machine, which can be read into memory that is there already."""

    def opened(self, key: str) -> AbstractContextManager[FileIO]:
        """The file of an object; what the system raises within the block is translated."""


@contextmanager
def checked(handle: Handle, hash_: str | None) -> Iterator[Bytes]:
    """Give a block the bytes of a file, which are compared with their hash meanwhile.

    The block may make something of them that is worth nothing before its end, e.g. a copy.

    Parameters
    ----------
    handle : Handle
    hash_ : str or None
        SHA-256 or MD5, as a row holds it; None where that is not known.

    Raises
    ------
    DataError
        At the end, also in place of what the block raises, when the bytes have another hash.

    Examples
    --------
    >>> from labwright.storage.memory import MemoryStore
    >>> store = MemoryStore()
    >>> _ = store.put_create("a", b"calm")
    >>> with checked(Handle(store, "a"), "uwlzuhfltgoblaiy5ank3ch7mq") as data:
    ...     text = bytes(data).decode()
    >>> text
    'calm'
    """
    comparison = None if hash_ is None else Comparison(hash_)
    with ThreadPoolExecutor(1, "labwright-hash") as pool:
        hashing: list[Future[None]] = []

        def take(piece: Bytes) -> None:
            if comparison is not None and memoryview(piece).nbytes < LARGE:
                _settle(hashing)
                comparison.update(piece)
            elif comparison is not None:
                hashing.append(pool.submit(comparison.update, piece))

        data = _read(handle, take)
        try:
            yield data
        finally:
            _settle(hashing)
            if comparison is not None and not comparison.fits():
                raise damaged(handle, f"its hash is not {hash_!r}")


def _settle(hashing: list[Future[None]]) -> None:
    while hashing:
        hashing.pop(0).result()


def _read(handle: Handle, take: Callable[[Bytes], None]) -> Bytes:
    """The bytes of a file; `take` is called with each piece as soon as it is there."""
    if not isinstance(handle.store, Opens):
        data = handle.read()
        take(data)
        return data
    with handle.store.opened(handle.key) as file:
        memory = _memory(os.fstat(file.fileno()).st_size)
        for piece in pieces(memory):
            _fill(handle, file, piece)
            take(piece)
        return memory


def _memory(size: int) -> memoryview:
    """New memory, from numpy: it asks the system for large pages, without which this takes longer than the reading."""
    import numpy as np

    return np.empty(size, np.uint8).data


def _fill(handle: Handle, file: FileIO, piece: memoryview) -> None:
    left = piece
    while left:
        count = file.readinto(left)
        if not count:
            raise BucketInaccessible(
                f"{handle.key!r} in the store {handle.store.name!r} was cut off while it was read."
            )
        left = left[count:]
