"""A stored file or folder, to be read in whole or in part."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labwright.core.errors import MissingExternalFile
from labwright.storage.base import ByteRange, ObjectInfo, Store, check_key


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
        """Parts of the file."""
        return self.store.get_ranges(self.key, ranges)

    def files(self) -> Iterator[ObjectInfo]:
        """The files of the folder, with their keys."""
        return self.store.list(f"{self.key}/")

    def exists(self) -> bool:
        """Whether the file is there; of a folder, whether it has any."""
        if self.is_dir:
            return next(iter(self.files()), None) is not None
        try:
            self.info()
        except MissingExternalFile:
            return False
        return True

    def download(self, to: Path) -> Path:
        """Write the file, or the files of the folder, to the path `to`, which appears when all is there."""
        part = to.with_name(f".{to.name}.{os.getpid()}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(self.read())
        part.replace(to)
        return to
