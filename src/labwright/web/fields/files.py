"""Fields of values that a codec keeps: blobs, attachments, references to stores, and what is not known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

import labwright as lw
from labwright.web.fields.blobs import describe, restore
from labwright.web.fields.cleaning import trimmed
from labwright.web.fields.error import FieldError
from labwright.web.fields.excerpt import excerpt
from labwright.web.fields.field import Field
from labwright.web.fields.input import Input
from labwright.web.fields.numbers import described
from labwright.web.fields.structures import MAX_SHOWN, parse_json, size_of

_FROM_PYTHON: Final = "Such values are written from Python, not typed."
_BY_FILE: Final = "Choose a file."


class BlobField(Field):
    """Values of Python as blobs; what JSON can say, or describe, may be typed."""

    kind: ClassVar[str] = "blob"
    is_heavy: ClassVar[bool] = True

    def read(self, text: str) -> Any:
        return restore(parse_json(trimmed(text)))

    def take(self, value: Any) -> Any:
        describe(value)
        return value

    def write(self, value: Any) -> str:
        return json.dumps(describe(value), ensure_ascii=False)

    def show(self, value: Any) -> str:
        return summary(value)

    def dump(self, value: Any) -> Any:
        return describe(value)

    def load(self, value: Any) -> Any:
        return restore(value)

    def draw(self) -> Input:
        return Input("json", placeholder='{"name": "value"}')


class FileField(Field):
    """Files, which people send: a path of theirs, typed, would be one of the server."""

    kind: ClassVar[str] = "file"
    accept: ClassVar[str] = ""

    @property
    def is_heavy(self) -> bool:  # type: ignore[override]  # attachments are written to a folder when they are fetched
        """Whether fetching it reads the file."""
        return not isinstance(self, ReferenceField)

    def read(self, text: str) -> Any:
        raise FieldError(_BY_FILE)

    def take(self, value: Any) -> Any:
        if not isinstance(value, Path):
            raise FieldError(f"{_BY_FILE} This is {described(value)}.")
        return value

    def write(self, value: Any) -> str:
        return self.show(value)

    def show(self, value: Any) -> str:
        return summary(value) if isinstance(value, lw.ObjectRef) else PurePosixPath(str(value)).name

    def dump(self, value: Any) -> Any:
        return described_reference(value) if isinstance(value, lw.ObjectRef) else {"name": self.show(value)}

    def load(self, value: Any) -> Any:
        raise FieldError("Send the file itself: what describes it does not bring it.")

    def draw(self) -> Input:
        return Input("file", accept=_ACCEPT.get(_codec_of(self.attribute), ""))


_ACCEPT: Final[Mapping[str, str]] = {
    "image": "image/*",
    "tiff": ".tif,.tiff",
    "video": "video/*",
    "npy": ".npy",
    "parquet": ".parquet",
    "hdf5": ".h5,.hdf5",
}


class ReferenceField(FileField):
    """Files and folders in a store: what they are is known from the row."""

    kind: ClassVar[str] = "reference"


class OtherField(Field):
    """What only programs write: values of codecs that the app does not know, and what a query computes."""

    kind: ClassVar[str] = "other"
    is_writable: ClassVar[bool] = False

    @property
    def is_heavy(self) -> bool:  # type: ignore[override]  # a codec may read much, or not be installed
        """Whether a codec has to be asked."""
        return self.attribute.type is not None

    @property
    def may_be_empty(self) -> bool:
        """Whether a row without it can be written."""
        return self.attribute.type is None or super().may_be_empty

    def read(self, text: str) -> Any:
        raise FieldError(_FROM_PYTHON)

    def take(self, value: Any) -> Any:
        raise FieldError(_FROM_PYTHON)

    def write(self, value: Any) -> str:
        return summary(value)

    def dump(self, value: Any) -> Any:
        return describe(value)

    def draw(self) -> Input:
        return Input("none")


class LinkField(OtherField):
    """Files that programs put into a store themselves, and refer to."""

    kind: ClassVar[str] = "reference"

    @property
    def is_heavy(self) -> bool:  # type: ignore[override]  # see OtherField
        """Whether fetching it reads the file: the reference is in the row."""
        return False

    def dump(self, value: Any) -> Any:
        return described_reference(value) if isinstance(value, lw.ObjectRef) else super().dump(value)


def summary(value: Any) -> str:
    """Return `value` for reading, in one line, without reading from a store.

    Examples
    --------
    >>> summary({"gain": 1.5}), summary(b"lab" * 1000)
    ("{'gain': 1.5}", '3.0 kB')
    """
    if isinstance(value, lw.ObjectRef):
        return _reference(value.to_json())
    if isinstance(value, (bytes, bytearray, memoryview)):
        return size_of(len(value))
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(shape, tuple) and shape and dtype is not None:
        return _shape("array", shape, dtype)
    return excerpt(value if isinstance(value, str) else repr(value), MAX_SHOWN)


def _reference(stored: Mapping[str, Any]) -> str:
    name = PurePosixPath(str(stored.get("path", ""))).name
    if isinstance(stored.get("shape"), (list, tuple)):
        return _shape("array", tuple(stored["shape"]), stored.get("dtype", ""))
    size = stored.get("size")
    return f"{name}, {size_of(size)}" if isinstance(size, int) and size >= 0 else name


def _shape(word: str, shape: tuple[Any, ...], dtype: Any) -> str:
    return f"{word} {' x '.join(map(str, shape))} {dtype}".rstrip()


def described_reference(reference: lw.ObjectRef) -> dict[str, Any]:
    """Return what may be known of a file in a store: not where it is."""
    stored = reference.to_json()
    told = {name: value for name, value in stored.items() if name not in _PRIVATE}
    return {"name": PurePosixPath(str(stored.get("path", ""))).name, **told}


_PRIVATE: Final = frozenset({"path", "url", "schema", "store"})


def _codec_of(attribute: lw.Attribute) -> str:
    return (attribute.type.codec or "") if attribute.type is not None else ""
