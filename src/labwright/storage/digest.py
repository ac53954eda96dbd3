"""What content is: its hashes and its size, taken while it passes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from labwright.storage.base import Bytes

CHUNK: Final = 4 * 1024 * 1024
"""How many bytes of a file are read at a time."""
LARGE: Final = 1024 * 1024
"""From so many bytes on, a second thread is worth its while."""
SHA256_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class Digest:
    """What identifies content.

    Parameters
    ----------
    sha256 : str
        64 hexadecimal digits.
    size : int
        In bytes.
    md5 : str or None
        26 characters of base32, as stores that are shared with DataJoint have it; None when it was not asked for.

    Examples
    --------
    >>> digest(b"calm", md5=True)
    Digest(sha256='2b4b...', size=4, md5='uwlzuhfltgoblaiy5ank3ch7mq')
    """

    sha256: str
    size: int
    md5: str | None = None


class Hasher:
    """Takes content in pieces.

    Parameters
    ----------
    md5 : bool
        Whether the MD5 hash is wanted too.
    """

    def __init__(self, *, md5: bool = False) -> None:
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None
        self._size = 0

    def update(self, data: Bytes) -> None:
        """Take the next piece."""
        self._sha256.update(data)
        if self._md5 is not None:
            self._md5.update(data)
        self._size += memoryview(data).nbytes

    def digest(self) -> Digest:
        """Return what is known of all the pieces so far."""
        md5 = None if self._md5 is None else base32(self._md5.digest())
        return Digest(self._sha256.hexdigest(), self._size, md5)

    def passing(self, chunks: Iterable[Bytes]) -> Iterator[Bytes]:
        """Yield `chunks`, taking each."""
        for chunk in chunks:
            self.update(chunk)
            yield chunk


def digest(*data: Bytes, md5: bool = False) -> Digest:
    """Return what identifies `data`, in one piece or several; both hashes at the same time where it is large."""
    if md5 and sum(memoryview(piece).nbytes for piece in data) > LARGE:
        with ThreadPoolExecutor(1, "labwright-md5") as pool:
            other = pool.submit(_md5, data)
            return replace(digest(*data), md5=other.result())
    hasher = Hasher(md5=md5)
    for piece in data:
        hasher.update(piece)
    return hasher.digest()


def _md5(data: Iterable[Bytes]) -> str:
    hasher = hashlib.md5(usedforsecurity=False)
    for piece in data:
        hasher.update(piece)
    return base32(hasher.digest())


def base32(hash_: bytes) -> str:
    """Return a hash as lower-case base32 without padding."""
    return base64.b32encode(hash_).decode().rstrip("=").lower()


class Comparison:
    """Takes content in pieces, and compares it with the hash that a row holds.

    Parameters
    ----------
    hash_ : str
        SHA-256 or MD5; the length tells which it is.

    Examples
    --------
    >>> comparison = Comparison("uwlzuhfltgoblaiy5ank3ch7mq")
    >>> comparison.update(b"calm")
    >>> comparison.fits()
    True
    """

    def __init__(self, hash_: str) -> None:
        self._wanted = hash_
        self._is_sha256 = len(hash_) == SHA256_LENGTH
        self._hasher = hashlib.sha256() if self._is_sha256 else hashlib.md5(usedforsecurity=False)

    def update(self, data: Bytes) -> None:
        """Take the next piece."""
        self._hasher.update(data)

    def fits(self) -> bool:
        """Whether all the pieces so far have the hash."""
        found = self._hasher.digest()
        return self._wanted == (found.hex() if self._is_sha256 else base32(found))


def matches(data: Bytes, hash_: str) -> bool:
    """Whether `data` has the SHA-256 or MD5 hash that a row holds."""
    comparison = Comparison(hash_)
    comparison.update(data)
    return comparison.fits()


def pieces(data: Bytes, size: int = CHUNK) -> Iterator[memoryview]:
    """Yield bytes in pieces, so that one can be hashed while another is written.

    Examples
    --------
    >>> [bytes(piece) for piece in pieces(b"calm", 3)]
    [b'cal', b'm']
    """
    view = memoryview(data).cast("B")
    yield from (view[start : start + size] for start in range(0, view.nbytes, size))


def file_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
