"""The base of codecs that keep each value as a file or folder of its own, under a key made of the row's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final

from labwright.codecs.backend import Backend
from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.codecs.object_ref import ObjectRef
from labwright.codecs.objects import Place, Staged
from labwright.core.errors import CodecError
from labwright.storage.content import Content

_CONTEXT: Final[ContextVar[CodecContext]] = ContextVar("labwright_codec_context", default=NO_CONTEXT)


class SchemaCodec(Codec, register=False):
    """A sort of values each of which is a file, or a folder, in a store: ``<name@>`` and ``<name@store>``.

    A subclass says in `content` what the file holds, and in `describe` what the row shall know of it without reading.
    What comes back is a reference: an `ObjectRef`, or a subclass of it that reads the format. One that was fetched can
    be inserted into another row, when `validate` takes it: its file is copied.

    Attributes
    ----------
    ext : str
        How the names of the files end: ``".npy"``.
    media_type : str or None
        What the files are: ``"image/png"``.
    reference : type
        What comes back; called with what the row holds, and with what finds it in the store.

    Examples
    --------
    >>> import json, labwright as lw
    >>> class NotesCodec(lw.SchemaCodec):
    ...     name, ext = "notes", ".json"
    ...
    ...     def content(self, value):
    ...         return json.dumps(value).encode()
    ...
    ...     def describe(self, value):
    ...         return {"notes": len(value)}
    >>> lw.get_codec("<notes@>").get_dtype(is_store=True)
    'json'
    """

    ext: ClassVar[str] = ""
    media_type: ClassVar[str | None] = None
    reference: ClassVar[type[ObjectRef]] = ObjectRef

    def get_dtype(self, is_store: bool) -> str:
        """``json``; without a store there is nothing to keep the file in."""
        if not is_store:
            raise CodecError(f"<{self.name}> keeps files in a store: write <{self.name}@> or <{self.name}@store>.")
        return "json"

    def content(self, value: Any) -> Content:
        """Return what the file holds: bytes, or a list of them, a path, an open file, or a dict of files by path."""
        raise NotImplementedError(f"{type(self).__name__} does not define content(value)")

    def describe(self, value: Any) -> Mapping[str, Any]:
        """Return what the row holds beside the place: a dict of JSON."""
        return {}

    def describe_stored(self, ref: Any) -> Mapping[str, Any]:
        """Return the same for a file that is in the store already, and may have to be looked into.

        Parameters
        ----------
        ref : ObjectRef
            The `reference` to it, which knows place and size alone.
        """
        return self.describe(ref)

    def extension(self, value: Any) -> str:
        """Return how the name of this value's file ends."""
        return self.ext

    def encode(
        self, value: Any, *, key: Key | None = None, store_name: str | None = None, context: CodecContext = NO_CONTEXT
    ) -> Any:
        """Put the file and return where it is."""
        objects = context.objects
        if isinstance(value, Staged):
            return self._take(value, context)
        fetched = type(value) is self.reference
        ext = (value.ext or "") if fetched else self.extension(value)
        described, content = (value.described, value.handle) if fetched else (self.describe(value), self.content(value))
        path = objects.new_path(Place(context.schema, context.table, context.field, key or {}, ext), store=store_name)
        stored = objects.put(content, path, store=store_name, media_type=self.media_type)
        if fetched:
            value.check_copy(stored)
        return stored | dict(described)

    def _take(self, value: Staged, context: CodecContext) -> dict[str, Any]:
        stored = context.objects.take(value)
        return stored | dict(self.describe_stored(self.reference(stored, context.objects))) if stored else {}

    def decode(self, stored: Any, *, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> Any:
        """Return a reference; nothing is read."""
        return self.reference(stored, context.objects)

    # The names of these, and what they take, are those that codecs written for DataJoint call.

    def _extract_context(self, key: Key | None = None, context: Any = None) -> tuple[str, str, str, dict[str, Any]]:
        """Schema, table, field and primary key of the value."""
        known = _CONTEXT.get() if context is None else context
        primary_key = {n: v for n, v in (key or {}).items() if not n.startswith("_")}
        return known["schema"], known["table"], known["field"], primary_key

    def _build_path(
        self,
        schema: str,
        table: str,
        field: str,
        primary_key: Mapping[str, Any],
        ext: str | None = None,
        store_name: str | None = None,
        config: Any = None,
    ) -> tuple[str, str]:
        """A new key for a file, and the part of it that nobody can guess."""
        dotted = f".{ext.removeprefix('.')}" if ext else ""
        path = _CONTEXT.get().objects.new_path(Place(schema, table, field, primary_key, dotted), store=store_name)
        return path, PurePosixPath(path).name.removeprefix(f"{field}_").removesuffix(dotted)

    def _get_backend(self, store_name: str | None = None, config: Any = None) -> Backend:
        """What puts files into the store, and gets them."""
        return Backend(_CONTEXT.get().objects, store_name)


@contextmanager
def within(context: CodecContext) -> Iterator[None]:
    """Let the helpers of a `SchemaCodec` know what its `encode` or `decode` is called for."""
    token = _CONTEXT.set(context)
    try:
        yield
    finally:
        _CONTEXT.reset(token)
