"""Blobs that stay packed: for programs in other languages, which read and write the bytes themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from labwright.codecs.blob_format import U64, ZLIB_MAGIC
from labwright.codecs.blob_reader import inflate
from labwright.core.errors import CodecError


@dataclass(frozen=True, slots=True)
class Packed:
    r"""The bytes of a blob, in the place of its value: they are stored as they are, and come back so from `packed`.

    Parameters
    ----------
    data : bytes
        What `pack` gives, or MATLAB. Damaged ones are refused when they are stored.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Trace(lw.Manual):
    ...         definition = "trace : int32\n---\nsamples : <blob>"
    ...     Trace.insert1({"trace": 1, "samples": lw.Packed(lw.pack([1, 2]))})
    ...     Trace.fetch1("samples"), Trace().packed.fetch1("samples").data == lw.pack([1, 2])
    ([1, 2], True)
    """

    data: bytes

    @property
    def size(self) -> int:
        """How many bytes it has without compression, as it says itself."""
        if not self.data.startswith(ZLIB_MAGIC):
            return len(self.data)
        if len(self.data) < _HEAD:
            raise CodecError("The blob is damaged: it ends before it says how long it is.")
        return int(U64.unpack_from(self.data, len(ZLIB_MAGIC))[0])

    @property
    def plain(self) -> bytes:
        """The bytes without compression."""
        if not self.data.startswith(ZLIB_MAGIC):
            return self.data
        return inflate(memoryview(self.data)[_HEAD:], self.size)


_HEAD: Final = len(ZLIB_MAGIC) + U64.size


__all__ = ["Packed"]
