"""``<blob>``: numbers, text, containers and arrays as bytes that Python and MATLAB share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key
from labwright.codecs.blob_reader import BlobReader
from labwright.codecs.blob_writer import BlobWriter
from labwright.codecs.packed import Packed
from labwright.core.errors import CodecError
from labwright.storage.base import Bytes

_TOO_DEEP: Final = "The value is nested too deep for a call that is as deep itself. Call from further outside."


def pack(value: Any, *, compress: bool = True) -> bytes:
    """Return `value` as blob bytes.

    Parameters
    ----------
    value : object
        Numbers, text, bytes, None, dates and times without time zone, decimals, UUIDs, numpy arrays and
        scalars, `MatCell`, `MatStruct`; lists, tuples, sets and dicts of these.
    compress : bool
        Whether blobs of more than 1000 bytes are compressed when that makes them shorter.

    Raises
    ------
    CodecError
        When the value, or one inside it, has no form that reads back as an equal value; it says where.

    Examples
    --------
    >>> unpack(pack({"gain": 1.5, "channels": (1, 2)}))
    {'gain': 1.5, 'channels': (1, 2)}
    >>> pack({"gain": [1.5, object()]})
    Traceback (most recent call last):
    ...
    labwright.codecs.blob_writer.RefusedError: value['gain'][1] cannot be stored as a blob: ...
    """
    return b"".join(_parts(value, compress=compress))


def _parts(value: Any, *, compress: bool = True) -> Sequence[Bytes]:
    if isinstance(value, Packed):
        unpack(value.data)
        return (value.data,)
    try:
        return BlobWriter().parts(value, compress=compress)
    except RecursionError as error:
        raise CodecError(_TOO_DEEP) from error


def unpack(data: bytes | bytearray | memoryview, *, squeeze: bool = False, dims32: bool = False) -> Any:
    """Return the value of blob bytes.

    Arrays own their memory and are writable. Text arrays come back as arrays of objects, arrays with
    fields as record arrays, and 0-dimensional arrays as numpy scalars.

    Parameters
    ----------
    data : bytes-like
        What `pack`, or MATLAB, made.
    squeeze : bool
        Remove dimensions of length 1; arrays of one element become Python scalars.
    dims32 : bool
        Read what 32-bit MATLAB wrote. Nothing in the bytes tells.

    Raises
    ------
    CodecError
        When the bytes are damaged, or are no blob.

    Examples
    --------
    >>> import labwright as lw
    >>> lw.unpack(lw.pack([1, "two", None]))
    [1, 'two', None]
    """
    try:
        return BlobReader(memoryview(data), squeeze=squeeze, dims32=dims32).blob()
    except RecursionError as error:
        raise CodecError(_TOO_DEEP) from error
    except (ValueError, TypeError, OverflowError) as error:
        # what Python and numpy say about text, dates, shapes and keys that cannot be
        raise CodecError(f"The blob is damaged: {error}.") from error


class BlobCodec(Codec, register=False):
    """``<blob>`` in the table, ``<blob@store>`` in a store."""

    name = "blob"
    borrows: ClassVar[bool] = True
    """It decodes bytes that are being compared with their hash, and keeps none of them; and has `parts`."""

    def get_dtype(self, is_store: bool) -> str:
        return "<hash@>" if is_store else "bytes"

    def encode(self, value: Any, *, key: Key | None = None, store_name: str | None = None) -> bytes:
        return pack(value)

    def parts(self, value: Any) -> Sequence[Bytes]:
        """Return what `encode` does, in parts of which some are the value's own memory."""
        return _parts(value)

    def decode(self, stored: Any, *, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> Any:
        if not isinstance(stored, (bytes, bytearray, memoryview)):
            raise CodecError(f"A blob is made of bytes, not of {type(stored).__name__}.")
        if context.packed:
            return Packed(bytes(stored))
        return unpack(stored, squeeze=context.squeeze, dims32=context.dims32)
