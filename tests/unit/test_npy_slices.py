"""An index into a stored array gives what numpy gives, whatever the array and the index are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from labwright.codecs.base import CodecContext
from labwright.codecs.npy import NpyCodec
from labwright.codecs.npy_ref import NpyRef
from labwright.core.errors import CodecError, DataError
from labwright.testing.counting_store import CountingStore
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_objects import StoreObjects

SCALARS = st.one_of(
    nps.boolean_dtypes(),
    nps.integer_dtypes(endianness="?"),
    nps.floating_dtypes(endianness="?"),
    nps.complex_number_dtypes(endianness="?"),
    nps.datetime64_dtypes(),
    nps.timedelta64_dtypes(),
    nps.byte_string_dtypes(max_len=5),
    nps.unicode_string_dtypes(max_len=5),
)
DTYPES = st.one_of(SCALARS, nps.array_dtypes(SCALARS, max_size=3))
SHAPES = nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9)


def same(one: Any, other: Any) -> bool:
    """Whether two arrays, or values out of one, are the same to the byte: NaT and signed zeros included."""
    a, b = np.asarray(one), np.asarray(other)
    return type(one) is type(other) and (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())


def put(array: np.ndarray[Any, Any]) -> tuple[NpyRef, CountingStore]:
    store = CountingStore(MemoryStore())
    context = CodecContext("lab", "scan", "value", objects=StoreObjects(store))
    ref = NpyCodec().decode(NpyCodec().encode(array, key={"id": 1}, context=context), context=context)
    store.reset()
    return ref, store


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """An array of any dtype, shape and order."""
    array = draw(nps.arrays(draw(DTYPES), draw(SHAPES)))
    return draw(st.sampled_from([array, np.asfortranarray(array), array[::-1] if array.ndim else array, array.T]))


@given(arrays())
def test_every_array_comes_back(array: np.ndarray[Any, Any]) -> None:
    ref, _ = put(array)
    assert (ref.shape, ref.dtype) == (array.shape, array.dtype)
    assert same(np.asarray(ref), array)
    assert same(ref[...], array)


@given(st.data())
def test_a_slice_is_that_of_numpy(data: st.DataObject) -> None:
    array = data.draw(arrays())
    index = data.draw(nps.basic_indices(array.shape, allow_newaxis=True))
    assert same(put(array)[0][index], array[index])


@given(st.data())
def test_a_list_of_rows_is_that_of_numpy(data: st.DataObject) -> None:
    array = np.arange(60 * 40).reshape(60, 40)
    rows = data.draw(st.lists(st.integers(-60, 59), min_size=1))
    mask = np.isin(np.arange(60), rows)
    ref, _ = put(array)
    assert same(ref[rows], array[rows])
    assert same(ref[mask], array[mask])
    assert same(ref[rows, 3], array[rows, 3])


@pytest.mark.parametrize("index", [(1, 2, 3), 10, (0, -6), (..., ...), "text", [99]])
def test_a_wrong_index_is_an_index_error(index: Any) -> None:
    array = np.zeros((10, 5))
    with pytest.raises(IndexError):
        array[index]
    with pytest.raises(IndexError):
        put(array)[0][index]


def test_a_slice_reads_no_more_than_it_needs() -> None:
    ref, store = put(np.arange(1000 * 1000, dtype="float32").reshape(1000, 1000))
    for index, most in (
        (slice(500, 510), 40_000),
        (7, 4_000),
        ((slice(100, 110), slice(0, 500)), 40_000),
        ((3, 4), 4),
        ([1, 500, 501, 998], 16_000),
    ):
        store.reset()
        ref[index]
        assert 0 < store.fetched <= most, (index, store.fetched)


def test_a_column_of_a_wide_array_is_read_value_by_value() -> None:
    ref, store = put(np.zeros((20, 1_000_000), "int8"))
    assert ref[:, 5].tolist() == [0] * 20
    assert (store.fetched, store.requests) == (20, 1)


def test_a_stored_array_is_not_to_be_had_without_a_copy() -> None:
    ref, _ = put(np.zeros(3))
    with pytest.raises(ValueError, match="copy"):
        np.asarray(ref, copy=False)
    assert np.asarray(ref, "float32").dtype == "float32"
    with pytest.raises(CodecError, match="stays as it is"):
        ref.load("r+")  # type: ignore[arg-type]  # not one of the modes


@pytest.mark.parametrize(
    "damage", [b"", b"\x93NUMPY\x01\0\xff\xff{'descr': ", b"PNG" * 50, b"\x93NUMPY\x03\0\x05\0\0\0[[[[["]
)
def test_a_damaged_file_is_an_error(damage: bytes) -> None:
    store = MemoryStore()
    store.put_create("a.npy", damage)
    ref = NpyRef({"path": "a.npy", "dtype": "float64", "shape": [10]}, StoreObjects(store))
    with pytest.raises(DataError, match=r"a\.npy"):
        ref.load()
    with pytest.raises(DataError, match=r"a\.npy"):
        ref[2:5]
