"""The blob format: byte-compatible with what is in use, exact, and closed to what it cannot hold."""

from __future__ import annotations

import array
import collections
import datetime
import json
import uuid
import zlib
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labwright.codecs.blob import pack, unpack
from labwright.codecs.blob_format import COMPRESS_ABOVE, MAX_DEPTH
from labwright.codecs.blob_writer import BlobWriter, cut_out
from labwright.codecs.matlab import MatCell, MatSparse, MatStruct
from labwright.core.errors import CodecError
from labwright.testing.equality import identical
from labwright.testing.strategies import blob_values

GOLDEN: Final = json.loads((Path(__file__).parent / "data" / "blob_golden.json").read_text())
NAMES: Final = {
    "np": np,
    "datetime": datetime,
    "uuid": uuid,
    "Decimal": Decimal,
    "MatCell": MatCell,
    "MatStruct": MatStruct,
}


def value_of(expression: str) -> Any:
    return eval(expression, dict(NAMES))


@pytest.mark.parametrize("case", GOLDEN["written"], ids=lambda case: case["value"])
def test_writes_the_bytes_that_others_write(case: dict[str, str]) -> None:
    assert pack(value_of(case["value"])).hex() == case["hex"]


@pytest.mark.parametrize("case", GOLDEN["written"], ids=lambda case: case["value"])
def test_reads_the_bytes_that_others_write(case: dict[str, str]) -> None:
    expected = value_of(case.get("reads_as", case["value"]))
    assert identical(unpack(bytes.fromhex(case["hex"])), expected)


@pytest.mark.parametrize("case", GOLDEN["matlab"], ids=lambda case: case["note"])
def test_reads_what_matlab_writes(case: dict[str, str]) -> None:
    assert identical(unpack(bytes.fromhex(case["hex"])), value_of(case["reads_as"]))


@settings(deadline=None)
@given(blob_values())
def test_gives_back_what_was_packed(value: Any) -> None:
    assert identical(unpack(pack(value)), value)


@settings(deadline=None)
@given(blob_values())
def test_packs_what_it_gave_back_the_same_way(value: Any) -> None:
    data = pack(value)
    assert pack(unpack(data)) == data


@settings(deadline=None)
@given(blob_values())
def test_reads_any_bytes_like_object(value: Any) -> None:
    data = pack(value, compress=False)
    assert identical(unpack(bytearray(data)), unpack(memoryview(data)))


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        (np.array(["a", "bc"]), np.array(["a", "bc"], dtype=object)),
        (np.array([[b"a", b"bc"]]), np.array([[b"a", b"bc"]], dtype=object)),
        (np.array(2.5), np.float64(2.5)),
        (np.arange(3, dtype=">f8"), np.arange(3.0)),
        (np.arange(3, dtype=">i4")[::-1], np.arange(3, dtype="i4")[::-1]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (frozenset({1}), {1}),
        (range(3), (0, 1, 2)),
        (collections.deque([1, 2]), [1, 2]),
        (array.array("d", [1.5]), [1.5]),
        (memoryview(b"ab"), b"ab"),
        (np.str_("a"), "a"),
        (np.bytes_(b"a"), b"a"),
        (pd.Timestamp(2024, 2, 29, 1), datetime.datetime(2024, 2, 29, 1)),  # noqa: DTZ001
        ({frozenset({1}), (2, frozenset({3}))}, {frozenset({1}), (2, frozenset({3}))}),
        ({np.int64(3): 1}, {np.int64(3): 1}),
        (np.array([(1,)], [("a", "i4")])[0], np.array((1,), [("a", "i4")]).view(np.recarray)),
        (np.memmap, None),
    ],
    ids=count(),
)
def test_relatives_come_back_as_the_plain_sort(given: Any, returned: Any, tmp_path: Path) -> None:
    if given is np.memmap:
        np.arange(3.0).tofile(tmp_path / "numbers")
        given, returned = np.memmap(tmp_path / "numbers"), np.arange(3.0).view(np.uint8)
    assert identical(unpack(pack(given)), returned)


def test_fields_may_be_arrays() -> None:
    table = np.zeros(2, [("wave", "f8", (3,)), ("n", "i4")])
    table["wave"][1] = [1, 2, 3]
    returned = unpack(pack(table))
    assert returned.dtype["wave"].shape == (3,)
    assert returned.wave[1].tolist() == [1, 2, 3]


def test_records_and_structs_are_read_by_name() -> None:
    records = unpack(pack(np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")])))
    struct = unpack(pack(np.array([(1, [2])], [("a", object), ("b", object)]).view(MatStruct)))
    assert (records.a.tolist(), records[0].b) == ([1], 2.5)
    assert (struct.b[0], struct[0].a) == ([2], 1)


def test_sparse_arrays_of_matlab_are_read() -> None:
    def u64(*numbers: int) -> bytes:
        return b"".join(n.to_bytes(8, "little") for n in numbers)

    head = u64(3, 2, 4) + bytes([6, 0, 0, 0, 0, 0, 0, 0])  # room for four elements, of which there are two
    values = np.array([4.0, 5.0, 0, 0]).tobytes()
    sparse = unpack(b"mYm\0P" + head + u64(0, 1, 2) + u64(2, 0, 0, 0) + values)
    assert sparse.toarray().tolist() == [[0, 5], [0, 0], [4, 0]]


@pytest.mark.parametrize("dtype", ["f8", "c16", "?"])
@given(st.data())
def test_sparse_arrays_come_back(dtype: str, data: st.DataObject) -> None:
    scipy_sparse = pytest.importorskip("scipy.sparse")
    shape = data.draw(st.tuples(st.integers(0, 5), st.integers(0, 5)))
    full = data.draw(st.lists(st.sampled_from([0, 1]), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    array = np.array(full, dtype).reshape(shape)
    packed = pack({"sparse": MatSparse.of(scipy_sparse.csc_array(array))})
    returned = unpack(packed)["sparse"]
    assert returned.data.dtype == array.dtype
    assert returned.toarray().tolist() == array.tolist() == returned.to_scipy().toarray().tolist()


def test_sparse_arrays_of_scipy_are_refused_with_advice() -> None:
    scipy_sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(CodecError, match=r"MatSparse\.of\(value\)"):
        pack(scipy_sparse.eye_array(2))
    with pytest.raises(CodecError, match="float32"):
        MatSparse.of(scipy_sparse.eye_array(2, dtype="f4"))


@pytest.mark.parametrize("compress", [True, False], ids=["compressed", "plain"])
@pytest.mark.parametrize("dtype", ["f8", "c16", "?", "M8[ns]", "i2"])
def test_arrays_are_writable_aligned_and_keep_their_memory_to_themselves(dtype: str, compress: bool) -> None:
    data = pack({"x": np.ones((50, 30), dtype), "y": np.ones(3, dtype)}, compress=compress)
    before = bytes(data)
    values = unpack(data)
    for value in values.values():
        assert value.flags.writeable
        assert value.flags.aligned
        value[...] = 0
    assert data == before


def test_sets_with_the_same_items_have_the_same_bytes() -> None:
    forward, backward = {0, 8}, {8, 0}
    assert list(forward) != list(backward)
    assert pack(forward) == pack(backward)


# ---- compression --------------------------------------------------------------------------------


def test_compresses_only_what_gets_shorter() -> None:
    noise = np.random.default_rng(0).bytes(5000)
    assert pack(noise)[:4] == b"dj0\0"
    assert pack(b"a" * 5000)[:6] == b"ZL123\0"
    assert pack(b"a" * 5000, compress=False)[:4] == b"dj0\0"


def test_compresses_above_a_thousand_bytes() -> None:
    overhead = len(pack(b""))
    assert pack(b"a" * (COMPRESS_ABOVE - overhead))[:4] == b"dj0\0"
    assert pack(b"a" * (COMPRESS_ABOVE - overhead + 1))[:6] == b"ZL123\0"


def test_takes_no_pains_for_a_twentieth() -> None:
    numbers = np.random.default_rng(0).standard_normal(100_000)
    assert len(zlib.compress(numbers.tobytes())) < 0.97 * numbers.nbytes
    assert pack(numbers)[:4] == b"mYm\0"
    assert unpack(pack(numbers)).tolist() == numbers.tolist()


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_compresses_a_large_blob_of_which_a_part_gets_shorter(empty: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 200_000), np.uint8)
    noise[empty] = 0
    packed = pack(noise.ravel())
    assert packed[:6] == b"ZL123\0"
    assert len(packed) < 0.7 * noise.size
    assert unpack(packed).tobytes() == noise.tobytes()


def test_small_blobs_may_be_compressed_too() -> None:
    plain = pack([1, 2])
    assert unpack(b"ZL123\0" + len(plain).to_bytes(8, "little") + zlib.compress(plain)) == [1, 2]


# ---- switches of the reader ---------------------------------------------------------------------


def words(*numbers: int) -> bytes:
    return b"".join(n.to_bytes(4, "little") for n in numbers)


def test_reads_32_bit_matlab() -> None:
    numbers = b"A" + words(2, 1, 3, 6, 0) + np.arange(3.0).tobytes()
    cell = b"mYm\0C" + words(2, 1, 1) + words(len(numbers)) + numbers
    assert unpack(cell, dims32=True)[0, 0].tolist() == [[0, 1, 2]]
    packed = b"ZL123\0" + words(len(cell)) + zlib.compress(cell)
    assert unpack(packed, dims32=True)[0, 0].tolist() == [[0, 1, 2]]
    with pytest.raises(CodecError, match="damaged"):
        unpack(cell)


def test_squeeze() -> None:
    row = np.arange(3.0).reshape(1, 3)
    cell = np.empty((1, 1, 2), object).view(MatCell)
    cell[0, 0, 0], cell[0, 0, 1] = np.array([[1.0]]), np.array([[np.datetime64("2024-01-01", "ns")]])
    assert identical(unpack(pack(row), squeeze=True), row[0])
    assert identical(unpack(pack(np.array([[7.0]])), squeeze=True), 7.0)
    assert identical(unpack(pack(np.float32(7)), squeeze=True), 7.0)
    squeezed = unpack(pack(cell), squeeze=True)
    assert squeezed.shape == (2,)
    assert identical(squeezed[0], 1.0)
    assert identical(squeezed[1], np.datetime64("2024-01-01", "ns"))
    text = b"mYm\0A" + b"".join(n.to_bytes(8, "little") for n in (2, 1, 2)) + words(4, 0) + "ab".encode("utf-16-le")
    assert unpack(text, squeeze=True) == "ab"
    records = np.zeros((1, 1), [("a", "f8")])
    assert unpack(pack(records), squeeze=True).shape == ()


# ---- what is refused ----------------------------------------------------------------------------


class Thing:
    def __str__(self) -> str:
        return "would be a text"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Thing(), "Thing"),
        (Thing, "type"),
        (len, "builtin_function_or_method"),
        (lambda: 1, "function"),
        (iter([1]), "list_iterator"),
        (Fraction(1, 3), "Fraction"),
        (SimpleNamespace(a=1), "SimpleNamespace"),
        (datetime.timedelta(1), "timedelta"),
        (datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), "astimezone"),
        (datetime.time(1, tzinfo=datetime.UTC), "time zone"),
        (pd.Timestamp("2024-01-01 00:00:00.000000001"), "no equal"),
        (pd.NaT, "no equal"),
        (pd.DataFrame({"a": [1]}), "DataFrame"),
        (np.ma.MaskedArray([1, 2], [False, True]), "MaskedArray"),
        (np.array([1], "m8[s]"), "unit"),
        (np.timedelta64(1, "s"), "unit"),
        (np.array([1], "f2"), "float64"),
        (np.float16(1), "float64"),
        (np.longdouble(1), "float64"),
        (np.array([1], "M8[25s]"), "plain unit"),
        (np.datetime64("NaT"), "plain unit"),
        (np.void(b"ab"), "tobytes"),
        (np.zeros(2, [("a", "f8", (2,))]), "shape"),
        (np.zeros(2, []), "1 to 65535"),
        (np.zeros(2, [("a\0b", "f8")]), "NUL"),
        ("\ud800", "surrogate"),
        (1 << (8 * 65536), "65535 bytes"),
        (Ellipsis, "ellipsis"),
    ],
    ids=count(),
)
def test_refuses_what_would_not_come_back(value: object, says: str) -> None:
    with pytest.raises(CodecError, match=says):
        pack(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Thing(), "value cannot"),
        ({"a": [1, (2, Thing())]}, r"value\['a'\]\[1\]\[1\] cannot"),
        ({(1, 2): Thing()}, r"value\[1, 2\] cannot"),
        ({1: {2, Fraction(1, 2)}}, r"value\[1\]\{Fraction\(1, 2\)\} cannot"),
        ({Fraction(1, 2): 1}, r"value\.key\(Fraction\(1, 2\)\) cannot"),
        (np.array([[1, 2], [Thing(), 3]], dtype=object), r"value\[1, 0\] cannot"),
        ([np.array(Thing(), dtype=object)], r"value\[0\]\[\(\)\] cannot"),
        (np.array([1, Thing()], dtype=object).view(MatCell), r"value\[1\] cannot"),
        (np.array([(1, Thing())], [("a", object), ("b", object)]).view(MatStruct), r"value\[0\]\['b'\] cannot"),
        (np.array([(Thing(),)], [("a", object)]), r"value\['a'\]\[0\] cannot"),
        (np.zeros(1, [("a", "f2")]), r"value\['a'\] cannot"),
    ],
    ids=count(),
)
def test_says_where_the_refused_value_is(value: object, path: str) -> None:
    with pytest.raises(CodecError, match=path):
        pack(value)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_values_may_be_nested_as_deep_as_they_can_be_read() -> None:
    assert unpack(pack(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(CodecError, match="deep"):
        pack(nested(MAX_DEPTH + 1))


def test_a_value_may_not_contain_itself() -> None:
    value: dict[str, Any] = {}
    value["self"] = value
    with pytest.raises(CodecError, match="contain itself"):
        pack(value)


@given(st.lists(st.binary(max_size=8), max_size=6), st.integers(0, 40), st.integers(0, 40))
def test_a_part_of_many_pieces_is_that_of_all(pieces: list[bytes], start: int, length: int) -> None:
    assert b"".join(cut_out(pieces, start, start + length)) == b"".join(pieces)[start : start + length]


@pytest.mark.parametrize("value", [np.arange(100_000), np.random.default_rng(3).standard_normal(100_000)])
def test_an_array_is_not_copied_to_be_kept_in_a_store(value: np.ndarray[Any, Any]) -> None:
    parts = BlobWriter().parts([1, value])
    assert b"".join(parts) == pack([1, value])
    shares = any(np.shares_memory(np.frombuffer(part, np.uint8), value) for part in parts)
    assert shares == (value.dtype == np.float64), "what is compressed is another thing"
