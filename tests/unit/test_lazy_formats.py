"""Of a large file that is in a store, a small part costs a small part: counted in bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest

from labwright.codecs.base import CodecContext
from labwright.codecs.chain import resolve_chain
from labwright.define.typenames import parse_type
from labwright.testing.counting_store import CountingStore
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_objects import StoreObjects

ROWS: Final = 100_000
WIDE: Final = np.random.default_rng(1).integers(0, 1 << 60, (ROWS, 20))
"""16 MB that no compression makes smaller."""
PART: Final = slice(50_000, 51_000)
FRAME: Final = pa.table({f"c{i}": WIDE[:, i] for i in range(20)})


def put(type_text: str, value: Any) -> tuple[Any, CountingStore, int]:
    """The reference to a value in a store, and the bytes that it has there."""
    store = CountingStore(MemoryStore())
    context = CodecContext("lab", "scan", "value", objects=StoreObjects(store))
    chain = resolve_chain(parse_type(type_text), parse_type)
    stored = chain.encode(value, {"id": 1}, context)
    ref = chain.decode(stored, {"id": 1}, context)
    store.reset()
    return ref, store, stored["size"]


READ: Final[dict[str, tuple[Any, Callable[[Any], Any]]]] = {
    "<npy@>": (WIDE, lambda ref: ref[PART]),
    "<zarr@>": (WIDE, lambda ref: ref[PART]),
    "<hdf5@>": ({"x": WIDE}, lambda ref: ref["x", PART]),
    "<tiff@>": (WIDE.reshape(100, 1000, 20), lambda ref: ref[50].reshape(1000, 20)),
    "<parquet@>": (FRAME, lambda ref: ref.to_arrow(["c7"], rows=PART).column(0).to_numpy()),
}
WANTED: Final = {"<parquet@>": WIDE[PART, 7]}


@pytest.mark.parametrize("type_text", READ)
def test_a_hundredth_is_read_by_at_most_two_hundredths(type_text: str) -> None:
    value, read = READ[type_text]
    ref, store, size = put(type_text, value)
    assert np.array_equal(read(ref), WANTED.get(type_text, WIDE[PART]))
    assert 0 < store.fetched <= size * 0.02, f"{store.fetched} of {size} bytes"


@pytest.mark.parametrize("type_text", READ)
def test_what_is_known_costs_nothing(type_text: str) -> None:
    ref, store, _ = put(type_text, READ[type_text][0])
    assert [getattr(ref, name, None) for name in ("shape", "dtype", "columns", "num_rows", "path", "store", "pages")]
    assert (store.fetched, store.requests) == (0, 0)
