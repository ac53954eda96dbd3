"""Rows of a backup: what is written is what is read, whatever the values."""

from __future__ import annotations

import datetime
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.archive.container import framed_rows, rows_in_lines
from labwright.archive.row_codec import RowCodec
from labwright.core.heading import Attribute, Heading
from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.testing.equality import identical

TEXTS = st.text()
VALUES: dict[Type, st.SearchStrategy[Any]] = {
    **{Type(kind): st.integers(*bounds) for kind, bounds in INTEGER_BOUNDS.items()},
    Type("float64"): st.floats(),
    Type("float32"): st.floats(width=32),
    Type("bool"): st.booleans(),
    Type("varchar", (30,)): TEXTS,
    Type("text"): TEXTS,
    Type("json"): st.sampled_from(['{"a": [1, 2.5, null]}', "null", '"\u2028"', "[]", "1e400"]),
    Type("date"): st.dates(),
    Type("time", (6,)): st.times(),
    Type("datetime", (6,)): st.datetimes(),
    Type("datetime_utc", (6,)): st.datetimes(timezones=st.just(datetime.UTC)),
    Type("decimal", (40, 10)): st.decimals(allow_nan=False, allow_infinity=False, places=10),
    Type("uuid"): st.uuids(),
    Type("bytes"): st.binary(),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[Heading, list[list[Any]]]:
    types = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=5))
    count = draw(st.integers(1, 5))
    heading = Heading(Attribute(f"c{i}", t, nullable=draw(st.booleans())) for i, t in enumerate(types))
    columns = [
        draw(st.lists(st.none() | VALUES[t] if a.nullable else VALUES[t], min_size=count, max_size=count))
        for t, a in zip(types, heading.values(), strict=True)
    ]
    return heading, columns


def read(codec: RowCodec, data: bytes) -> list[Any]:
    file = io.BytesIO(data)
    parts = framed_rows(file, codec.raw) if any(codec.raw) else rows_in_lines(file)
    return [row for part in parts for row in zip(*codec.read(part), strict=True)]


@given(tables())
def test_rows_are_read_as_they_were_written(drawn: tuple[Heading, list[list[Any]]]) -> None:
    heading, columns = drawn
    codec = RowCodec(heading)
    found = read(codec, b"".join(codec.write(columns)))
    assert identical(found, list(zip(*columns, strict=True)))


def test_each_row_is_a_line_of_json() -> None:
    kinds = {"a": "int8", "b": "text", "c": "date"}
    codec = RowCodec(Heading(Attribute(name, Type(kind)) for name, kind in kinds.items()))
    written = b"".join(codec.write([[1, 2], ["x\ny", "é"], [datetime.date(1900, 1, 1)] * 2]))
    assert written.decode() == '[1,"x\\ny","1900-01-01"]\n[2,"é","1900-01-01"]\n'


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        (Type("int8"), b'["1"]\n'),
        (Type("int8"), b"[true]\n"),
        (Type("int8"), b"[1,2]\n"),
        (Type("int8"), b"[null]\n"),
        (Type("int8"), b"{}\n"),
        (Type("int8"), b"[1]"),
        (Type("int8"), b"[1]\n2\n"),
        (Type("float64"), b'["Infinity"]\n'),
        (Type("float64"), b"[1]\n"),
        (Type("date"), b'["1900-02-30"]\n'),
        (Type("uuid"), b'["x"]\n'),
        (Type("json"), b'["{"]\n'),
        (Type("bytes"), b"[-1]\n"),
        (Type("bytes"), b"[99999999999999]\n"),
        (Type("bytes"), b"[3]\nab"),
        (Type("bytes"), b'["ab"]\n'),
    ],
)
def test_what_was_not_written_so_is_refused(type_: Type, data: bytes) -> None:
    with pytest.raises((ValueError, EOFError)):
        read(RowCodec(Heading([Attribute("a", type_)])), data)
