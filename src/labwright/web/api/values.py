"""Values as JSON has them, as Arrow has them, and as bytes."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final, Literal

import labwright as lw
from labwright.web.desk.refusals import BadRequestError, TooMuchError
from labwright.web.fields import FieldError, field_of

Blobs = Literal["described", "packed"]
"""How blobs are written: as JSON that describes them, or as their bytes in base64 behind ``@blob``."""
PACKED: Final = "@blob"
FILE: Final = "@file"


def moment(when: datetime | None) -> str | None:
    """A moment as JSON has it, in UTC where it does not say; None where there is none."""
    return None if when is None else (when if when.tzinfo else when.replace(tzinfo=UTC)).isoformat()


def is_sent_apart(attribute: lw.Attribute) -> bool:
    """Whether its values are files, which are never part of a row."""
    field = field_of(attribute)
    return field.kind == "file" and field.is_heavy


def without_files(query: Any) -> Any:
    """A query without the attributes that are files."""
    names = [n for n, a in query.heading.items() if is_sent_apart(a)]
    return query.proj(..., *(f"-{n}" for n in names)) if names else query


def dumper(heading: Mapping[str, lw.Attribute], blobs: Blobs) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What makes JSON of rows, in which blobs are packed."""
    ways = {name: _way(attribute, blobs) for name, attribute in heading.items()}
    return lambda row: {name: ways[name](value) for name, value in row.items()}


def _way(attribute: lw.Attribute, blobs: Blobs) -> Callable[[Any], Any]:
    field = field_of(attribute)
    if field.kind != "blob":
        return field.to_json
    if blobs == "packed":
        return lambda value: None if value is None else {PACKED: base64.b64encode(value.plain).decode()}
    return lambda value: field.to_json(lw.unpack(value.data) if isinstance(value, lw.Packed) else value)


def unpacked_size(row: Mapping[str, Any]) -> int:
    """How many bytes the blobs of a row say that they hold."""
    return sum(value.size for value in row.values() if isinstance(value, lw.Packed))


class Loader:
    """Makes values of JSON; files that came with it are there until it is closed."""

    def __init__(self, heading: Mapping[str, lw.Attribute], folder: Path) -> None:
        self._fields = {name: field_of(attribute) for name, attribute in heading.items()}
        self._folder = folder
        self._count = 0

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a row; names that are none stay, for others to refuse.

        Raises
        ------
        BadRequestError
            When a value is none of its attribute; it names that.
        """
        return {name: self._value(name, value) for name, value in row.items()}

    def _value(self, name: str, value: Any) -> Any:
        field = self._fields.get(name)
        try:
            if field is None:
                return value
            if field.kind == "blob" and isinstance(value, dict) and set(value) == {PACKED}:
                return packed(_bytes(value[PACKED]))
            if field.kind in ("file", "reference") and isinstance(value, dict) and set(value) == {FILE}:
                return field.take(self._file(value[FILE]))
            return field.from_json(value)
        except FieldError as error:
            raise BadRequestError(f"{name}: {error}") from error

    def _file(self, given: Any) -> Path:
        if not isinstance(given, dict) or set(given) != {"name", "data"}:
            raise FieldError("A file is given by its name, and its data in base64.")
        self._count += 1
        return put_file(self._folder / str(self._count), given["name"], BytesIO(_bytes(given["data"])))


@contextmanager
def loading(heading: Mapping[str, lw.Attribute]) -> Iterator[Loader]:
    """Load rows in the block."""
    with TemporaryDirectory(prefix="labwright-") as folder:
        yield Loader(heading, Path(folder))


def put_file(folder: Path, name: Any, content: IO[bytes]) -> Path:
    """Write a file that was sent, under its own name.

    Raises
    ------
    FieldError
        When the name is more than a name.
    """
    plain = isinstance(name, str) and name.isprintable() and 0 < len(name.encode()) <= 255
    if not plain or name in (".", "..") or set(name) & set('/\\:*?"<>|'):
        raise FieldError(f"{name!r} cannot be the name of a file: give letters, digits, '-_. '.")
    folder.mkdir()
    path: Path = folder / name
    with path.open("xb") as made:
        shutil.copyfileobj(content, made)
    return path


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, AttributeError):
        raise FieldError("Give bytes as text in base64: this is not.") from None


def packed(data: bytes) -> lw.Packed:
    """A blob that was sent, which is stored as it is.

    Raises
    ------
    FieldError
        When it is damaged.
    TooMuchError
        When it would grow too large.
    """
    try:
        lw.unpack(data)
    except lw.errors.TooLargeError as error:
        raise TooMuchError(str(error)) from error
    except lw.LabwrightError as error:
        raise FieldError(f"This is no blob: {error}") from error
    return lw.Packed(data)


def from_arrow(attribute: lw.Attribute, value: Any) -> Any:
    """The value that a cell of an Arrow table stands for, where that is not plain to see."""
    field = field_of(attribute)
    if value is None:
        return field.from_json(None)
    if field.kind == "blob" and isinstance(value, bytes):
        return packed(value)
    if field.kind == "json" and isinstance(value, str):
        return field.from_json(json.loads(value))
    raise BadRequestError(f"{attribute.name}: such values are not taken from Arrow. Send them as JSON.")
