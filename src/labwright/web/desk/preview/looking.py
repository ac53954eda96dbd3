"""A look at a value of a row, for somebody who may see it."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.preview.arrays import look
from labwright.web.desk.preview.files import PICTURE, look_into
from labwright.web.desk.preview.preview import Preview, nothing
from labwright.web.desk.preview.stored import look_at
from labwright.web.desk.preview.trees import tree
from labwright.web.desk.refusals import BadRequestError, NotThereError
from labwright.web.fields import field_of
from labwright.web.fields.structures import size_of

if TYPE_CHECKING:
    from labwright.web.desk.sheet import Sheet

KINDS: Final = frozenset({"blob", "file", "reference"})
"""The kinds of fields whose values can be looked at."""
KEPT: Final = 32 * 1024 * 1024
"""Bytes of pictures that are kept, so that they need not be made again."""


class Previews:
    """Looks that were taken, by the content that they are of. What is in a store never changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[str, Preview] = OrderedDict()
        self._size = 0

    def get(self, mark: str) -> Preview | None:
        """What is known by a mark."""
        with self._lock:
            if mark in self._found:
                self._found.move_to_end(mark)
            return self._found.get(mark)

    def put(self, mark: str, preview: Preview) -> None:
        """Keep a look as long as there is room."""
        with self._lock:
            if mark not in self._found:
                self._found[mark] = preview
                self._size += _weight(preview)
            while self._size > KEPT:
                self._size -= _weight(self._found.popitem(last=False)[1])


def _weight(preview: Preview) -> int:
    return 10_000 + len(preview.png) + len(preview.text)


@dataclass(frozen=True)
class Subject:
    """What is to be looked at.

    Parameters
    ----------
    value : object
    mark : str
        The same only for the same look at the same content.
    """

    value: Any
    mark: str
    at: Sequence[int]
    path: str


def subject(sheet: Sheet, key: Mapping[str, Any], name: str, at: str = "", path: str = "") -> Subject:
    """The value of a row that somebody wants to look at; of what is in a store nothing is read.

    Parameters
    ----------
    sheet : Sheet
    key : mapping
    name : str
    at : str
        ``3,5``: where along the axes that are not drawn.
    path : str
        Which file of a folder, which array of a group.

    Raises
    ------
    NotThereError
        When there is none, or none that the person may see.
    """
    if name not in sheet.heading or field_of(sheet.heading[name]).kind not in KINDS:
        raise NotThereError(f"There is nothing to look at in {sheet.title} by this name.")
    places = _places(at)
    with TemporaryDirectory(prefix="labwright-") as folder:
        rows = sheet.rows(dict(key)).proj(name).packed.to_dicts(limit=1, download_path=folder)
        if not rows or rows[0][name] is None:
            raise NotThereError(f"There is no {name} in this row.")
        value = rows[0][name]
        if field_of(sheet.heading[name]).kind == "file" and not isinstance(value, lw.ObjectRef):
            value = _attachment(Path(value))
    return Subject(value, _mark(value, places, path), places, path)


@dataclass(frozen=True)
class _Attachment:
    """The beginning of a file, which is all of it unless it is very large."""

    name: str
    size: int
    data: bytes


def _attachment(path: Path) -> _Attachment:
    with path.open("rb") as file:
        return _Attachment(path.name, path.stat().st_size, file.read(PICTURE))


def _places(at: str) -> tuple[int, ...]:
    try:
        return tuple(int(text) for text in at.split(",") if text)[:32]
    except ValueError:
        raise BadRequestError(f"{at!r} are no places along axes: write them as 3,5.") from None


def _mark(value: Any, at: Sequence[int], path: str) -> str:
    hasher = hashlib.sha256(repr((type(value).__name__, tuple(at), path)).encode())
    if isinstance(value, lw.ObjectRef):
        hasher.update(repr((value.store, value.path, value.hash, value.size)).encode())
    elif isinstance(value, _Attachment):
        hasher.update(f"{value.name}\0{value.size}\0".encode() + value.data)
    elif isinstance(value, lw.Packed):
        hasher.update(value.data)
    else:
        hasher.update(lw.pack(value))
    return hasher.hexdigest()[:40]


def preview(sheet: Sheet, subject: Subject) -> Preview:
    """A look at it.

    Raises
    ------
    NotThereError
        When there is no such part of it.
    TooSlowError
        When it takes too long.
    """
    workspace = sheet.desk.workspace
    known = workspace.previews.get(subject.mark)
    if known is None:
        known = workspace.studio.run(lambda: _looked(subject))
        workspace.previews.put(subject.mark, known)
    return known


def _looked(subject: Subject) -> Preview:
    value = subject.value
    try:
        if isinstance(value, lw.ObjectRef):
            return look_at(value, subject.at, subject.path)
        if isinstance(value, _Attachment):
            return _attached(value)
        return _blob(lw.unpack(value.data) if isinstance(value, lw.Packed) else value, subject.at)
    except lw.errors.TooLargeError:
        return nothing(f"It holds {size_of(value.size)}, and is too large to be shown here. Fetch it in Python.")
    except lw.errors.MissingPackageError:
        return nothing("The server does not have the package that reads this.")
    except lw.LabwrightError as error:
        return nothing(f"It cannot be read: {str(error).partition(chr(10))[0]}")


def _attached(value: _Attachment) -> Preview:
    return look_into(value.name, value.size, lambda: io.BytesIO(value.data))


def _blob(value: Any, at: Sequence[int]) -> Preview:
    is_array = getattr(value, "shape", None) and getattr(value, "dtype", None) is not None
    if is_array and value.dtype != object and not value.dtype.names:
        return look(value, at)
    return Preview("text", [("kind", type(value).__name__)], text=tree(value))
