"""The classic layout of a store: objects by the MD5 hash that a row of ``~external_<store>`` has, as a uuid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from labwright.core.errors import DataError
from labwright.storage.base import Bytes, check_key

FOLDS: Final = (2, 2)
"""How the classic generation spreads hashes over folders unless it is told otherwise."""
HEX: Final = 32
"""So many digits a hash has."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row of ``~external_<store>`` says of an object.

    Parameters
    ----------
    hash : UUID
        MD5 of a blob; of an attachment's name, NUL and content; of the path of a file that is kept by its path.
    size : int
        In bytes.
    attachment_name : str or None
    filepath : str or None
        Where it is, of a file that is kept by its path, and of what generation 0.11 has stored.
    contents_hash : UUID or None
        MD5 of the content of a file that is kept by its path.
    """

    hash: UUID
    size: int = 0
    attachment_name: str | None = None
    filepath: str | None = None
    contents_hash: UUID | None = None


@dataclass(frozen=True, slots=True)
class ExternalLayout:
    """How the keys of objects are made in the classic layout.

    Parameters
    ----------
    subfolding : tuple of int
        Lengths of the folders that hashes are spread over.
    stage : Path or None
        The local folder that mirrors the files that are kept by their paths.

    Examples
    --------
    >>> entry = Entry(UUID("01234567-89ab-cdef-0123-456789abcdef"), attachment_name="notes.txt")
    >>> ExternalLayout().key("lab", entry)
    'lab/01/23/0123456789abcdef0123456789abcdef.notes.txt'
    """

    subfolding: tuple[int, ...] = FOLDS
    stage: Path | None = None

    def key(self, schema: str, entry: Entry) -> str:
        """Return the key of what is kept by its hash."""
        hex_, folds, start = entry.hash.hex, [], 0
        for length in self.subfolding:
            folds.append(hex_[start : start + length])
            start += length
        suffix = "" if entry.attachment_name is None else f".{entry.attachment_name}"
        return check_key("/".join((schema, *folds, hex_ + suffix)))


def external_layout_of(settings: Mapping[str, Any]) -> ExternalLayout:
    """Return how a store with these settings is laid out for the classic generation."""
    folds, stage = settings.get("subfolding"), settings.get("stage")
    return ExternalLayout(FOLDS if folds is None else tuple(folds), None if stage is None else Path(stage))


def entry_of(key: str) -> Entry | None:
    """Return the object that would have this key, as far as its name tells; None where that is no hash.

    Examples
    --------
    >>> entry_of("lab/01/23/0123456789abcdef0123456789abcdef.notes.txt").attachment_name
    'notes.txt'
    >>> entry_of("lab/notes.txt")
    """
    stem, dot, name = key.rpartition("/")[2].partition(".")
    if len(stem) != HEX or not set(stem) <= set("0123456789abcdef"):
        return None
    return Entry(UUID(stem), attachment_name=name if dot else None)


def uuid_of(chunks: Iterable[Bytes], before: bytes = b"") -> UUID:
    """Return the MD5 hash of content, with something before it, as a uuid.

    Examples
    --------
    >>> uuid_of([b"calm"])
    UUID('a5979a1c-ab99-9c15-8118-e81aad88ff64')
    """
    hasher = md5(before, usedforsecurity=False)
    for chunk in chunks:
        hasher.update(chunk)
    return UUID(bytes=hasher.digest())


def name_prefix(name: str | None) -> bytes:
    """What is hashed before the content of an attachment."""
    return b"" if name is None else f"{name}\0".encode()


def checked(entry: Entry, chunks: Iterable[Bytes]) -> Iterator[Bytes]:
    """Yield the content of an object.

    Raises
    ------
    DataError
        At the end, when it does not have the hash that it is to have.
    """
    hasher = md5(name_prefix(entry.attachment_name), usedforsecurity=False)
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk
    if UUID(bytes=hasher.digest()) != (entry.contents_hash or entry.hash):
        what = entry.attachment_name or entry.filepath or entry.hash.hex
        raise DataError(f"The content of {what!r} is not what its MD5 hash in ~external says: it is damaged.")
