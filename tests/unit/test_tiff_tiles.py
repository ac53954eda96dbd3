"""Parts of TIFF pages: what an array would give, and no more of the file than the tiles that they are in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

import labwright as lw
from labwright.codecs.base import CodecContext
from labwright.codecs.tiff import TiffCodec
from labwright.testing.counting_store import CountingStore
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_objects import StoreObjects

NUMBERS: Final = np.random.default_rng(1)
STACK: Final = NUMBERS.integers(0, 4000, (3, 90, 70)).astype("uint16")
COLOURS: Final = NUMBERS.integers(0, 255, (90, 70, 3)).astype("uint8")
KINDS: Final[Mapping[str, tuple[np.ndarray[Any, Any], dict[str, Any]]]] = {
    "tiles": (STACK, {"tile": (16, 32), "compression": "zlib", "photometric": "minisblack"}),
    "swapped": (STACK[0], {"tile": (16, 16), "compression": "zlib", "byteorder": ">"}),
    "plain tiles": (STACK[0], {"tile": (16, 16)}),
    "strips": (STACK[0], {"rowsperstrip": 7, "compression": "zlib"}),
    "predicted": (STACK[0], {"tile": (16, 16), "compression": "zlib", "predictor": True}),
    "colours": (COLOURS, {"tile": (32, 16), "compression": "zlib", "photometric": "rgb"}),
    "planes": (
        np.moveaxis(COLOURS, 2, 0),
        {"tile": (32, 16), "compression": "zlib", "photometric": "rgb", "planarconfig": "separate"},
    ),
}


@pytest.fixture(scope="module")
def counting() -> CountingStore:
    return CountingStore(MemoryStore())


@pytest.fixture(scope="module")
def refs(counting: CountingStore, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    folder = tmp_path_factory.mktemp("tiff")
    return {name: kept(counting, folder / f"{name}.tif", *of) for name, of in KINDS.items()}


def kept(store: CountingStore, path: Path, array: np.ndarray[Any, Any], options: dict[str, Any]) -> Any:
    tifffile.imwrite(path, array, **options)
    context = CodecContext("lab", "scan", "value", objects=StoreObjects(store))
    codec = TiffCodec()
    return codec.decode(codec.encode(path, key={"id": 1}, context=context), context=context)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(data=st.data())
def test_a_part_is_that_of_the_array(refs: Mapping[str, Any], kind: str, data: st.DataObject) -> None:
    array = KINDS[kind][0]
    index = data.draw(basic_indices(array.shape, allow_newaxis=True))
    found = refs[kind][index]
    assert np.array_equal(found, array[index])
    assert np.shape(found) == array[index].shape


@pytest.mark.parametrize("kind", ["tiles", "plain tiles", "strips", "predicted", "colours"])
def test_a_corner_reads_its_tiles(counting: CountingStore, tmp_path: Path, kind: str) -> None:
    array, options = KINDS[kind]
    rows, columns = (0, 1) if kind == "colours" else (-2, -1)
    large = array.repeat(10, rows).repeat(10, columns)
    large = large + NUMBERS.integers(0, 50, large.shape).astype(large.dtype)
    ref = kept(counting, tmp_path / "large.tif", large, options)
    counting.reset()
    corner = (slice(100, 104), slice(20, 24)) if kind == "colours" else (..., slice(100, 104), slice(20, 24))
    assert np.array_equal(ref[corner], large[corner])
    assert counting.fetched < ref.size / 4


def test_tiles_that_are_not_in_the_file_are_empty(counting: CountingStore, tmp_path: Path) -> None:
    path = tmp_path / "sparse.tif"
    with tifffile.TiffWriter(path) as writer:
        tiles = (np.full((16, 16), 7, "uint8") if n == 0 else None for n in range(4))
        writer.write(tiles, shape=(32, 32), dtype="uint8", tile=(16, 16), photometric="minisblack", compression="zlib")
    context = CodecContext("lab", "scan", "value", objects=StoreObjects(counting))
    ref: lw.TiffRef = TiffCodec().decode(TiffCodec().encode(path, key={"id": 1}, context=context), context=context)
    assert np.array_equal(ref[14:18, 14:18], np.asarray(ref)[14:18, 14:18])
    assert ref[0:2, 14:18].tolist() == [[7, 7, 0, 0]] * 2
