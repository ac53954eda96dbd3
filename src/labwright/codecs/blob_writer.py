"""Values -> blob bytes.

The writer collects pieces and joins them once at the end: an array is one piece, a view of its own memory.
"""

from __future__ import annotations

import datetime
import reprlib
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence, Set
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import numpy as np

from labwright.codecs.blob_format import (
    ARRAY,
    ARRAY_TYPE,
    BOOL,
    BYTES,
    CELL,
    COMPLEX,
    COMPLEX128,
    COMPRESS_ABOVE,
    DECIMAL,
    DICT,
    F64,
    FIELDS,
    FLOAT,
    INT,
    LEVEL,
    LIST,
    MATLAB_MAGIC,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_INT_BYTES,
    MOMENT,
    NATIVE_MAGIC,
    NONE,
    OBJECT_TYPE,
    SAMPLE,
    SAMPLES,
    SET,
    SPARSE,
    STRUCT,
    TEXT,
    TIME,
    TUPLE,
    TYPE_NUMBERS,
    U16,
    U32,
    U64,
    UUID,
    ZLIB_MAGIC,
)
from labwright.codecs.matlab import MatCell, MatSparse, MatStruct
from labwright.core.errors import CodecError
from labwright.core.registry import origin

Array = np.ndarray[Any, np.dtype[Any]]
Piece = bytes | bytearray | memoryview

PLAIN_ARRAYS: Final = (np.ndarray, np.recarray, np.memmap)
"""Array classes that lose nothing when they are read back as arrays."""

MAX_PATH: Final = 200


class RefusedError(CodecError):
    """A value that has no form as a blob; `steps` leads to it from the outermost value."""

    reason: str = ""
    steps: tuple[str, ...] = ()

    def within(self, step: str) -> RefusedError:
        """Return this error as seen from one container further out."""
        return refused(self.reason, (*self.steps, step))


def refused(reason: str, steps: tuple[str, ...] = ()) -> RefusedError:
    """The error for a value, or one inside it."""
    path = "value" + "".join(reversed(steps))
    path = path if len(path) <= MAX_PATH else path[:MAX_PATH] + "..."
    error = RefusedError(f"{path} cannot be stored as a blob: {reason}")
    error.reason, error.steps = reason, steps
    return error


class BlobWriter:
    """Collects the pieces of one blob. Each ``put_...`` returns how many bytes it has added."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.native = False
        self._depth = 0

    def blob(self, value: Any, *, compress: bool = True) -> bytes:
        """Return the bytes of `value`."""
        return b"".join(self.parts(value, compress=compress))

    def parts(self, value: Any, *, compress: bool = True) -> Sequence[Piece]:
        """Return the same in parts, some of which are the memory of arrays in the value."""
        size = self.put(value) + len(NATIVE_MAGIC)
        plain = _merged([NATIVE_MAGIC if self.native else MATLAB_MAGIC, *self.pieces])
        packed = deflate(plain, size) if compress and size > COMPRESS_ABOVE else None
        return plain if packed is None else packed

    def put(self, value: Any) -> int:
        """Add `value`, its code byte first."""
        if self._depth >= MAX_DEPTH:
            raise refused(f"values may be nested {MAX_DEPTH} deep, and a value may not contain itself.")
        self._depth += 1
        try:
            return _writer_for(value)(self, value)
        finally:
            self._depth -= 1

    def add(self, *pieces: Piece) -> int:
        self.pieces += pieces
        return sum(map(len, pieces))

    def add_native(self, *pieces: Piece) -> int:
        """Add what MATLAB's own form does not have."""
        self.native = True
        return self.add(*pieces)

    def put_item(self, value: Any, where: object, form: str = "[%s]") -> int:
        """Add `value` behind its length; `where` is its place in its container, and `form` how one says that."""
        place = len(self.pieces)
        self.pieces.append(b"")
        try:
            size = self.put(value)
        except RefusedError as error:
            raise error.within(form % _spell(where)) from error.__cause__
        self.pieces[place] = U64.pack(size)
        return U64.size + size

    def put_items(self, values: Iterable[Any]) -> int:
        size = 0
        for i, value in enumerate(values):  # not a generator: nesting is limited by the frames that it takes
            size += self.put_item(value, i)
        return size


def _spell(where: object) -> str:
    text = reprlib.repr(where)
    return text[1:-1].rstrip(",") if isinstance(where, tuple) and where else text


# ---- Python values ------------------------------------------------------------------------------


def _put_none(writer: BlobWriter, _: None) -> int:
    return writer.add_native(bytes([NONE]))


def _put_bool(writer: BlobWriter, value: bool) -> int:
    return writer.add_native(bytes([BOOL, value]))


def _put_int(writer: BlobWriter, value: int) -> int:
    size = int(value).bit_length() // 8 + 1
    if size > MAX_INT_BYTES:
        raise refused(f"an integer may have {MAX_INT_BYTES} bytes, this one has {size}.")
    return writer.add_native(bytes([INT]), U16.pack(size), int(value).to_bytes(size, "little", signed=True))


def _put_float(writer: BlobWriter, value: float) -> int:
    return writer.add_native(bytes([FLOAT]), F64.pack(value))


def _put_complex(writer: BlobWriter, value: complex) -> int:
    return writer.add_native(bytes([COMPLEX]), COMPLEX128.pack(value.real, value.imag))


def _put_text(writer: BlobWriter, value: str) -> int:
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise refused(f"the text has half of a surrogate pair at character {error.start}.") from error
    return writer.add_native(bytes([TEXT]), U64.pack(len(data)), data)


def _put_bytes(writer: BlobWriter, value: bytes | bytearray | memoryview) -> int:
    data = value if isinstance(value, bytes) else bytes(value)
    return writer.add_native(bytes([BYTES]), U64.pack(len(data)), data)


def _put_decimal(writer: BlobWriter, value: Decimal) -> int:
    data = str(value).encode()
    return writer.add_native(bytes([DECIMAL]), U64.pack(len(data)), data)


def _put_uuid(writer: BlobWriter, value: uuid.UUID) -> int:
    return writer.add_native(bytes([UUID]), value.bytes)


def _put_moment(writer: BlobWriter, value: datetime.date | datetime.time) -> int:
    plain = _plain_moment(value)
    day = plain if isinstance(plain, datetime.date) else None
    time = plain if isinstance(plain, (datetime.datetime, datetime.time)) else None
    return writer.add_native(bytes([TIME]), MOMENT.pack(_day_number(day), _time_number(time)))


def _plain_moment(value: Any) -> datetime.date | datetime.time:
    """Return an equal value of the standard library's own class, without time zone."""
    if getattr(value, "tzinfo", None) is not None:
        raise refused(
            f"the time zone of {value!r} would be lost. "
            f"Store value.astimezone(datetime.UTC).replace(tzinfo=None), and say in the comment that it is UTC."
        )
    plain = value if type(value) in _MOMENTS else _rebuild(value)
    if plain is None or plain != value:
        raise refused(f"{value!r} has no equal among the dates and times of the standard library.")
    return plain


def _rebuild(value: Any) -> datetime.date | datetime.time | None:
    base = next(cls for cls in _MOMENTS if isinstance(value, cls))
    try:
        plain: datetime.date | datetime.time = base(*(getattr(value, name) for name in _MOMENTS[base]))
    except (TypeError, ValueError):
        return None
    return plain


_TIME_PARTS: Final = ("hour", "minute", "second", "microsecond")
_DAY_PARTS: Final = ("year", "month", "day")
_MOMENTS: Final[Mapping[Any, tuple[str, ...]]] = {
    datetime.datetime: _DAY_PARTS + _TIME_PARTS,
    datetime.date: _DAY_PARTS,
    datetime.time: _TIME_PARTS,
}


def _day_number(day: datetime.date | None) -> int:
    return -1 if day is None else (day.year * 100 + day.month) * 100 + day.day


def _time_number(time: datetime.datetime | datetime.time | None) -> int:
    if time is None:
        return -1
    return ((time.hour * 100 + time.minute) * 100 + time.second) * 1_000_000 + time.microsecond


# ---- containers ---------------------------------------------------------------------------------


def _put_list(writer: BlobWriter, value: MutableSequence[Any]) -> int:
    return writer.add_native(bytes([LIST]), U64.pack(len(value))) + writer.put_items(value)


def _put_tuple(writer: BlobWriter, value: Sequence[Any]) -> int:
    return writer.add_native(bytes([TUPLE]), U64.pack(len(value))) + writer.put_items(value)


def _put_set(writer: BlobWriter, value: Set[Any]) -> int:
    """Add the items in the order of their bytes, so that equal sets have equal bytes."""
    size = writer.add_native(bytes([SET]), U64.pack(len(value)))
    start = len(writer.pieces)
    items = []
    for item in value:
        place = len(writer.pieces)
        size += writer.put_item(item, item, "{%s}")
        items.append(b"".join(writer.pieces[place:]))
    writer.pieces[start:] = sorted(items)
    return size


def _put_dict(writer: BlobWriter, value: Mapping[Any, Any]) -> int:
    size = writer.add_native(bytes([DICT]), U64.pack(len(value)))
    for key, item in value.items():
        size += writer.put_item(key, key, ".key(%s)") + writer.put_item(item, key)
    return size


# ---- arrays -------------------------------------------------------------------------------------


def _put_array(writer: BlobWriter, value: Array) -> int:
    if type(value) not in PLAIN_ARRAYS:
        raise refused(
            f"an array of class {origin(type(value))} would come back as a plain array. "
            f"Store what it means, e.g. numpy.asarray(value) if nothing is lost by it."
        )
    return _put_fields(writer, value) if value.dtype.names is not None else _put_plain_array(writer, value)


def _put_plain_array(writer: BlobWriter, array: Array) -> int:
    if array.dtype.kind in "OUS":
        return _put_object_array(writer, array)
    return _put_complex_array(writer, array) if array.dtype.kind == "c" else _put_number_array(writer, array)


def _put_number_array(writer: BlobWriter, array: Array) -> int:
    number = _type_number(array.dtype)
    writer.native |= array.ndim == 0 or array.dtype.kind == "M"
    return _put_array_head(writer, array, number) + writer.add(_fortran_bytes(array))


def _put_complex_array(writer: BlobWriter, array: Array) -> int:
    number = _type_number(array.real.dtype)
    writer.native |= array.ndim == 0
    head = _put_array_head(writer, array, number, is_complex=True)
    return head + writer.add(_fortran_bytes(array.real), _fortran_bytes(array.imag))


def _put_object_array(writer: BlobWriter, array: Array) -> int:
    """Text and bytes arrays are stored as arrays of objects: the format has no other place for them."""
    writer.native = True
    return _put_array_head(writer, array, OBJECT_TYPE) + _put_elements(writer, array)


def _put_array_head(writer: BlobWriter, array: Array, number: int, *, is_complex: bool = False) -> int:
    return writer.add(bytes([ARRAY]), _shape_bytes(array.shape), ARRAY_TYPE.pack(number, is_complex))


def _put_elements(writer: BlobWriter, array: Array) -> int:
    size = 0
    for item, index in zip(array.ravel(order="F"), np.ndindex(array.shape[::-1]), strict=True):
        size += writer.put_item(item, index[::-1])
    return size


def _put_fields(writer: BlobWriter, array: Array) -> int:
    names = array.dtype.names or ()
    size = writer.add_native(bytes([FIELDS]), U32.pack(len(names)), _name_bytes(names))
    columns = [np.asarray(array[name]) for name in names]
    if min((c.shape for c in columns), key=len) != array.shape:
        raise refused("every field is an array itself, so the shape could not be told from theirs.")
    for name, column in zip(names, columns, strict=True):
        try:
            size += _put_array(writer, column)
        except RefusedError as error:
            raise error.within(f"[{name!r}]") from error.__cause__
    return size


def _put_cell(writer: BlobWriter, value: MatCell) -> int:
    if value.dtype.names is not None:
        raise refused("a cell array has no fields; store a MatStruct.")
    return writer.add(bytes([CELL]), _shape_bytes(value.shape)) + _put_elements(writer, value)


def _put_struct(writer: BlobWriter, value: MatStruct) -> int:
    names = value.dtype.names or ()
    size = writer.add(bytes([STRUCT]), _shape_bytes(value.shape), U32.pack(len(names)), _name_bytes(names))
    for i, record in enumerate(value.ravel(order="F")):
        for name in names:
            size += writer.put_item(record[name], name, f"[{i}][%s]")
    return size


def _put_sparse(writer: BlobWriter, value: MatSparse) -> int:
    number, is_complex = TYPE_NUMBERS[value.data.real.dtype.newbyteorder("<")], value.data.dtype.kind == "c"
    parts = (value.data.real, value.data.imag) if is_complex else (value.data,)
    head = b"".join(U64.pack(n) for n in (*value.shape, len(value.data)))
    return writer.add(
        bytes([SPARSE]),
        head,
        ARRAY_TYPE.pack(number, is_complex),
        *(_fortran_bytes(array) for array in (value.indptr, value.indices, *parts)),
    )


def _put_scalar(writer: BlobWriter, value: np.generic) -> int:
    return _put_array(writer, np.asarray(value))


def _type_number(dtype: np.dtype[Any]) -> int:
    little = dtype.newbyteorder("<")
    number = TYPE_NUMBERS.get(little)
    if number is None:
        raise refused(f"the format has no place for dtype {dtype}. {_DTYPE_ADVICE.get(dtype.kind, '')}".rstrip())
    return number


_DTYPE_ADVICE: Final[Mapping[str, str]] = {
    "f": "Convert it: value.astype('float64').",
    "c": "Convert it: value.astype('complex128').",
    "m": "Store a number and name its unit, e.g. value / numpy.timedelta64(1, 's').",
    "M": "Give it a plain unit: value.astype('datetime64[ns]').",
    "V": "Store value.tobytes().",
}


def _fortran_bytes(array: Array) -> Piece:
    """Return the elements in Fortran order, as a view where the memory has that order already."""
    if not array.size:
        return b""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return little.ravel(order="F").view(np.uint8).data


def _shape_bytes(shape: tuple[int, ...]) -> bytes:
    return b"".join(U64.pack(n) for n in (len(shape), *shape))


def _name_bytes(names: tuple[str, ...]) -> bytes:
    if not 0 < len(names) <= MAX_FIELDS:
        raise refused(f"an array with fields has 1 to {MAX_FIELDS} of them, this one has {len(names)}.")
    bad = next((name for name in names if "\0" in name), None)
    if bad is not None:
        raise refused(f"the field name {bad!r} contains NUL.")
    return "".join(f"{name}\0" for name in names).encode()


# ---- which writer -------------------------------------------------------------------------------

Put = Callable[[BlobWriter, Any], int]

EXACT: Final[Mapping[type, Put]] = {
    type(None): _put_none,
    bool: _put_bool,
    int: _put_int,
    float: _put_float,
    complex: _put_complex,
    str: _put_text,
    bytes: _put_bytes,
    list: _put_list,
    tuple: _put_tuple,
    set: _put_set,
    dict: _put_dict,
    np.ndarray: _put_array,
}

BY_CLASS: Final[tuple[tuple[type | tuple[type, ...], Put], ...]] = (
    (MatCell, _put_cell),
    (MatStruct, _put_struct),
    (MatSparse, _put_sparse),
    (np.ndarray, _put_array),
    (str, _put_text),
    ((bytes, bytearray, memoryview), _put_bytes),
    (np.generic, _put_scalar),
    (int, _put_int),
    (float, _put_float),
    (complex, _put_complex),
    ((datetime.date, datetime.time), _put_moment),
    (Decimal, _put_decimal),
    (uuid.UUID, _put_uuid),
    (Mapping, _put_dict),
    (Set, _put_set),
    (MutableSequence, _put_list),
    (Sequence, _put_tuple),
)
"""In this order: numpy's float64 is a float, its str_ a str, and all text is a sequence."""


def _writer_for(value: Any) -> Put:
    exact = EXACT.get(type(value))
    if exact is not None:
        return exact
    for classes, put in BY_CLASS:
        if isinstance(value, classes):
            return put
    if type(value).__module__.startswith("scipy.sparse"):
        raise refused("the format knows sparse matrices of MATLAB: write lw.MatSparse.of(value).")
    raise refused(
        f"there is no form for a value of class {origin(type(value))}. "
        f"Store what it is made of (numbers, text, lists, dicts, arrays), or write a codec for it."
    )


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Join small pieces, which would take longer one by one, and leave large ones where they are."""
    runs = groupby(pieces, lambda piece: len(piece) < SAMPLE)
    return [part for small, run in runs for part in ([b"".join(run)] if small else run)]


def deflate(plain: Sequence[Piece], size: int) -> list[bytes] | None:
    """Return the compressed form, or None when it is not shorter, or hardly for so many bytes."""
    large = size > SAMPLES * SAMPLE
    if large and not _shrinks(plain, size):
        return None
    packer = zlib.compressobj(LEVEL if large else zlib.Z_DEFAULT_COMPRESSION)
    packed = [ZLIB_MAGIC, U64.pack(size), *map(packer.compress, plain), packer.flush()]
    return packed if sum(map(len, packed)) < size else None


def _shrinks(plain: Sequence[Piece], size: int) -> bool:
    """Whether pieces from all over get shorter by a tenth at least."""
    gap = (size - SAMPLE) // (SAMPLES - 1)
    taken = b"".join(part for i in range(SAMPLES) for part in cut_out(plain, i * gap, i * gap + SAMPLE))
    return len(zlib.compress(taken, LEVEL)) < len(taken) * 9 // 10


def cut_out(pieces: Sequence[Piece], start: int, stop: int) -> Iterator[Piece]:
    """The bytes from `start` up to `stop` of all that the pieces have."""
    for piece in pieces:
        if stop > 0 and start < len(piece):
            yield memoryview(piece)[max(start, 0) : stop]
        start, stop = start - len(piece), stop - len(piece)
