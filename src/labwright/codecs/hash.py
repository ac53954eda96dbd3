"""``<hash@store>``: bytes kept under their hash, so that the same bytes are there once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.core.errors import CodecError
from labwright.storage.base import Bytes
from labwright.storage.checked import checked
from labwright.storage.digest import matches
from labwright.storage.handle import damaged

R = TypeVar("R")


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
        handle, wanted = context.objects.handle(stored), _hash(stored)
        data = handle.read()
        if not matches(data, wanted):
            raise damaged(handle, f"its hash is not {wanted!r}")
        return data

    def keep(self, parts: Sequence[Bytes], *, store_name: str | None, context: CodecContext) -> dict[str, Any]:
        """Keep bytes that come in parts."""
        return context.objects.keep(*parts, store=store_name, schema=context.schema)

    def lend(self, stored: Any, use: Callable[[Bytes], R], *, context: CodecContext) -> R:
        """Return what `use` makes of the bytes, which are checked meanwhile, and belong to nobody else.

        Raises
        ------
        DataError
            As for `decode`.
        """
        with checked(context.objects.handle(stored), _hash(stored)) as data:
            return use(data)

    def decode_many(
        self, stored: Sequence[Any], context: CodecContext, use: Callable[[Bytes], Any] | None = None
    ) -> Iterator[Any]:
        """Yield the bytes of many, or what `use` makes of them, while the next ones are read and checked."""
        one = partial(self.lend, use=use, context=context) if use else partial(self.decode, context=context)
        return context.objects.ahead((int(s.get("size") or 0), partial(one, s)) for s in stored)


def _hash(stored: Any) -> str:
    """SHA-256, which processors know, where a row holds it beside the hash that the object is named by."""
    return str(stored.get("sha256") or stored["hash"])
