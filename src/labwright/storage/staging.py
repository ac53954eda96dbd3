"""Objects that are made where they are to stay: files that may be replaced until their row is there."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from labwright.core.errors import DataError, DuplicateError
from labwright.storage.base import Bytes, ObjectInfo, Store
from labwright.storage.chunks import stored_digest
from labwright.storage.digest import CHUNK, Digest, Hasher, digest
from labwright.storage.feed import Feed

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import ReadableBuffer

LOCKS: Final = 64
"""So many files can be written at the same time."""


class StagingArea:
    """The places in a store that a staging owns. Until it is closed, files there may be written, replaced and deleted.

    Parameters
    ----------
    store : Store
    spares : str
        The folder of new versions of files that are being replaced, so that a process that dies loses none.

    Examples
    --------
    >>> from labwright.storage.memory import MemoryStore
    >>> area = StagingArea(MemoryStore(), "_labwright/staging/k3/spare")
    >>> area.own("_schema/lab/scan/movie_k3.zarr")
    >>> area.write("_schema/lab/scan/movie_k3.zarr/zarr.json", b"{}")
    >>> area.write("_schema/lab/scan/movie_k3.zarr/zarr.json", b"{...}")
    >>> [info.size for info in area.files("_schema/lab/scan/movie_k3.zarr")]
    [5]
    """

    def __init__(self, store: Store, spares: str) -> None:
        self.store = store
        self._spares = spares
        self._own: set[str] = set()
        self._digests: dict[str, Digest] = {}
        self._uploads: set[Upload] = set()
        self._locks = [threading.Lock() for _ in range(LOCKS)]
        self._rest = threading.Condition()
        self._at_work = 0
        self._closed = False

    def own(self, path: str) -> None:
        """Let files be written at `path`, and below it."""
        self._own.add(path)

    @property
    def paths(self) -> list[str]:
        """What is owned."""
        return sorted(self._own)

    def write(self, key: str, data: Bytes) -> None:
        """Write a file; one that is there is replaced."""
        with self._working(key):
            try:
                self.store.put_create(key, data)
            except DuplicateError:
                self._replace(key, data)
            self._digests[key] = digest(data)

    def _replace(self, key: str, data: Bytes) -> None:
        spare = self._spare(key)
        self.store.delete(spare)
        self.store.put_create(spare, key.encode() + b"\0" + data)
        self.store.delete(key)
        self.store.put_create(key, data)
        self.store.delete(spare)

    def _spare(self, key: str) -> str:
        return f"{self._spares}/{hashlib.sha256(key.encode()).hexdigest()}"

    def mend(self) -> None:
        """Finish what a process that died was replacing."""
        for info in list(self.store.list(f"{self._spares}/")):
            name, _, data = self.store.get(info.key).partition(b"\0")
            if self._owns(name.decode()):
                self.store.delete(name.decode())
                self.store.put_create(name.decode(), data)
                self.store.delete(info.key)

    def open(self, key: str) -> io.BufferedWriter:
        """Open a file for writing from its beginning to its end. It is there when it is closed, and not before."""
        self._refuse(key)
        upload = Upload(self, key)
        with self._rest:
            self._uploads.add(upload)
        return _Buffered(upload)

    def upload(self, key: str, chunks: Iterator[bytes]) -> None:
        """Write a file piece by piece."""
        hasher = Hasher()
        with self._working(key):
            self._digests.pop(key, None)
            self.store.delete(key)
            self.store.put_stream(key, hasher.passing(chunks))
            self._digests[key] = hasher.digest()

    def ended(self, upload: Upload) -> None:
        """Take note that a file was closed."""
        with self._rest:
            self._uploads.discard(upload)

    def delete(self, key: str) -> None:
        """Delete a file."""
        with self._working(key):
            self._digests.pop(key, None)
            self.store.delete(key)

    @contextmanager
    def _working(self, key: str) -> Iterator[None]:
        with self._rest:
            self._refuse(key)
            self._at_work += 1
        try:
            with self._locks[hash(key) % LOCKS]:
                yield
        finally:
            with self._rest:
                self._at_work -= 1
                self._rest.notify_all()

    def _owns(self, key: str) -> bool:
        parts = key.split("/")
        return any("/".join(parts[:end]) in self._own for end in range(len(parts), 0, -1))

    def _refuse(self, key: str) -> None:
        if not self._owns(key):
            raise DataError(f"{key!r} is not among what is staged here: {', '.join(self.paths) or 'nothing'}.")
        if self._closed:
            raise DataError(f"{key!r} cannot be written any more: the block that staged it has ended.")

    @property
    def unfinished(self) -> list[str]:
        """The files that are open for writing."""
        with self._rest:
            return sorted(upload.name for upload in self._uploads)

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be written any more."""
        return self._closed

    def close(self) -> None:
        """Let nothing be written any more, and return when nothing is."""
        with self._rest:
            self._closed = True
            uploads = list(self._uploads)
        for upload in uploads:
            upload.fail()
        with self._rest:
            self._rest.wait_for(lambda: not self._at_work)

    def files(self, path: str) -> list[ObjectInfo]:
        """The file at `path`, or those of the folder."""
        return [info for info in self.store.list(path) if info.key == path or info.key.startswith(f"{path}/")]

    def digest(self, info: ObjectInfo) -> Digest:
        """What identifies a file: known since it was written, or read where another process has written it."""
        known = self._digests.get(info.key)
        return known if known is not None and known.size == info.size else stored_digest(self.store, info.key)

    def clear(self) -> None:
        """Delete all that is there."""
        for path in self.paths:
            self.store.delete_many([info.key for info in self.files(path)])


class Upload(io.RawIOBase):
    """A file that goes into the store while it is written.

    Parameters
    ----------
    area : StagingArea
    key : str
    """

    def __init__(self, area: StagingArea, key: str) -> None:
        super().__init__()
        self._area = area
        self._key = key
        self._size = 0
        self._dropped = False
        self._feed: Feed[None] | None = Feed(lambda chunks: area.upload(key, chunks))

    @property
    def name(self) -> str:
        """The key in the store."""
        return self._key

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: ReadableBuffer, /) -> int:
        chunk = bytes(data)
        if self._dropped:
            return len(chunk)
        if self._feed is None:
            raise DataError(f"{self._key!r} cannot be written any more: the block that staged it has ended.")
        self._feed.give(chunk)
        if self._feed.is_over:
            self.close()  # raises what went wrong
        self._size += len(chunk)
        return len(chunk)

    def close(self) -> None:
        feed, self._feed = self._feed, None
        super().close()
        if feed is not None:
            try:
                feed.finish()
            finally:
                self._area.ended(self)

    def fail(self) -> None:
        """Let nothing of the file be there."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.fail()
            self._area.ended(self)

    def drop(self) -> None:
        """The same where what is still to be written shall be passed over."""
        self._dropped = True
        self.fail()


class _Buffered(io.BufferedWriter):
    """A file that is not there when an error ends its block."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload, CHUNK)
        # made here, since h5py asks again while the first error is on its way, and nothing can be called then
        self._no_seek = io.UnsupportedOperation(
            f"{upload.name!r} is written from its beginning to its end. For what writes to and fro, as h5py does, "
            "write to a path on this machine, which is put when it is complete: with row.local(attribute) as path."
        )

    def seek(self, target: int, whence: int = io.SEEK_SET, /) -> int:
        raise self._no_seek

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and isinstance(self.raw, Upload):
            self.raw.drop()
        self.close()
