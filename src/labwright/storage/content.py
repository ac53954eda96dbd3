"""What is put into a store: bytes, a file, a folder, a stream, or what another store has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from labwright.storage.base import Bytes
from labwright.storage.digest import CHUNK, file_chunks
from labwright.storage.handle import Handle


@runtime_checkable
class Readable(Protocol):
    """A file that is open for reading bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


Content = Bytes | Path | Handle | Readable | Sequence[Bytes] | Mapping[str, Bytes]
"""Bytes in one piece or several, an open file, the path of a file or folder, something stored, or files by path."""


def files_of(content: Content) -> dict[str, Content] | None:
    """Return the files of a folder by their paths below it, or None for a file."""
    if isinstance(content, Mapping):
        return {path: content[path] for path in sorted(content)}
    if isinstance(content, Path) and content.is_dir():
        found = sorted(p for p in content.rglob("*") if p.is_file())
        return {path.relative_to(content).as_posix(): path for path in found}
    if isinstance(content, Handle) and content.is_dir:
        return {path: content.child(path) for path in content.paths()}
    return None


def in_memory(content: Content) -> bool:
    """Whether the bytes of a file are here already, and need no reading."""
    return isinstance(content, (bytes, bytearray, memoryview)) or not isinstance(content, (Path, Handle, Readable))


def size_of(content: Content) -> int:
    """Return how many bytes a file takes in memory while it is put: all that are here, or a piece of the others."""
    return sum(memoryview(c).nbytes for c in chunks_of(content)) if in_memory(content) else CHUNK


def chunks_of(content: Content) -> Iterator[Bytes]:
    """Yield the bytes of a file in pieces."""
    if isinstance(content, (bytes, bytearray, memoryview)):
        yield content
    elif isinstance(content, Path):
        yield from file_chunks(content)
    elif isinstance(content, Handle):
        yield from content.chunks()
    elif isinstance(content, Readable):
        while chunk := content.read(CHUNK):
            yield chunk
    elif isinstance(content, Mapping):
        raise TypeError("a folder is not one file")
    else:
        yield from content
