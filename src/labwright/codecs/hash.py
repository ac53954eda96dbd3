"""``<hash@store>``: bytes kept under their hash, so that the same bytes are there once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.core.errors import CodecError
from labwright.storage.digest import matches
from labwright.storage.handle import damaged


class HashCodec(Codec, register=False):
    """Bytes in a store; ``<blob@store>`` and ``<attach@store>`` end in it."""

    name = "hash"

    def get_dtype(self, is_store: bool) -> str:
        if not is_store:
            raise CodecError("<hash> keeps bytes in a store: write <hash@> or <hash@store>. In the table, write bytes.")
        return "json"

    def validate(self, value: Any) -> None:
        """Raise when `value` is not bytes."""
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise CodecError(f"<hash@> takes bytes, not a value of type {type(value).__name__}.")

    def encode(
        self, value: Any, *, key: Key | None = None, store_name: str | None = None, context: CodecContext = NO_CONTEXT
    ) -> dict[str, Any]:
        """Keep the bytes and return where."""
        return context.objects.keep(value, store=store_name, schema=context.schema)

    def decode(self, stored: Any, *, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> bytes:
        """Return the bytes.

        Raises
        ------
        DataError
            When the store holds others under this key.
        """
        handle = context.objects.handle(stored)
        data = handle.read()
        if not matches(data, str(stored["hash"])):
            raise damaged(handle, f"its hash is not {stored['hash']!r}")
        return data

    def decode_many(self, stored: Sequence[Any], context: CodecContext) -> Iterator[bytes]:
        """Yield the bytes of many, while the next ones are read and checked."""
        return context.objects.ahead(
            (int(s.get("size") or 0), partial(self.decode, s, context=context)) for s in stored
        )
