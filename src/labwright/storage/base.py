"""The store: where bytes are kept under keys. What every kind of store can do, and what some cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, Protocol, runtime_checkable

from labwright.core.errors import DataError, UnsupportedError, cut

MAX_KEY: Final = 1024
"""As many bytes as a key may have in S3, the narrowest of the common stores."""

Bytes = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a store knows of an object without reading it.

    Parameters
    ----------
    key : str
        Its place in the store, with ``/`` between parts.
    size : int
        In bytes.
    modified : datetime or None
        When it was written, with time zone; None when the store does not say.
    etag : str or None
        The store's own mark of the content. It says that two versions differ, not what they hold.
    """

    key: str
    size: int
    modified: datetime | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do beyond putting, getting and deleting whole objects.

    Parameters
    ----------
    create_only : bool
        It refuses to write to a key that exists, also when two clients try at the same time.
    ranges : bool
        It reads parts of an object without reading the whole.
    listing : bool
        It lists keys by prefix.
    signing : bool
        It gives URLs with which others may read or write one object for a while.
    writing : bool
        It takes and deletes objects.
    """

    create_only: bool = True
    ranges: bool = True
    listing: bool = True
    signing: bool = False
    writing: bool = True


class ByteRange(NamedTuple):
    """The bytes from `start` up to, and without, `stop`."""

    start: int
    stop: int


@runtime_checkable
class Store(Protocol):
    """Bytes under keys.

    Objects are never changed: a key is written once, read, and deleted. Methods raise

    * `DataError` for a key that `check_key` refuses;
    * `MissingExternalFile` for a key that is not there;
    * `DuplicateError` for a key that is there already;
    * `BucketInaccessible` when the store cannot be reached, or refuses;
    * `UnsupportedError`, which is a `NotImplementedError`, for what `capabilities` says that it cannot do.

    A class that inherits ``labwright.testing.store_suite.StoreSuite`` tests an implementation.
    """

    @property
    def name(self) -> str:
        """What the settings call the store."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, as probed when it was registered."""

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        """Write a new object. It appears whole or not at all."""

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        """Write a new object piece by piece. It appears whole or not at all; nothing is left when `chunks` raises."""

    def get(self, key: str) -> bytes:
        """Return the bytes of an object."""

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        """Return parts of an object in the order of `ranges`; DataError for one that is not within it."""

    def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object."""

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects whose keys start with `prefix`, in the order of their keys."""

    def delete(self, key: str) -> None:
        """Delete an object; nothing happens when it is not there."""

    def delete_many(self, keys: Iterable[str]) -> None:
        """Delete objects, with fewer requests where the store allows it."""

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        """Return a URL that allows `method` on the object until `expires` has passed."""


def cannot(store: Store, what: str) -> UnsupportedError:
    """Return the error about what `Store.capabilities` says that a store cannot do."""
    return UnsupportedError(f"The store {store.name!r} cannot {what}.")


def delete_each(store: Store, keys: Iterable[str]) -> None:
    """Delete objects one by one: `Store.delete_many` where there is no better way."""
    for key in keys:
        store.delete(key)


@runtime_checkable
class WritesAhead(Protocol):
    """A store that can write bytes while it is worked out where they go."""

    def put_while(self, chunks: Iterable[Bytes], name: Callable[[], str]) -> ObjectInfo:
        """Write a new object under the key that `name` returns; it is asked when the bytes are written."""


def check_key(key: str) -> str:
    """Return `key` when every store can hold it, on every system.

    Raises
    ------
    DataError
        When it is empty, absolute or too long, has an empty part, ``.`` or ``..``, a backslash or a
        control character.

    Examples
    --------
    >>> check_key("_hash/lab/ab/abcdef")
    '_hash/lab/ab/abcdef'
    >>> check_key("../secret")
    Traceback (most recent call last):
    ...
    labwright.core.errors.DataError: '../secret' is not a key: it has the part '..'.
    """
    fault = _key_fault(key)
    if fault:
        raise DataError(f"{cut(key)!r} is not a key: {fault}.")
    return key


def _key_fault(key: str) -> str:
    bad_part = next((part for part in key.split("/") if part in ("", ".", "..")), None)
    if bad_part is not None:
        return f"it has the part {bad_part!r}"
    if "\\" in key or not key.isprintable():
        return "it has a backslash or a control character"
    return f"it has more than {MAX_KEY} bytes" if len(key.encode(errors="replace")) > MAX_KEY else ""


def check_range(part: ByteRange, info: ObjectInfo) -> ByteRange:
    """Return `part` when it lies within the object.

    Raises
    ------
    DataError
        When it does not.
    """
    if not 0 <= part.start <= part.stop <= info.size:
        raise DataError(f"Bytes {part.start} to {part.stop} are not within {info.key!r}, which has {info.size}.")
    return part
