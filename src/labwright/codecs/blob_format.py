"""The blob format: its marks, type numbers and limits, for the writer and the reader alike."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

MATLAB_MAGIC: Final = b"mYm\0"
NATIVE_MAGIC: Final = b"dj0\0"
ZLIB_MAGIC: Final = b"ZL123\0"

COMPRESS_ABOVE: Final = 1000
"""Blobs of more bytes are compressed when that makes them shorter."""
SAMPLES: Final = 4
"""From so many places of a large blob bytes are taken to see whether it gets much shorter."""
SAMPLE: Final = 16 * 1024
"""How many bytes from each; a blob is large that has more than all of these."""
LEVEL: Final = 1
"""At which zlib compresses large blobs: numbers get as short as at its own level, in a tenth of the time."""

MAX_DEPTH: Final = 100
"""How deep values may be nested."""

MAX_FIELDS: Final = 0xFFFF
MAX_INT_BYTES: Final = 0xFFFF
MAX_DEFLATE_RATIO: Final = 1032
"""No zlib stream is longer than this many times its compressed form."""

ARRAY: Final = ord("A")
CELL: Final = ord("C")
STRUCT: Final = ord("S")
SPARSE: Final = ord("P")
FIELDS: Final = ord("F")
TUPLE, LIST, SET, DICT, TEXT, BYTES = range(1, 7)
INT, BOOL, COMPLEX, FLOAT = range(0x0A, 0x0E)
DECIMAL: Final = ord("d")
TIME: Final = ord("t")
UUID: Final = ord("u")
NONE: Final = 0xFF

CHAR_TYPE: Final = 4
OBJECT_TYPE: Final = 5
FUNCTION_TYPE: Final = 16
_FIRST_NUMBER: Final = 6
_FIRST_DATETIME: Final = 65536

NUMBER_TYPES: Final[Mapping[int, np.dtype[Any]]] = MappingProxyType(
    {3: np.dtype(bool)}
    | {
        _FIRST_NUMBER + i: np.dtype(code)
        for i, code in enumerate(("<f8", "<f4", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"))
    }
    | {
        _FIRST_DATETIME + i: np.dtype(f"<M8[{unit}]")
        for i, unit in enumerate(("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"))
    }
)
"""Type number -> dtype, for what is stored as plain bytes."""

TYPE_NUMBERS: Final[Mapping[np.dtype[Any], int]] = MappingProxyType({d: n for n, d in NUMBER_TYPES.items()})

U16: Final = struct.Struct("<H")
U32: Final = struct.Struct("<I")
U64: Final = struct.Struct("<Q")
F64: Final = struct.Struct("<d")
COMPLEX128: Final = struct.Struct("<dd")
MOMENT: Final = struct.Struct("<iq")
"""Day as yyyymmdd, time as hhmmss and six digits of microseconds; -1 where there is none."""
ARRAY_TYPE: Final = struct.Struct("<II")
