"""``blob@store``, ``attach@store`` and ``filepath@store`` of the classic generation.

The column holds the uuid of an object, whose row in ``~external_<store>`` says where it is. What these codecs lack
is the store itself: they keep the layout of the table, and refuse values until there are stores to put them in.
"""

from __future__ import annotations

from typing import Any, Final

from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.core.errors import CodecError

PREFIX: Final = "classic_"


class _ClassicStoreCodec(Codec, register=False):
    """One of the three: they differ in what stands in the store."""

    def get_dtype(self, is_store: bool) -> str:
        return "uuid"

    def encode(self, value: Any, *, key: Key | None = None, store_name: str | None = None) -> Any:
        raise CodecError(
            f"{self._spelled(store_name)} keeps values in an object store in the layout of the classic generation, "
            "which this version of Labwright cannot write yet. Leave the attribute out where it may be null, or "
            f"declare it in the table: {'longblob' if 'blob' in str(self.name) else 'attach'}."
        )

    def decode(self, stored: Any, *, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> Any:
        raise CodecError(
            f"Attribute {context.field!r} refers to the object {stored} in a store of the classic generation, which "
            f"this version of Labwright cannot read yet. Fetch the other attributes: .proj(..., '-{context.field}')."
        )

    def _spelled(self, store: str | None) -> str:
        return f"{str(self.name).removeprefix(PREFIX)}@{store or ''}"


class ClassicBlob(_ClassicStoreCodec, register=False):
    """``blob@store``."""

    name = f"{PREFIX}blob"


class ClassicAttach(_ClassicStoreCodec, register=False):
    """``attach@store``."""

    name = f"{PREFIX}attach"


class ClassicFilepath(_ClassicStoreCodec, register=False):
    """``filepath@store``."""

    name = f"{PREFIX}filepath"
