"""``<object@store>``: any file, folder, bytes or stream, as they are."""

from __future__ import annotations

import datetime
import io
import os
import re
from pathlib import Path
from typing import Any, Final

from labwright.codecs.base import NO_CONTEXT, CodecContext, Key
from labwright.codecs.object_ref import ObjectRef, no_form
from labwright.codecs.objects import Staged
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError
from labwright.storage.content import Content, Readable, files_of

_EXT: Final = re.compile(r"\.?[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_TAKES: Final = "bytes, the path of a file or folder, an open file, or (extension, bytes or open file)"


class ObjectCodec(SchemaCodec, register=False):
    """A file or folder; an `ObjectRef` comes back."""

    name = "object"

    def validate(self, value: Any) -> None:
        """Raise when there is nothing to put."""
        if isinstance(value[-1] if isinstance(value, tuple) and value else value, io.TextIOBase):
            raise CodecError("<object@> takes a file that is open for reading bytes: open(path, 'rb').")
        if isinstance(value, tuple):
            self._validate_pair(value)
        elif isinstance(value, (str, os.PathLike)):
            self._validate_path(value)
        elif not isinstance(value, (bytes, bytearray, memoryview, Readable, ObjectRef)):
            raise no_form("object", value, _TAKES)

    def _validate_pair(self, value: tuple[Any, ...]) -> None:
        if len(value) != 2 or not isinstance(value[1], (bytes, bytearray, memoryview, Readable)):
            raise no_form("object", value, _TAKES)
        if not isinstance(value[0], str) or not _EXT.fullmatch(value[0]):
            raise CodecError(f"{value[0]!r} is no extension of a file name: write ('.tif', data).")

    @staticmethod
    def _validate_path(value: str | os.PathLike[str]) -> None:
        path = Path(value)
        if not os.fspath(value):
            raise CodecError("<object@> takes the path of a file or folder, and this text is empty.")
        if not path.exists():
            raise CodecError(f"<object@> finds no {os.fspath(path)!r}, looking from {os.fspath(Path.cwd())!r}.")
        if files_of(path) == {}:
            raise CodecError(f"The folder {os.fspath(path)!r} has no files, and a store keeps nothing else.")

    def content(self, value: Any) -> Content:
        if isinstance(value, ObjectRef):
            return value.handle
        found: Content = value[1] if isinstance(value, tuple) else value
        return Path(found) if isinstance(found, (str, os.PathLike)) else found

    def extension(self, value: Any) -> str:
        if isinstance(value, tuple):
            return f".{value[0].removeprefix('.')}"
        if isinstance(value, (ObjectRef, Staged)):
            return value.ext or ""
        is_path = isinstance(value, (str, os.PathLike))
        suffix = Path(value).suffix if is_path else ""
        return suffix if _EXT.fullmatch(suffix) else ""

    def encode(
        self, value: Any, *, key: Key | None = None, store_name: str | None = None, context: CodecContext = NO_CONTEXT
    ) -> Any:
        """Put it and return where it is."""
        stored = super().encode(value, key=key, store_name=store_name, context=context)
        rest = {"is_dir": False, "item_count": None, "ext": self.extension(value) or None}
        return rest | stored | {"timestamp": datetime.datetime.now(datetime.UTC).isoformat()}
