"""What a row holds that is too large to be shown: whether it is there, and its bytes."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.refusals import BadRequestError, NotThereError
from labwright.web.fields import field_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

SENT: Final = ("file", "reference", "bytes")
"""The kinds of fields whose values people take as files."""
KINDS: Final = frozenset({*SENT, "blob"})
"""The kinds of fields whose values are bytes."""


_MISSING: Final = (lw.errors.MissingExternalFile, lw.errors.DataError, lw.errors.CodecError)
_GONE: Final = "The row refers to a file that is not in its store any more."


@dataclass(frozen=True)
class Content:
    """A file to be sent.

    Parameters
    ----------
    name : str
    size : int
    file : file
        Open for reading; it can be sought in.
    close : callable
    """

    name: str
    size: int
    file: IO[bytes]
    close: Callable[[], object]


def held(sheet: Sheet, key: Mapping[str, Any]) -> set[str]:
    """Those attributes, left out of a light row, in which a row has a value."""
    heavy = [n for n in sheet.heading.secondary_attributes if field_of(sheet.heading[n]).is_heavy]
    return {n for n in heavy if not _may_be_null(sheet, n) or sheet.rows(dict(key), lw.Where(n, "is not null"))}


def _may_be_null(sheet: Sheet, name: str) -> bool:
    return sheet.heading[name].nullable


def open_content(sheet: Sheet, key: Mapping[str, Any], name: str, path: str = "") -> Content:
    """The file that an attribute of a row holds, or one of its folder; bytes, and a blob in its own format.

    Raises
    ------
    NotThereError
        When there is none, or none that the person may see.
    BadRequestError
        When it is a folder, and nothing says which of its files.
    """
    if name not in sheet.heading or field_of(sheet.heading[name]).kind not in KINDS:
        raise NotThereError(f"There are no bytes {name!r} in {sheet.title}.")
    folder = tempfile.mkdtemp(prefix="labwright-")
    try:
        found = _fetched(sheet, key, name, folder)
        return _opened(found, path, name, lambda: shutil.rmtree(folder, ignore_errors=True))
    except lw.errors.MissingExternalFile as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NotThereError(_GONE) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _fetched(sheet: Sheet, key: Mapping[str, Any], name: str, folder: str) -> Any:
    rows = sheet.rows(dict(key)).proj(name).packed.to_dicts(limit=1, download_path=folder)
    if not rows or rows[0][name] is None:
        raise NotThereError(f"There is no {name} in this row.")
    return rows[0][name]


def _opened(found: Any, path: str, name: str, forget: Callable[[], object]) -> Content:
    if isinstance(found, lw.ObjectRef):
        return _of_store(found, path, forget)
    if isinstance(found, lw.Packed):
        return _content(f"{name}.blob", io.BytesIO(_plain(found)), [forget])
    if isinstance(found, (bytes, bytearray, memoryview)):
        return _content(f"{name}.bin", io.BytesIO(found), [forget])
    return _content(Path(found).name, Path(found).open("rb"), [forget])


def _plain(blob: lw.Packed) -> bytes:
    """Without compression, as every program reads it; one that is too large for that as it is stored."""
    try:
        return blob.plain
    except lw.errors.TooLargeError:
        return blob.data


def _of_store(found: lw.ObjectRef, path: str, forget: Callable[[], object]) -> Content:
    if found.is_dir and not path:
        names = ", ".join(files_of(found, 50))
        raise BadRequestError(f"path: this is a folder; say which of its files: {names}.")
    inner = path if found.is_dir else None
    try:
        return _content(PurePosixPath(inner or found.path).name, found.open(inner), [forget])
    except _MISSING as error:
        told = f"There is no file {path!r} in this folder." if inner else _GONE
        raise NotThereError(told) from error


def _content(name: str, file: IO[bytes], closing: Iterable[Callable[[], object]]) -> Content:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return Content(name, size, file, lambda: [close() for close in (file.close, *closing)])


def files_of(folder: lw.ObjectRef, most: int = 1000) -> list[str]:
    """The paths of the files in a folder of a store."""
    found = (f"{below}/{name}" if below else name for below, _, names in folder.walk() for name in names)
    return [path for path, _ in zip(found, range(most), strict=False)]
