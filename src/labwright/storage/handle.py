"""A stored file or folder, to be read in whole or in part."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from labwright.core.errors import DataError, MissingExternalFile
from labwright.storage.base import ByteRange, ObjectInfo, Store, check_key, check_range
from labwright.storage.digest import CHUNK, Digest, Hasher
from labwright.storage.manifest import Entry, Manifest, manifest_of
from labwright.storage.range_file import READ_AHEAD, open_range_file


@runtime_checkable
class Located(Protocol):
    """A store whose objects have an address outside of it."""

    def local_path(self, key: str) -> Path | None:
        """The path of the object's file on this machine, if it is one."""

    def url(self, key: str) -> str:
        """The object's address, as other programs write it; without credentials."""


@dataclass(frozen=True, slots=True)
class Handle:
    """Where something is stored. Nothing is read before it is asked for.

    Parameters
    ----------
    store : Store
    key : str
        The object's key; for a folder what the keys of its files begin with, before a ``/``.
    is_dir : bool
        Whether it is a folder.
    """

    store: Store
    key: str
    is_dir: bool = False

    def child(self, path: str) -> Handle:
        """The file at `path` in this folder."""
        return Handle(self.store, f"{self.key}/{check_key(path)}")

    def info(self) -> ObjectInfo:
        """What the store knows of the file."""
        return self.store.head(self.key)

    def read(self) -> bytes:
        """The bytes of the file."""
        return self.store.get(self.key)

    def read_ranges(self, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        """Parts of the file; a store that reads no ranges gives the whole for them."""
        if self.store.capabilities.ranges:
            return self.store.get_ranges(self.key, ranges)
        data, info = self.read(), self.info()
        return [data[part.start : part.stop] for part in (check_range(r, info) for r in ranges)]

    def open(self, *, read_ahead: int = READ_AHEAD) -> io.BufferedReader:
        """The file, open for reading: it can be sought in, and what is not read is not fetched."""
        return open_range_file(self.store, self.key, read_ahead=read_ahead)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file in pieces, the next being fetched when it is asked for."""
        with self.open(read_ahead=CHUNK) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def files(self) -> Iterator[ObjectInfo]:
        """The files of the folder, with their keys."""
        return self.store.list(f"{self.key}/")

    def paths(self) -> list[str]:
        """The paths of the files below the folder.

        Raises
        ------
        DataError
            When one of them would lead out of it.
        """
        return [check_key(info.key[len(self.key) + 1 :]) for info in self.files()]

    def exists(self) -> bool:
        """Whether the file is there; of a folder, whether it has any."""
        if self.is_dir:
            return next(iter(self.files()), None) is not None
        try:
            self.info()
        except MissingExternalFile:
            return False
        return True

    def digest(self) -> Digest:
        """What identifies the content, which is read for it; of a folder the digest of its manifest."""
        if self.is_dir:
            manifest = self.manifest()
            return Digest(manifest.sha256, manifest.size)
        hasher = Hasher()
        for chunk in self.chunks():
            hasher.update(chunk)
        return hasher.digest()

    def manifest(self) -> Manifest:
        """The files of the folder with their hashes; all of them are read for it."""
        return manifest_of(_entry(path, self.child(path).digest()) for path in self.paths())

    @property
    def local_path(self) -> Path | None:
        """The path on this machine, when the store is a folder here."""
        return self.store.local_path(self.key) if isinstance(self.store, Located) else None

    @property
    def url(self) -> str:
        """The address, as other programs write it; the key alone where the store has none."""
        return self.store.url(self.key) if isinstance(self.store, Located) else self.key


def _entry(path: str, found: Digest) -> Entry:
    return Entry(path, found.sha256, found.size)


def damaged(handle: Handle, why: str) -> DataError:
    """The error for content that is not what was put."""
    return DataError(
        f"The object {handle.key!r} in the store {handle.store.name!r} is damaged: {why}. Look for a sound copy with: "
        "labwright store verify"
    )
