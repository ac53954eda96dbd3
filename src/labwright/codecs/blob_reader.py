"""Blob bytes -> values.

Bytes may come from anybody. Every length is compared with what is left before anything of that size is made,
nesting is limited, and all that is wrong with the bytes is a `CodecError`.
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np

from labwright.codecs.blob_format import (
    ARRAY,
    ARRAY_TYPE,
    BOOL,
    BYTES,
    CELL,
    CHAR_TYPE,
    COMPLEX,
    COMPLEX128,
    DECIMAL,
    DICT,
    F64,
    FIELDS,
    FLOAT,
    FUNCTION_TYPE,
    INT,
    LIST,
    MATLAB_MAGIC,
    MAX_DEFLATE_RATIO,
    MAX_DEPTH,
    MAX_FIELDS,
    MOMENT,
    NATIVE_MAGIC,
    NONE,
    NUMBER_TYPES,
    OBJECT_TYPE,
    SET,
    SPARSE,
    STRUCT,
    TEXT,
    TIME,
    TUPLE,
    U16,
    U32,
    U64,
    UUID,
    ZLIB_MAGIC,
)
from labwright.codecs.matlab import MatCell, MatSparse, MatStruct
from labwright.core.errors import CodecError, TooLargeError
from labwright.core.limits import current

Array = np.ndarray[Any, np.dtype[Any]]

MAX_SAME_HASH: Final = 1000
"""How many keys of one dict or set may share a hash; honest ones hardly ever do."""

MAX_DIMENSIONS: Final = 32
"""As many as every version of numpy has."""


class BlobReader:
    """Reads one value after the other from bytes.

    Parameters
    ----------
    data : bytes-like
        The whole blob.
    squeeze : bool
        Remove dimensions of length 1; arrays of one element become scalars.
    dims32 : bool
        Dimensions and lengths are 32-bit numbers.
    """

    def __init__(self, data: bytes | memoryview, *, squeeze: bool = False, dims32: bool = False) -> None:
        self.data = memoryview(data).cast("B")
        self.squeeze = squeeze
        self.position = 0
        self._long = U32 if dims32 else U64
        self._depth = 0

    @property
    def left(self) -> int:
        """How many bytes have not been read."""
        return len(self.data) - self.position

    def blob(self) -> Any:
        """Return the value of a whole blob."""
        if bytes(self.data[: len(ZLIB_MAGIC)]) == ZLIB_MAGIC:
            self.position = len(ZLIB_MAGIC)
            self.data = memoryview(inflate(self.data[self.position + self._long.size :], self.length()))
            self.position = 0
        magic = bytes(self.data[: len(NATIVE_MAGIC)])
        if magic not in (MATLAB_MAGIC, NATIVE_MAGIC):
            raise CodecError(
                f"These bytes are not a blob: they begin with {magic!r}, not with b'mYm\\0' or b'dj0\\0'. If the "
                "column holds bytes as they are, let its comment in the database begin with ':bytes:'."
            )
        self.position = len(magic)
        value = self.value()
        if self.left:
            raise self.damaged(f"{self.left} bytes follow the value")
        return value

    def value(self) -> Any:
        """Read one value, its code byte first."""
        code = self.take(1)[0]
        read = READERS.get(code)
        if read is None:
            raise self.damaged(f"there is no sort of value with code {code:#04x}")
        if self._depth >= MAX_DEPTH:
            raise self.damaged(f"values are nested more than {MAX_DEPTH} deep")
        self._depth += 1
        result = read(self)
        self._depth -= 1
        return result

    def take(self, size: int) -> memoryview:
        """Return the next `size` bytes."""
        if size > self.left:
            raise self.damaged(f"{size} bytes should follow and only {self.left} are left")
        start = self.position
        self.position += size
        return self.data[start : self.position]

    def length(self) -> int:
        """Read a dimension or a length."""
        number: int = self._long.unpack(self.take(self._long.size))[0]
        return number

    def u32(self) -> int:
        number: int = U32.unpack(self.take(U32.size))[0]
        return number

    def sized(self) -> memoryview:
        """Read a length and that many bytes."""
        return self.take(self.length())

    def text(self) -> str:
        """Read a length and that much UTF-8."""
        return str(self.sized(), "utf-8")

    def item(self) -> Any:
        """Read a value behind its length."""
        size = self.length()
        end = self.position + size
        if size > self.left:
            raise self.damaged(f"a value of {size} bytes should follow and only {self.left} are left")
        value = self.value()
        if self.position != end:
            raise self.damaged(f"a value has {size + self.position - end} bytes and not {size} as it says")
        return value

    def items(self, count: int) -> list[Any]:
        """Read `count` values behind their lengths."""
        if count * (self._long.size + 1) > self.left:
            raise self.damaged(f"{count} values should follow and only {self.left} bytes are left")
        values = []
        for _ in range(count):  # not a comprehension: nesting is limited by the frames that it takes
            values.append(self.item())  # noqa: PERF401
        return values

    def shape(self) -> tuple[int, ...]:
        """Read the number of dimensions, and them."""
        ndim = self.length()
        if ndim > MAX_DIMENSIONS:
            raise self.damaged(f"an array has {ndim} dimensions, more than {MAX_DIMENSIONS}")
        return tuple(self.length() for _ in range(ndim))

    def names(self, count: int) -> list[str]:
        """Read field names, each ended by NUL."""
        if count > MAX_FIELDS:
            raise self.damaged(f"an array has {count} fields, more than {MAX_FIELDS}")
        return [self.name() for _ in range(count)]

    def name(self) -> str:
        end = _NUL.search(self.data, self.position)
        if end is None:
            raise self.damaged("a field name has no end")
        return str(self.take(end.end() - self.position)[:-1], "utf-8")

    def damaged(self, what: str) -> CodecError:
        """Return the error about something wrong at the present position."""
        return CodecError(f"The blob is damaged: at byte {self.position} {what}.")


_NUL: Final = re.compile(b"\0")


def inflate(data: memoryview, size: int) -> bytes:
    """Return the `size` bytes that `data` is the compressed form of."""
    if size > MAX_DEFLATE_RATIO * len(data):
        raise CodecError(f"The blob is damaged: {len(data)} compressed bytes cannot hold {size}.")
    most = current.get().unpacked
    if most is not None and size > most:
        raise TooLargeError(f"The blob holds {size} bytes, and no more than {most} are unpacked here.")
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise CodecError(f"The blob is damaged: {error}.") from error
    if len(plain) != size or not stream.eof or stream.unused_data:
        raise CodecError(f"The blob is damaged: its compressed part does not hold the {size} bytes that it should.")
    return plain


# ---- Python values ------------------------------------------------------------------------------


def _read_none(_: BlobReader) -> None:
    return None


def _read_bool(reader: BlobReader) -> bool:
    return reader.take(1)[0] != 0


def _read_int(reader: BlobReader) -> int:
    size = U16.unpack(reader.take(U16.size))[0]
    return int.from_bytes(reader.take(size), "little", signed=True)


def _read_float(reader: BlobReader) -> float:
    number: float = F64.unpack(reader.take(F64.size))[0]
    return number


def _read_complex(reader: BlobReader) -> complex:
    return complex(*COMPLEX128.unpack(reader.take(COMPLEX128.size)))


def _read_text(reader: BlobReader) -> str:
    return reader.text()


def _read_bytes(reader: BlobReader) -> bytes:
    return bytes(reader.sized())


def _read_decimal(reader: BlobReader) -> Decimal:
    try:
        return Decimal(reader.text())
    except decimal.InvalidOperation as error:
        raise reader.damaged("a decimal number should stand and does not") from error


def _read_uuid(reader: BlobReader) -> uuid.UUID:
    return uuid.UUID(bytes=bytes(reader.take(16)))


def _read_moment(reader: BlobReader) -> datetime.date | datetime.time:
    day_number, time_number = MOMENT.unpack(reader.take(MOMENT.size))
    day = _read_day(day_number) if day_number >= 0 else None
    time = _read_time(time_number) if time_number >= 0 else None
    if day is not None and time is not None:
        return datetime.datetime.combine(day, time)
    moment = day or time
    if moment is None:
        raise reader.damaged("a date or a time should stand and neither does")
    return moment


def _read_day(number: int) -> datetime.date:
    return datetime.date(number // 10000, number // 100 % 100, number % 100)


def _read_time(number: int) -> datetime.time:
    hhmmss, microsecond = divmod(number, 1_000_000)
    return datetime.time(hhmmss // 10000, hhmmss // 100 % 100, hhmmss % 100, microsecond)


# ---- containers ---------------------------------------------------------------------------------


def _read_list(reader: BlobReader) -> list[Any]:
    return reader.items(reader.length())


def _read_tuple(reader: BlobReader) -> tuple[Any, ...]:
    return tuple(reader.items(reader.length()))


def _read_set(reader: BlobReader) -> set[Any]:
    return set(_keys(reader, reader.items(reader.length())))


def _read_dict(reader: BlobReader) -> dict[Any, Any]:
    flat = reader.items(2 * reader.length())
    return dict(zip(_keys(reader, flat[::2]), flat[1::2], strict=True))


def _keys(reader: BlobReader, items: list[Any]) -> list[Any]:
    """Return items for use as keys; too many of one hash would take a time that grows with their square."""
    keys = [_hashable(item) for item in items]
    if len(keys) > MAX_SAME_HASH and max(Counter(map(hash, keys)).values()) > MAX_SAME_HASH:
        raise reader.damaged(f"a dict or set has more than {MAX_SAME_HASH} keys made to collide")
    return keys


def _hashable(value: Any) -> Any:
    """Return `value` as it was when it was a key, or in a set: a set was a frozen one."""
    if isinstance(value, set):
        return frozenset(value)
    return tuple(map(_hashable, value)) if isinstance(value, tuple) else value


# ---- arrays -------------------------------------------------------------------------------------


def _read_array(reader: BlobReader) -> Any:
    return _squeezed(reader, _read_plain_array(reader), to_scalar=True)


def _read_plain_array(reader: BlobReader) -> Any:
    shape = reader.shape()
    number, is_complex = ARRAY_TYPE.unpack(reader.take(ARRAY_TYPE.size))
    if number == CHAR_TYPE:
        return _read_chars(reader, shape)
    if number == OBJECT_TYPE:
        return _in_shape(_objects(reader.items(math.prod(shape))), shape)
    if number == FUNCTION_TYPE:
        raise CodecError("The blob holds a MATLAB function, which Python has no value for.")
    if number not in NUMBER_TYPES:
        raise reader.damaged(f"an array has the unknown type number {number}")
    array = _read_numbers(reader, NUMBER_TYPES[number], shape, is_complex=bool(is_complex))
    return array if shape else array[()]


def _read_numbers(reader: BlobReader, dtype: np.dtype[Any], shape: tuple[int, ...], *, is_complex: bool) -> Array:
    if not is_complex:
        return _read_part(reader, dtype, shape)
    if dtype.kind not in "fiu":
        raise reader.damaged(f"an array is of complex {dtype}")
    real, imaginary = (_read_part(reader, dtype, shape) for _ in range(2))
    array = np.empty(shape, np.complex64 if dtype == np.float32 else np.complex128, order="F")
    array.real, array.imag = real, imaginary
    return array


def _read_part(reader: BlobReader, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Read one array's bytes into memory of its own, aligned and writable."""
    data = reader.take(math.prod(shape) * dtype.itemsize)
    if dtype == np.bool_:
        # a byte that is neither 0 nor 1 must not become an element of a bool array
        return _in_shape(np.frombuffer(data, np.uint8) != 0, shape)
    return _in_shape(np.frombuffer(data, dtype).astype(dtype.newbyteorder("="), copy=True), shape)


def _read_chars(reader: BlobReader, shape: tuple[int, ...]) -> Array:
    """Read two bytes per character; one row of them is one text."""
    codes = np.frombuffer(reader.take(2 * math.prod(shape)), "<u2")
    if len(shape) == 1 or (len(shape) == 2 and shape[0] == 1):
        return np.array([codes.tobytes().decode("utf-16-le", "surrogatepass")])
    return _in_shape(codes.astype("<u4").view("<U1"), shape)


def _read_fields(reader: BlobReader) -> Any:
    count = reader.u32()
    if not count:
        return np.array(None)
    names = _unique_names(reader, count)
    columns = [_read_field(reader) for _ in names]
    shape = min((c.shape for c in columns), key=len)
    if any(c.shape[: len(shape)] != shape for c in columns):
        raise reader.damaged("the fields of an array have different shapes")
    array = np.empty(shape, [(n, c.dtype, c.shape[len(shape) :]) for n, c in zip(names, columns, strict=True)])
    for name, column in zip(names, columns, strict=True):
        array[name] = column
    return _squeezed(reader, array, to_scalar=False).view(np.recarray)


def _read_field(reader: BlobReader) -> Array:
    code = reader.take(1)[0]
    if code not in (ARRAY, FIELDS):
        raise reader.damaged(f"a field is not an array but has code {code:#04x}")
    reader.position -= 1
    squeeze, reader.squeeze = reader.squeeze, False
    column = np.asarray(reader.value())
    reader.squeeze = squeeze
    return column


def _read_cell(reader: BlobReader) -> Any:
    shape = reader.shape()
    cells = _in_shape(_objects(reader.items(math.prod(shape))), shape)
    return _squeezed(reader, cells, to_scalar=False).view(MatCell)


def _read_struct(reader: BlobReader) -> Any:
    shape = reader.shape()
    count = reader.u32()
    if not count:
        return np.array(None)
    names = _unique_names(reader, count)
    size = math.prod(shape)
    flat = _objects(reader.items(size * count)).reshape(size, count)
    array = np.empty(size, [(name, object) for name in names])
    for i, name in enumerate(names):
        array[name] = flat[:, i]
    return _squeezed(reader, _in_shape(array, shape), to_scalar=False).view(MatStruct)


def _read_sparse(reader: BlobReader) -> MatSparse:
    """Read a sparse matrix; MATLAB may keep room for more elements than there are."""
    rows, columns, room = (reader.length() for _ in range(3))
    number, is_complex = ARRAY_TYPE.unpack(reader.take(ARRAY_TYPE.size))
    dtype = NUMBER_TYPES.get(number)
    if dtype not in (np.float64, np.bool_):
        raise reader.damaged(f"a sparse array has the type number {number}")
    starts, places = (
        np.frombuffer(reader.take(U64.size * count), "<u8").astype(np.int64) for count in (columns + 1, room)
    )
    data = _read_numbers(reader, dtype, (room,), is_complex=bool(is_complex))
    try:
        return MatSparse((rows, columns), starts, places[: starts[-1]], data[: starts[-1]])
    except CodecError as error:
        raise reader.damaged(f"a sparse array is none: {error}") from error


def _unique_names(reader: BlobReader, count: int) -> list[str]:
    names = reader.names(count)
    if len(set(names)) < count or "" in names:
        raise reader.damaged("the fields of an array do not have names of their own")
    return names


def _objects(items: list[Any]) -> Array:
    """Return a list as an array of _objects without looking into the _objects."""
    return np.fromiter(items, dtype=object, count=len(items))


def _in_shape(flat: Array, shape: tuple[int, ...]) -> Array:
    return flat.reshape(shape, order="F")


def _squeezed(reader: BlobReader, array: Any, *, to_scalar: bool) -> Any:
    if not reader.squeeze or not isinstance(array, np.ndarray):
        return array.item() if reader.squeeze and array.dtype.kind != "M" else array
    array = array.squeeze()
    if array.ndim or not to_scalar:
        return array
    return array[()] if array.dtype.kind == "M" else array.item()


Read = Callable[[BlobReader], Any]

READERS: Final[Mapping[int, Read]] = {
    ARRAY: _read_array,
    CELL: _read_cell,
    STRUCT: _read_struct,
    SPARSE: _read_sparse,
    FIELDS: _read_fields,
    TUPLE: _read_tuple,
    LIST: _read_list,
    SET: _read_set,
    DICT: _read_dict,
    TEXT: _read_text,
    BYTES: _read_bytes,
    INT: _read_int,
    BOOL: _read_bool,
    COMPLEX: _read_complex,
    FLOAT: _read_float,
    DECIMAL: _read_decimal,
    TIME: _read_moment,
    UUID: _read_uuid,
    NONE: _read_none,
}
