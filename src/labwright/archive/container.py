"""The file of a backup: a zip with a table of contents and a file of rows for each table.

Nothing in it is believed before it is checked, and nothing is ever unpacked to a disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from labwright.archive.manifest import Manifest, Rows, read_manifest, write_manifest
from labwright.archive.row_codec import Column, RowCodec
from labwright.core.errors import AccessError, ArchiveError, DataError
from labwright.storage.base import Bytes
from labwright.storage.digest import Digest, Hasher

MANIFEST: Final = "manifest.json"
MOST_MANIFEST: Final = 256 << 20
MOST_VALUE: Final = 2 << 30
"""Bytes of one row or one value; no database holds more in a value."""
CHUNK: Final = 1 << 20
BATCH_ROWS: Final = 10_000
BATCH_BYTES: Final = 16 << 20
_LEVEL: Final = 1
"""Of compression: the next ones take far longer for little."""
_OBJECT: Final = re.compile(r"objects/[0-9a-f]{2}/([0-9a-f]{64})")
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError, OSError,
    ArithmeticError, MemoryError,
)  # fmt: skip


def object_file(sha256: str) -> str:
    """The file of the archive that has the content with this hash.

    Examples
    --------
    >>> object_file("ab" * 32)[:15]
    'objects/ab/abab'
    """
    return f"objects/{sha256[:2]}/{sha256}"


class ArchiveWriter:
    """Writes an archive beside its place, and puts it there when it is complete.

    Parameters
    ----------
    path : str or Path
        Where nothing may be yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._part = self.path.with_name(f"{self.path.name}.part")

    def __enter__(self) -> ArchiveWriter:
        if self.path.exists():
            raise AccessError(f"{str(self.path)!r} is there already, and backups do not overwrite. Give another name.")
        try:
            self._file = self._part.open("wb")
        except OSError as error:
            raise AccessError(f"The backup {str(self._part)!r} cannot be written: {error.strerror}.") from error
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._zip.close()
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._part.replace(self.path)
        finally:
            self._file.close()
            self._part.unlink(missing_ok=True)

    def add_rows(self, name: str, codec: RowCodec, batches: Iterable[list[Column]]) -> Rows:
        """Write a file of rows; return what it is."""
        digest, size, count = hashlib.sha256(), 0, 0
        with self._zip.open(name, "w", force_zip64=True) as file:
            for columns in batches:
                count += len(columns[0])
                for data in codec.write(columns):
                    digest.update(data)
                    size += len(data)
                    for start in range(0, len(data), CHUNK):
                        file.write(memoryview(data)[start : start + CHUNK])
        return Rows(name, tuple(a.name for a in codec.attributes), count, size, digest.hexdigest())

    def add_object(self, sha256: str, chunks: Iterable[Bytes]) -> Digest:
        """Write content under its hash, as it is: what can be compressed mostly is.

        Raises
        ------
        DataError
            When it has another hash.
        """
        hasher = Hasher()
        with self._zip.open(zipfile.ZipInfo(object_file(sha256)), "w", force_zip64=True) as file:
            for chunk in hasher.passing(chunks):
                file.write(chunk)
        found = hasher.digest()
        if found.sha256 != sha256:
            raise DataError(f"it has the SHA-256 hash {found.sha256}, and had {sha256} when it was stored")
        return found

    def add_manifest(self, manifest: Manifest) -> None:
        """Write the table of contents, which comes last."""
        self._zip.writestr(MANIFEST, write_manifest(manifest))


class ArchiveReader:
    """Reads an archive.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    ArchiveError
        When it is no backup, or its table of contents is damaged.
    VersionError
        When a newer Labwright has made it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.contents: frozenset[str] = frozenset()
        """The hashes of the objects in it."""
        try:
            self._file = self.path.open("rb")
        except FileNotFoundError as error:
            raise ArchiveError(f"There is no backup {str(self.path)!r}.") from error
        except OSError as error:
            raise AccessError(f"The backup {str(self.path)!r} cannot be read: {error.strerror}.") from error
        try:
            self._zip = self._open()
            self.manifest = self._read_manifest()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._file)
        except _DAMAGE as error:
            raise self.damaged("it is no zip file, or cut off", error) from error

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def damaged(self, what: str, error: BaseException | None = None) -> ArchiveError:
        """The error for something in it that is not as it should be."""
        said = f" ({error})" if error is not None and str(error) else ""
        return ArchiveError(f"The backup {str(self.path)!r} cannot be used: {what}{said}.")

    def _read_manifest(self) -> Manifest:
        with self._reading(MANIFEST):
            info = self._zip.getinfo(MANIFEST)
            if info.file_size > MOST_MANIFEST:
                raise self.damaged("its table of contents is too long")
            with self._zip.open(info) as file:
                text = file.read(MOST_MANIFEST)
        manifest = read_manifest(text)
        found = self._zip.namelist()
        inside = [name for name in found if _OBJECT.fullmatch(name)]
        expected = [MANIFEST, *(r.file for r in manifest.files), *dict.fromkeys(inside)]
        stray = inside and (manifest.objects is None or not manifest.objects.inside)
        if stray or sorted(expected) != sorted(found):
            raise self.damaged("its files are not those that its table of contents names")
        self.contents = frozenset(name.rpartition("/")[2] for name in inside)
        return manifest

    def content(self, sha256: str) -> Iterator[bytes]:
        """Yield the content with this hash in pieces, and compare it at the end.

        Raises
        ------
        ArchiveError
            When it is not there, or damaged.
        """
        name, digest = object_file(sha256), hashlib.sha256()
        with self._reading(name), self._zip.open(name) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != sha256:
            raise self.damaged(f"its file {name!r} is not what was written")

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise self.damaged(f"its file {name!r} is missing or damaged", error) from error

    def check(self, rows: Rows) -> None:
        """Compare a file with its hash.

        Raises
        ------
        ArchiveError
            When it is not what was written.
        """
        digest, size = hashlib.sha256(), 0
        with self._reading(rows.file), self._opened(rows) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > rows.size:
                    break
        if size != rows.size or digest.hexdigest() != rows.sha256:
            raise self.damaged(f"its file {rows.file!r} is not what was written")

    def _opened(self, rows: Rows) -> Any:
        info = self._zip.getinfo(rows.file)
        if info.file_size != rows.size:
            raise self.damaged(f"its file {rows.file!r} has not the size that it should have")
        return self._zip.open(info)

    def batches(self, rows: Rows, codec: RowCodec) -> Iterator[list[Column]]:
        """Yield the rows of a file in batches, by column.

        Raises
        ------
        ArchiveError
            When they are not those that the table of contents tells of.
        """
        if rows.columns != tuple(a.name for a in codec.attributes):
            raise self.damaged(f"its file {rows.file!r} has not the columns of its table")
        found = 0
        with self._reading(rows.file), self._opened(rows) as file:
            parts = framed_rows(file, codec.raw) if any(codec.raw) else rows_in_lines(file)
            for part in parts:
                columns = codec.read(part)
                found += len(part)
                yield columns
        if found != rows.count:
            raise self.damaged(f"its file {rows.file!r} has {found} rows, and not {rows.count}")


def rows_in_lines(file: Any) -> Iterator[list[Any]]:
    """Rows without bytes: as many whole lines as a chunk has are one JSON array but for its ends."""
    pieces: list[bytes] = []
    length = 0
    while chunk := file.read(CHUNK):
        end = chunk.rfind(b"\n")
        if end < 0:
            pieces.append(chunk)
            length += len(chunk)
            if length > MOST_VALUE:
                raise ValueError("a row is longer than any may be")
            continue
        yield json.loads(b"[%b]" % b"".join([*pieces, chunk[:end]]).replace(b"\n", b","))
        pieces, length = [chunk[end + 1 :]], len(chunk) - end - 1
    if length:
        raise ValueError("the last row is cut off")


def framed_rows(file: Any, raw: list[bool]) -> Iterator[list[Any]]:
    """Rows with bytes behind each line."""
    places = [i for i, is_raw in enumerate(raw) if is_raw]
    source = io.BufferedReader(file, CHUNK)
    rows: list[Any] = []
    held = 0
    while line := source.readline(MOST_VALUE):
        row = json.loads(line)
        if type(row) is not list or len(row) != len(raw):
            raise ValueError("a row has not as many values as the table has columns")
        for place in places:
            row[place] = _bytes(source, row[place])
            held += len(row[place] or b"")
        rows.append(row)
        held += len(line)
        if len(rows) == BATCH_ROWS or held > BATCH_BYTES:
            yield rows
            rows, held = [], 0
    if rows:
        yield rows


def _bytes(source: io.BufferedReader, length: Any) -> bytes | None:
    if length is None:
        return None
    if type(length) is not int or not 0 <= length <= MOST_VALUE:
        raise ValueError(f"bytes have no length {length!r:.40}")
    data = b"".join(_pieces(source, length))
    if len(data) < length:
        raise EOFError("bytes are cut off")
    return data


def _pieces(source: io.BufferedReader, length: int) -> Iterator[bytes]:
    """So that no room is taken for bytes that are not there."""
    while length > 0 and (piece := source.read(min(length, CHUNK))):
        length -= len(piece)
        yield piece
