"""``datajoint.builtin_codecs``: the codecs that are always there."""

from __future__ import annotations

from labwright import NpyRef, SchemaCodec, get_codec

AttachCodec, BlobCodec, FilepathCodec, HashCodec, NpyCodec, ObjectCodec = (
    type(get_codec(name)) for name in ("attach", "blob", "filepath", "hash", "npy", "object")
)

__all__ = [
    "AttachCodec",
    "BlobCodec",
    "FilepathCodec",
    "HashCodec",
    "NpyCodec",
    "NpyRef",
    "ObjectCodec",
    "SchemaCodec",
]
