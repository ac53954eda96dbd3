r"""Rows <-> lines of text, exactly, whichever database they come from.

Each row is a line: a JSON array with a cell per column. What JSON has no form for is text in it: dates and times in ISO
form, decimals and UUIDs as they are written, floats that are not numbers as ``"nan"``, ``"inf"`` and ``"-inf"``, and
JSON as its own text, so that its null is told from no value. Bytes are a number in the line, and so many bytes follow
the line as they are, for each such cell in turn.
"""

from __future__ import annotations

import datetime
import decimal
import json
import math
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from json.encoder import encode_basestring
from typing import Any, Final, NamedTuple

from labwright.core.errors import DataError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.core.values import has_none, times_of_day

Column = Sequence[Any]
Cells = Sequence[str]


class CellCodec(NamedTuple):
    """How the cells of one kind are written and read."""

    write: Callable[[Column], Cells]
    """The text of values, none of which is None."""
    cell: type
    """What JSON makes of it."""
    read: Callable[[Any], Any] | None = None
    """The value; None where it is the cell itself."""


class RowCodec:
    r"""Writes and reads the rows of one table.

    Parameters
    ----------
    heading : Heading
        The columns, in their stored types.

    Examples
    --------
    >>> codec = RowCodec(Heading([Attribute("a", Type("int64")), Attribute("b", Type("bytes"), nullable=True)]))
    >>> b"".join(codec.write([[1, 2], [b"xyz", None]]))
    b'[1,3]\nxyz[2,null]\n'
    """

    def __init__(self, heading: Heading) -> None:
        self.attributes = list(heading.values())
        self.codecs = [_codec(a.type, a.name) for a in self.attributes]
        self.raw = [a.type is not None and a.type.kind == "bytes" for a in self.attributes]
        """Which columns have their bytes behind the line."""

    def write(self, columns: Sequence[Column]) -> Iterator[bytes]:
        """The bytes that stand for rows, which are given by column."""
        cells = [_cells(codec.write, column) for codec, column in zip(self.codecs, columns, strict=True)]
        if not any(self.raw):
            yield ("[" + "]\n[".join(map(",".join, zip(*cells, strict=True))) + "]\n").encode()
            return
        for line, blobs in zip(zip(*cells, strict=True), zip(*compress(columns, self.raw), strict=True), strict=True):
            yield ("[" + ",".join(line) + "]\n").encode()
            yield from filter(None, blobs)

    def read(self, rows: Iterable[Any]) -> list[Column]:
        """The values by column, of the rows as JSON gives them, with bytes in their places.

        Raises
        ------
        ValueError
            When a cell is not what its column holds.
        """
        given = list(rows)
        width = len(self.codecs)
        if any(type(row) is not list or len(row) != width for row in given):
            raise ValueError(f"a row has not the {width} values of a list")
        columns: list[Column] = list(zip(*given, strict=True)) or [()] * width
        return [_values(c, a, column) for c, a, column in zip(self.codecs, self.attributes, columns, strict=True)]


def _cells(write: Callable[[Column], Cells], column: Column) -> Cells:
    if not has_none(column):
        return write(column)
    there = iter(write([v for v in column if v is not None]))
    return ["null" if v is None else next(there) for v in column]


def _values(codec: CellCodec, attribute: Attribute, column: Column) -> Column:
    expected, found = {bytes} if codec is _BYTES else {codec.cell}, set(map(type, column))
    if type(None) in found and not attribute.nullable:
        raise ValueError(f"{attribute.name!r} has no value")
    if codec is _FLOAT and str in found:
        return [None if v is None else _float(v) for v in column]
    if not found <= expected | {type(None)}:
        wrong = next(v for v in column if type(v) not in expected and v is not None)
        raise ValueError(f"{attribute.name!r} cannot be {wrong!r:.60}")
    if codec.read is None:
        return column
    return [None if v is None else codec.read(v) for v in column]


def _codec(type_: Type | None, name: str) -> CellCodec:
    if type_ is None or type_.kind not in _CODECS:
        raise DataError(f"The type of {name!r} is not known, so its values cannot be kept.")
    return _CODECS[type_.kind]


def _write_text(column: Column) -> Cells:
    return list(map(encode_basestring, column))


def _write_floats(column: Column) -> Cells:
    if math.isfinite(sum(column)):
        return list(map(repr, column))
    return [repr(v) if math.isfinite(v) else f'"{v!r}"' for v in column]


def _float(cell: Any) -> float:
    if type(cell) is not float and cell not in ("nan", "inf", "-inf"):
        raise ValueError(f"{cell!r:.60} is no number")
    return float(cell)


def _quoted(write: Callable[[Any], str]) -> Callable[[Column], Cells]:
    return lambda column: [f'"{write(v)}"' for v in column]


def _write_times(column: Column) -> Cells:
    return [f'"{v.isoformat()}"' for v in times_of_day(column)]


def _check_json(text: str) -> str:
    json.loads(text)
    return text


_BYTES: Final = CellCodec(lambda column: [str(len(v)) for v in column], int)
_FLOAT: Final = CellCodec(_write_floats, float)
_INTEGER: Final = CellCodec(lambda column: list(map(str, column)), int)
_TEXT: Final = CellCodec(_write_text, str)
_DATETIME: Final = CellCodec(_quoted(datetime.datetime.isoformat), str, datetime.datetime.fromisoformat)
_CODECS: Final[Mapping[str, CellCodec]] = (
    dict.fromkeys((*INTEGER_BOUNDS, "year"), _INTEGER)
    | dict.fromkeys(("float32", "float64"), _FLOAT)
    | dict.fromkeys(("char", "varchar", "text", "enum"), _TEXT)
    | dict.fromkeys(("datetime", "timestamp", "datetime_utc"), _DATETIME)
    | {
        "bool": CellCodec(lambda column: ["true" if v else "false" for v in column], bool),
        "json": CellCodec(_write_text, str, _check_json),
        "date": CellCodec(_quoted(datetime.date.isoformat), str, datetime.date.fromisoformat),
        "time": CellCodec(_write_times, str, datetime.time.fromisoformat),
        "decimal": CellCodec(_quoted(lambda v: format(v, "f")), str, decimal.Decimal),
        "uuid": CellCodec(_quoted(str), str, uuid.UUID),
        "bytes": _BYTES,
    }
)
