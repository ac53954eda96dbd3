"""The class behind `labwright.storage.views.zarr_store`: its base is a package that is not always installed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Final

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest

from labwright.core.errors import MissingExternalFile
from labwright.storage.base import ByteRange
from labwright.storage.handle import Handle, damaged

if TYPE_CHECKING:
    from zarr.core.buffer import Buffer, BufferPrototype


_METADATA: Final = frozenset({"zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"})


class ZarrFiles(Store):
    """A stored folder as a store of Zarr, to read from.

    Zarr takes the values of a chunk that is not there for its fill value. Whether it never was there, or is lost, is
    told by the number of files.

    Parameters
    ----------
    handle : Handle
    count : int, optional
        As many files as the folder had when it was stored.
    """

    supports_writes = False
    supports_deletes = False
    supports_listing = True

    def __init__(self, handle: Handle, count: int | None = None) -> None:
        super().__init__(read_only=True)
        self._handle = handle
        self._count = count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ZarrFiles) and other._handle == self._handle

    def __hash__(self) -> int:
        return hash(self._handle.key)

    def __str__(self) -> str:
        return f"{self._handle.store.name}:{self._handle.key}"

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """The bytes of a file, or some of them; None where there is no such file."""
        try:
            return prototype.buffer.from_bytes(await asyncio.to_thread(self._get, key, byte_range))
        except MissingExternalFile:
            if self._count is not None and key.rpartition("/")[2] not in _METADATA:
                await asyncio.to_thread(self._check_count, self._count)
            return None

    def _check_count(self, count: int) -> None:
        found = sum(1 for _ in self._handle.files())
        if found < count:
            raise damaged(self._handle, f"of {count} files it has {found}")
        self._count = None

    def _get(self, key: str, request: ByteRequest | None) -> bytes:
        file = self._handle.child(key)
        if request is None:
            return file.read()
        size = 0 if isinstance(request, RangeByteRequest) else file.info().size
        if isinstance(request, SuffixByteRequest) and request.suffix > size:
            raise damaged(file, f"it has {size} bytes")
        (data,) = file.read_ranges([_range(request, size)])
        return data

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Some of the bytes of several files."""
        return await asyncio.gather(*(self.get(key, prototype, part) for key, part in key_ranges))

    async def exists(self, key: str) -> bool:
        """Whether there is such a file."""
        return await asyncio.to_thread(self._handle.child(key).exists)

    async def set(self, key: str, value: Buffer) -> None:
        """Refused: what rows refer to stays as it is."""
        self._check_writable()

    async def delete(self, key: str) -> None:
        """Refused: what rows refer to stays as it is."""
        self._check_writable()

    async def list(self) -> AsyncIterator[str]:
        """The paths of all files."""
        for path in await asyncio.to_thread(self._handle.paths):
            yield path

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """The paths of the files that start with `prefix`."""
        async for path in self.list():
            if path.startswith(prefix):
                yield path

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """The names of what is in a folder."""
        start = f"{prefix.rstrip('/')}/" if prefix else ""
        names = {path[len(start) :].partition("/")[0]: None async for path in self.list_prefix(start)}
        for name in names:
            yield name


def _range(request: ByteRequest, size: int) -> ByteRange:
    if isinstance(request, RangeByteRequest):
        return ByteRange(request.start, request.end)
    if isinstance(request, OffsetByteRequest):
        return ByteRange(min(request.offset, size), size)
    assert isinstance(request, SuffixByteRequest)
    return ByteRange(size - request.suffix, size)
