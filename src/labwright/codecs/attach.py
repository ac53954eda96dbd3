"""``<attach>``: a file with its name. A path goes in; a path in the download folder comes out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.core.errors import CodecError

MAX_NAME: Final = 255
"""As many bytes as the name of a file may have on most file systems."""


class AttachCodec(Codec, register=False):
    r"""``<attach>`` in the table, ``<attach@store>`` in a store: name, NUL, the file's bytes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "notes.txt").write_text("calm")
    >>> stored = AttachCodec().encode(folder / "notes.txt")
    >>> stored
    b'notes.txt\x00calm'
    >>> fetched = AttachCodec().decode(stored, context=CodecContext(download_path=folder / "fetched"))
    >>> pathlib.Path(fetched).read_text()
    'calm'
    """

    name = "attach"

    def get_dtype(self, is_store: bool) -> str:
        return "<hash@>" if is_store else "bytes"

    def validate(self, value: Any) -> None:
        """Raise when `value` is not the path of a file."""
        if not isinstance(value, (str, os.PathLike)):
            raise CodecError(f"<attach> takes the path of a file, not a value of type {type(value).__name__}.")
        if Path(value).is_dir():
            raise CodecError(f"<attach> takes one file, and {os.fspath(value)!r} is a folder. Pack it: a zip file.")
        if not Path(value).is_file():
            raise CodecError(f"<attach> finds no file {os.fspath(value)!r}, looking from {os.fspath(Path.cwd())!r}.")

    def encode(self, value: Any, *, key: Key | None = None, store_name: str | None = None) -> bytes:
        """Return the file's name and bytes."""
        path = Path(value)
        return b"\0".join((check_name(path.name).encode(), path.read_bytes()))

    def decode(self, stored: Any, *, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> str:
        """Write the file into the download folder and return its path there.

        A file that has the same bytes is left alone; one of the same name and other bytes too: the new
        one is then called ``name_1.ext``.
        """
        name, content = split_attachment(stored)
        context.download_path.mkdir(parents=True, exist_ok=True)
        return os.fspath(write_beside(context.download_path, name, content))


def split_attachment(stored: Any) -> tuple[str, memoryview]:
    """Return the name and the bytes of an attachment.

    Raises
    ------
    CodecError
        When `stored` is no attachment, or its name might lead out of a folder.
    """
    if not isinstance(stored, (bytes, bytearray, memoryview)):
        raise CodecError(f"An attachment is made of bytes, not of {type(stored).__name__}.")
    head = bytes(stored[: MAX_NAME + 1])
    end = head.find(b"\0")
    if end < 0:
        raise CodecError("These bytes are not an attachment: they do not begin with a file name and NUL.")
    try:
        name = head[:end].decode()
    except UnicodeDecodeError as error:
        raise CodecError(f"The attachment's name is not UTF-8: {head[:end]!r}.") from error
    return check_name(name), memoryview(stored)[end + 1 :]


def check_name(name: str) -> str:
    """Return `name` when it is a plain file name on every system.

    Raises
    ------
    CodecError
        When it is empty or too long, or has a folder, a drive or a control character in it.
    """
    plain = name not in ("", ".", "..") and PurePosixPath(name).name == name == PureWindowsPath(name).name
    if not plain or not name.isprintable():
        raise CodecError(f"{name!r} cannot be the name of an attachment. Rename the file: letters, digits, '-_. '.")
    if len(name.encode()) > MAX_NAME:
        raise CodecError(f"{name!r} cannot be the name of an attachment: it has more than {MAX_NAME} bytes.")
    return name


def write_beside(folder: Path, name: str, content: memoryview) -> Path:
    """Write `content` to a file of its own and return its path; a file with the same content is used as it is."""
    for path in candidates(folder / name):
        if _holds(path, content) or _created(path, content):
            return path
    raise AssertionError("there is always another number")


def candidates(path: Path) -> Iterator[Path]:
    """Yield `path`, and then numbered ones beside it."""
    yield path
    for number in count(1):
        yield path.with_name(f"{path.stem}_{number}{path.suffix}")


def _holds(path: Path, content: memoryview) -> bool:
    return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content


def _created(path: Path, content: memoryview) -> bool:
    try:
        file = path.open("xb")  # never follows a link, never overwrites
    except FileExistsError:
        return False
    try:
        with file:
            file.write(content)
    except BaseException:
        path.unlink()
        raise
    return True
