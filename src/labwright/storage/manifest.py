"""The manifest of a folder: its files with their hashes, so that a folder has a hash too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from labwright.core.errors import DataError
from labwright.storage.base import Bytes, check_key
from labwright.storage.layout import OWN

MANIFESTS: Final = f"{OWN}/manifest"
"""The folder of all manifests in a store."""
VERSION: Final = 1
MEDIA_TYPE: Final = "application/vnd.labwright.tree+json"


class Entry(NamedTuple):
    """A file in a folder: its path below it, the SHA-256 hash in hexadecimal digits, and its size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The files of a folder, in the order of their paths.

    Parameters
    ----------
    entries : tuple of Entry

    Examples
    --------
    >>> whole = manifest_of([Entry("b.txt", "00" * 32, 3), Entry("a/c.txt", "11" * 32, 4)])
    >>> whole.size, [e.path for e in whole.entries], len(whole.sha256)
    (7, ['a/c.txt', 'b.txt'], 64)
    >>> Manifest.parse(whole.text) == whole
    True
    """

    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(entry.size for entry in self.entries)

    @cached_property
    def text(self) -> bytes:
        """The manifest as bytes, always the same for the same files."""
        content = {"labwright_tree": VERSION, "files": [list(entry) for entry in self.entries]}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    @cached_property
    def sha256(self) -> str:
        """The hash of the folder: that of the manifest's bytes."""
        return hashlib.sha256(self.text).hexdigest()

    @classmethod
    def parse(cls, text: Bytes) -> Manifest:
        """Return the manifest of which `text` is the bytes.

        Raises
        ------
        DataError
            When it is none.
        """
        try:
            content = json.loads(bytes(text))
            if content["labwright_tree"] != VERSION:
                raise ValueError(f"its version is {content['labwright_tree']!r}")
            return manifest_of(Entry(str(p), str(h), int(s)) for p, h, s in content["files"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"This is no manifest of a folder: {error}.") from error


def manifest_of(entries: Iterable[Entry]) -> Manifest:
    """Return the manifest of these files.

    Raises
    ------
    DataError
        When two have the same path, or one leads out of the folder.
    """
    found = sorted(entries)
    paths = [check_key(entry.path) for entry in found]
    if len(set(paths)) < len(paths):
        raise DataError("A folder cannot have two files of the same path.")
    return Manifest(tuple(found))


def manifest_key(sha256: str) -> str:
    """Return where a store keeps the manifest with this hash."""
    return f"{MANIFESTS}/{sha256[:2]}/{sha256}.json"
