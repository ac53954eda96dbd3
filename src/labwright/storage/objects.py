"""Stores through obstore: S3, Google's and Azure's buckets, and what web servers give."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import chain, islice
from typing import Any, Final, Literal

from labwright.core.errors import BucketInaccessible, DuplicateError, MissingExternalFile
from labwright.storage.base import ByteRange, Bytes, Capabilities, ObjectInfo, cannot, check_key, check_range
from labwright.storage.digest import pieces
from labwright.storage.feed import fed

PART: Final = 8 * 1024 * 1024
"""The size of the parts of a large object."""
AT_ONCE: Final = 2
"""So many parts are on their way, which bounds the memory that a stream takes."""
WHOLE: Final = 4 * PART
"""Up to this size an object is put by one request."""
_DELETIONS: Final = 250
_processes: Final[list[int]] = []
"""The process that made the first request. Threads do the work, and processes that are forked from it have none."""
_NO_BUCKET: Final = re.compile("NoSuchBucket|ContainerNotFound")
_DETAIL: Final = re.compile(r"(?<=://)[^\s/]*@|\?[^\s:]*|: [<{].*")
"""What an error says that users need not know or must not see: passwords and signatures in addresses, answers of
servers."""


@dataclass(frozen=True, slots=True)
class Inner:
    """What an `ObjectStore` stands on.

    Parameters
    ----------
    reading : obstore.store.ObjectStore
        It gives up on a server that is silent for a while.
    writing : obstore.store.ObjectStore
        The same with more patience: while a request is sent, a server is silent.
    """

    reading: Any = field(repr=False)
    writing: Any = field(repr=False)


class ObjectStore:
    """A `Store` on an obstore store.

    What has more than `WHOLE` bytes is put by parts, which the server joins at the end. The key is looked at before
    and after they are sent, and two clients that put different large objects under the same key at the same moment
    are not kept apart: Labwright never does, since its keys hold a hash or a random token.

    Parameters
    ----------
    name : str
    inner : Inner
    capabilities : Capabilities
    settled : callable, optional
        Finds out at first use what the store can do of the `capabilities`.
    """

    def __init__(
        self,
        name: str,
        inner: Inner,
        capabilities: Capabilities,
        settled: Callable[[ObjectStore], Capabilities] | None = None,
    ) -> None:
        self._name = name
        self._inner = inner
        self._claimed = capabilities
        self._settled = settled

    @property
    def name(self) -> str:
        return self._name

    @cached_property
    def capabilities(self) -> Capabilities:
        claimed = ObjectStore(self._name, self._inner, self._claimed)
        return self._settled(claimed) if self._settled else self._claimed

    @property
    def inner(self) -> Any:
        """The obstore store, for libraries that read from one."""
        return self._inner.reading

    def __repr__(self) -> str:
        return f"<ObjectStore {self._name!r}>"

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        import obstore

        check_key(key)
        view = memoryview(data).cast("B")
        if view.nbytes > WHOLE:
            return self._put_parts(key, pieces(view, PART))
        self._refuse_writing(key)
        mode: Literal["create", "overwrite"] = "create" if self.capabilities.create_only else "overwrite"
        if mode == "overwrite":
            self._refuse_present(key)
        with self._telling(key):
            found = obstore.put(self._inner.writing, key, view, mode=mode, use_multipart=False)
        return ObjectInfo(key, view.nbytes, None, _etag(found))

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        check_key(key)
        begun, size, source = [], 0, iter(chunks)
        for chunk in source:
            begun.append(bytes(chunk))
            size += len(begun[-1])
            if size > PART:
                return self._put_parts(key, chain(begun, source))
        return self.put_create(key, b"".join(begun))

    def _put_parts(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        """Put by parts from another thread: obstore asks for chunks where a source that reads from it would fail."""
        self._refuse_writing(key)
        self._refuse_present(key)
        sizes: list[int] = []
        etag = fed(lambda given: self._joined(key, given), self._watched(key, chunks, sizes))
        return ObjectInfo(key, sum(sizes), None, etag)

    def _watched(self, key: str, chunks: Iterable[Bytes], sizes: list[int]) -> Iterator[Bytes]:
        for chunk in chunks:
            sizes.append(memoryview(chunk).nbytes)
            yield chunk
        self._refuse_present(key)

    def _joined(self, key: str, chunks: Iterator[bytes]) -> str | None:
        import obstore

        with self._telling(key):
            found = obstore.put(
                self._inner.writing, key, chunks, use_multipart=True, chunk_size=PART, max_concurrency=AT_ONCE
            )
        return _etag(found)

    def _refuse_writing(self, key: str) -> None:
        if not self.capabilities.writing:
            raise cannot(self, f"put {key!r}: it is only read from")

    def _refuse_present(self, key: str) -> None:
        try:
            self.head(key)
        except MissingExternalFile:
            return
        raise DuplicateError(f"The store {self._name!r} has an object {key!r} already.")

    def get(self, key: str) -> bytes:
        import obstore

        check_key(key)
        with self._telling(key):
            found = obstore.get(self._inner.reading, key)
            return self._whole(key, bytes(found.bytes()), found.meta["size"])

    def _whole(self, key: str, data: bytes, size: int) -> bytes:
        if len(data) != size:
            raise BucketInaccessible(f"Of {key!r} the store {self._name!r} gave {len(data)} bytes instead of {size}.")
        return data

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        check_key(key)
        wanted = [ByteRange(*part) for part in ranges]
        if not all(0 <= part.start < part.stop for part in wanted):
            info = self.head(key)  # no request can be made of a range that is empty, or is none
            wanted = [check_range(part, info) for part in wanted]
        last = max((part for part in wanted if part.stop > part.start), key=lambda part: part.stop, default=None)
        if last is None:
            return [b"" for _ in wanted]
        try:
            found = {last: self._get_last(key, last), **self._get_more(key, {*wanted} - {last})}
        except NotImplementedError:
            return self._cut(key, wanted)
        return [found[part] if part.stop > part.start else b"" for part in wanted]

    def _cut(self, key: str, wanted: Sequence[ByteRange]) -> Sequence[bytes]:
        """Read the object whole: a web server need not know ranges."""
        data = self.get(key)
        return [data[slice(*check_range(part, ObjectInfo(key, len(data))))] for part in wanted]

    def _get_last(self, key: str, part: ByteRange) -> bytes:
        """Read the range that ends last: what the store says of the object then holds for all."""
        import obstore

        try:
            with self._telling(key):
                found = obstore.get(self._inner.reading, key, options={"range": part})
                check_range(part, _info(found.meta))
                return self._whole(key, bytes(found.bytes()), part.stop - part.start)
        except BucketInaccessible:
            check_range(part, self.head(key))  # a range that begins behind the end is refused by the server
            raise

    def _get_more(self, key: str, parts: set[ByteRange]) -> Mapping[ByteRange, bytes]:
        import obstore

        full = sorted(part for part in parts if part.stop > part.start)
        if not full:
            return {}
        with self._telling(key):
            found = obstore.get_ranges(
                self._inner.reading, key, starts=[part.start for part in full], ends=[part.stop for part in full]
            )
        sizes = (part.stop - part.start for part in full)
        return {p: self._whole(key, bytes(f), size) for p, f, size in zip(full, found, sizes, strict=True)}

    def head(self, key: str) -> ObjectInfo:
        import obstore

        check_key(key)
        with self._telling(key):
            return _info(obstore.head(self._inner.reading, key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        if not self.capabilities.listing:
            raise cannot(self, "list its objects")
        with self._telling(prefix):
            for info in self._listed(prefix.rpartition("/")[0]):
                if info.key.startswith(prefix):
                    yield info
                elif info.key > prefix:
                    return

    def _listed(self, folder: str) -> Iterator[ObjectInfo]:
        import obstore

        for batch in obstore.list(self._inner.reading, folder or None, chunk_size=1000):
            yield from map(_info, batch)

    def delete(self, key: str) -> None:
        self.delete_many([key])

    def delete_many(self, keys: Iterable[str]) -> None:
        left = map(check_key, keys)
        while some := list(islice(left, _DELETIONS)):
            self._refuse_writing(some[0])
            try:
                self._delete(some)
            except MissingExternalFile:  # which one, and whether the others are gone, is not said
                for key in some:
                    with suppress(MissingExternalFile):
                        self._delete(key)

    def _delete(self, keys: str | Sequence[str]) -> None:
        import obstore

        with self._telling(keys if isinstance(keys, str) else keys[0]):
            obstore.delete(self._inner.writing, keys)

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        import obstore

        check_key(key)
        if not self.capabilities.signing:
            raise cannot(self, f"give a URL to {method} {key!r}")
        with self._telling(key):
            return str(obstore.sign(self._inner.reading, method, key, expires))

    def _no_bucket(self, key: str) -> BucketInaccessible:
        return BucketInaccessible(f"The store {self._name!r} cannot be used, at {key!r}: its bucket is not there.")

    def _check_process(self, key: str) -> None:
        if not _processes:
            _processes.append(os.getpid())
        if _processes[0] != os.getpid():
            raise BucketInaccessible(
                f"The store {self._name!r} cannot be used, at {key!r}: this process was forked from one that had used "
                "buckets, whose client does not work in it. Start processes anew: multiprocessing.get_context('spawn')."
            )

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        """Translate what obstore raises, without what it was caused by, which may show credentials."""
        from obstore.exceptions import AlreadyExistsError, BaseError, NotSupportedError

        self._check_process(key)
        try:
            yield
        except AlreadyExistsError:
            raise DuplicateError(f"The store {self._name!r} has an object {key!r} already.") from None
        except FileNotFoundError as error:
            if _NO_BUCKET.search(str(error)):
                raise self._no_bucket(key) from None
            raise MissingExternalFile(f"The store {self._name!r} has no object {key!r}.") from None
        except NotSupportedError:
            raise cannot(self, f"do this with {key!r}") from None
        except (BaseError, OSError) as error:
            reason = _DETAIL.sub("", str(error).partition("\n")[0])
            raise BucketInaccessible(f"The store {self._name!r} cannot be used, at {key!r}: {reason}") from None


def _info(meta: Mapping[str, Any]) -> ObjectInfo:
    return ObjectInfo(meta["path"], meta["size"], meta["last_modified"], _etag(meta))


def _etag(meta: Mapping[str, Any]) -> str | None:
    """Return the mark of the content without quotes, which not every answer of a server has."""
    etag: str | None = meta["e_tag"]
    return etag and etag.strip('"')
