"""Rows that lie about what is in the store: told in words, and nothing is taken in memory for what is not there."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import labwright as lw
from labwright.catalogue.reading import handle_of
from labwright.codecs.base import CodecContext
from labwright.codecs.chain import resolve_chain
from labwright.core.errors import CodecError, DataError, LabwrightError
from labwright.define.typenames import parse_type
from labwright.storage.stores import NO_STORES
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_objects import StoreObjects

ARRAY: Final = np.arange(48, dtype="uint16").reshape(6, 8)
VALUES: Final[dict[str, Any]] = {
    "npy": ARRAY,
    "zarr": ARRAY,
    "parquet": pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    "hdf5": {"x": ARRAY},
    "image": ARRAY,
    "tiff": ARRAY,
    "object": b"calm",
}
FIELDS: Final = (
    "path store size sha256 hash is_dir item_count ext timestamp mime_type url shape dtype descr offset fortran pages "
    "num_rows columns"
).split()
LIES: Final = st.one_of(
    st.sampled_from([-1, 0, 1, 10**6, 10**15, 10**30, 1.5, True, None, {}, {"a": 1}]),
    st.sampled_from(["", "x", "O", "f8", "M8[ns]", "V99999999", "i4,(2)f8", "../../etc/passwd", "a\0b", "é" * 3000]),
    st.sampled_from([[], [-1], [6, 9], [10**9, 10**9], [0, 10**20], ["6", "8"], [[6]], [6.0, 8.0]]),
    st.sampled_from([[["a", "<f8"]], [["a", "|O"]], [["a"]], [[1, 2, 3]], [["a", "<f8", [10**9, 10**9]]]]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    ),
)
READ: Final[tuple[Callable[[Any], Any], ...]] = (
    repr,
    str,
    lambda ref: ref[...],
    lambda ref: ref[1:3],
    np.asarray,
    lambda ref: ref.layout,
    lambda ref: ref.nbytes,
    lambda ref: ref.thumbnail(8),
    lambda ref: ref.load(),
    lambda ref: ref.read(),
    lambda ref: ref.verify(),
    lambda ref: ref.open().read(),
    lambda ref: ref.exists(),
    lambda ref: ref.to_pandas(),
    lambda ref: (ref.columns, ref.num_rows, ref.schema),
    lambda ref: ref.keys(),
    lambda ref: (ref.ext, ref.hash, ref.size, ref.item_count, ref.timestamp, ref.mime_type),
    lambda ref: (ref.shape, ref.dtype, ref.pages),
    lambda ref: ref.described,
    lambda ref: pickle.loads(pickle.dumps(ref.to_json())),
)


@pytest.mark.parametrize("told", [{}, {"path": 5}, {"path": "a", "store": 5}, {"path": "a", "store": ["main"]}])
def test_a_row_that_says_no_place_is_told(told: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="names no"):
        handle_of(NO_STORES, told)


class Kept:
    """A sound value of each codec in one store."""

    def __init__(self) -> None:
        self.objects = StoreObjects(MemoryStore())
        self.context = CodecContext("lab", "scan", "value", objects=self.objects)
        self.chains = {name: resolve_chain(parse_type(f"<{name}@>"), parse_type) for name in VALUES}
        self.stored = {n: c.encode(VALUES[n], {"id": 1}, self.context) for n, c in self.chains.items()}

    def ref(self, codec: str, told: Any) -> Any:
        return self.chains[codec].decode(told, {"id": 1}, self.context)


@pytest.fixture(scope="module")
def kept() -> Kept:
    return Kept()


def look(ref: Any) -> None:
    """Do all with it that is done with references; only our own errors may come of it."""
    for read in READ:
        with suppress(LabwrightError, IndexError):
            try:
                read(ref)
            except (AttributeError, TypeError, KeyError) as error:
                if not is_other_sort(error):
                    raise


def is_other_sort(error: Exception) -> bool:
    """Whether it is about what this sort of reference does not have: pages of a frame, an index of a file."""
    text = str(error)
    return "Ref'" in text and ("has no attribute" in text or "is not subscriptable" in text)


@pytest.mark.parametrize("codec", VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    lies=st.dictionaries(st.sampled_from(FIELDS), LIES, min_size=1, max_size=3),
    gone=st.sets(st.sampled_from(FIELDS), max_size=2),
)
@example(lies={"shape": [10**9, 10**9]}, gone={"size"})
@example(lies={"offset": -5}, gone=set())
def test_what_a_row_says_is_never_believed(kept: Kept, codec: str, lies: dict[str, Any], gone: set[str]) -> None:
    told = {name: value for name, value in (kept.stored[codec] | lies).items() if name not in gone}
    look(kept.ref(codec, told))


@pytest.mark.parametrize("told", [5, "text", [1], [[1, 2]], True, 1.5])
@pytest.mark.parametrize("codec", VALUES)
def test_what_is_no_reference_is_told(kept: Kept, codec: str, told: Any) -> None:
    with pytest.raises(CodecError):
        look(kept.ref(codec, told))


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ({"shape": [6, 9]}, "is told to have"),
        ({"shape": [10**9, 10**9]}, "is told to have"),
        ({"shape": [10**12, 10**12]}, "its 'shape' cannot be"),
        ({"shape": "abc"}, "its 'shape' cannot be"),
        ({"shape": [-6, -8]}, "its 'shape' cannot be"),
        ({"dtype": "uint32"}, "is told to have"),
        ({"dtype": "nonsense"}, "its 'dtype' cannot be 'nonsense'"),
        ({"dtype": 5}, "its 'dtype' cannot be 5"),
        ({"descr": [["a"]]}, "its 'descr' cannot be"),
        ({"offset": -128}, "its 'offset' cannot be -128"),
        ({"offset": 1.5}, "its 'offset' cannot be"),
        ({"size": "224"}, "its 'size' cannot be"),
    ],
)
def test_an_array_is_what_its_file_can_hold(kept: Kept, lie: dict[str, Any], says: str) -> None:
    ref = lw.NpyRef(kept.stored["npy"] | lie, kept.objects)
    with pytest.raises(CodecError, match=says):
        ref[2:4]
    told = {name: value for name, value in ref.to_json().items() if name != "size" or "size" in lie}
    with pytest.raises(CodecError, match=says):
        lw.NpyRef(told, kept.objects)[2:4]
    assert repr(ref).startswith("NpyRef(")


def test_a_tiff_is_read_as_its_file_says(kept: Kept, tmp_path: Path) -> None:
    ref = lw.TiffRef(kept.stored["tiff"] | {"dtype": "float64", "shape": [6, 8]}, kept.objects)
    assert np.array_equal(ref[2:4], ARRAY[2:4])
    assert ref[2:4].dtype == ARRAY.dtype
