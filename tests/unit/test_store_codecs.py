"""The codecs whose values are files in a store: each passes the suite, in memory and in a folder."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tifffile
import zarr
from PIL import Image

from labwright.codecs.base import CodecContext
from labwright.codecs.chain import CodecChain
from labwright.testing.codec_suite import StoreCodecSuite
from labwright.testing.equality import identical

FIELDS = np.array([(1, "a", [1.0, 2.0])], dtype=[("n", "<i4"), ("t", "<U3"), ("v", ">f8", (2,))])
GRAY = np.arange(48, dtype="uint8").reshape(6, 8)
ARRAYS = (
    np.arange(24.0).reshape(2, 3, 4),
    np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
    np.arange(20)[::3],
    np.array(1.5),
    np.empty((0, 3), "complex64"),
    np.array(["2026-01-02", "NaT"], "datetime64[ns]"),
    np.array(["calm", "ö"]),
    np.array([b"\0", b""], "S0"),
    np.array([True, False]),
    FIELDS,
)


class Arrays(StoreCodecSuite):
    """What comes back is an array, when it is asked for."""

    def same(self, given: Any, returned: Any) -> bool:
        return identical(np.asarray(given), np.asarray(returned))


class TestNpy(Arrays):
    type_text = "<npy@>"
    values = ARRAYS
    refused = ([1, 2], 1.5, np.array([object()]), np.ma.masked_array([1, 2]), np.zeros(2, [("a", "O")]))

    def test_shape_and_dtype_are_known(self, chain: CodecChain, context: CodecContext) -> None:
        for array in ARRAYS:
            ref = chain.decode(chain.encode(array, {"id": 1}, context), {}, context)
            assert (ref.shape, ref.ndim, ref.size, ref.nbytes) == (array.shape, array.ndim, array.size, array.nbytes)
            assert ref.dtype == array.dtype

    def test_what_datajoint_wrote_is_read(self, chain: CodecChain, context: CodecContext) -> None:
        for array in ARRAYS[:-1]:
            stored = chain.encode(array, {"id": 1}, context)
            plain = {name: stored[name] for name in ("path", "store", "dtype", "shape")}
            ref = chain.decode(plain, {}, context)
            assert identical(ref[...], array)
            assert identical(ref.load(), array)


class TestObject(StoreCodecSuite):
    type_text = "<object@>"
    refused = (5, None.__class__, ("tif",), ("a/b", b""), "nothing there", Path("nothing"))

    @pytest.fixture
    def good(self, tmp_path: Path) -> Sequence[Any]:
        folder = tmp_path / "given" / "inner"
        folder.mkdir(parents=True)
        (folder / "b.bin").write_bytes(b"deep")
        (folder.parent / "a.txt").write_text("flat")
        return [folder.parent / "a.txt", folder.parent, str(folder), b"bytes", (".tif", b"pair"), bytearray(b"more")]

    def same(self, given: Any, returned: Any) -> bool:
        if isinstance(given, (str, Path)) and Path(given).is_dir():
            files = {p.relative_to(given).as_posix(): p.read_bytes() for p in Path(given).rglob("*") if p.is_file()}
            return files == {path: returned.open(path).read() for path in returned.handle.paths()} and returned.verify()
        data = given[1] if isinstance(given, tuple) else given
        expected = Path(data).read_bytes() if isinstance(data, Path) else bytes(data)
        return bool(expected == returned.read()) and returned.verify()

    def test_a_stream_is_read_to_its_end(self, chain: CodecChain, context: CodecContext) -> None:
        stored = chain.encode(io.BytesIO(b"stream"), {"id": 1}, context)
        assert chain.decode(stored, {}, context).read() == b"stream"

    def test_the_row_says_what_it_is(self, chain: CodecChain, good: Sequence[Any], context: CodecContext) -> None:
        file, folder = (chain.encode(value, {"id": 1}, context) for value in good[:2])
        assert (file["ext"], file["is_dir"], file["item_count"], file["size"]) == (".txt", False, None, 4)
        assert (folder["is_dir"], folder["item_count"], folder["size"]) == (True, 2, 8)


class TestZarr(Arrays):
    type_text = "<zarr@>"
    values = (np.arange(24.0).reshape(2, 3, 4), np.arange(6, dtype="uint8"), np.array(2), np.zeros((0, 2)))
    refused = ([1], "nothing", np.array([object()]), FIELDS)

    def test_a_group_keeps_what_is_in_it(self, chain: CodecChain, context: CodecContext, tmp_path: Path) -> None:
        group = zarr.open_group(tmp_path / "g.zarr", mode="w")
        group.create_array("a/b", data=np.arange(5))
        for value in (group, tmp_path / "g.zarr"):
            ref = chain.decode(chain.encode(value, {"id": 1}, context), {}, context)
            assert ref["a/b"][1:3].tolist() == [1, 2]
            assert (ref.shape, ref.dtype, list(ref.zarr)) == (None, None, ["a"])
            with pytest.raises(ValueError, match="read-only"):
                ref.zarr.create_array("new", data=np.arange(2))


class TestParquet(StoreCodecSuite):
    type_text = "<parquet@>"
    values = (
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pd.DataFrame({"a": [1.5]}, index=pd.Index(["k"], name="key")),
        pl.DataFrame({"a": [1, 2], "t": ["x", "y"]}),
        pa.table({"a": [[1], [2, 3]]}),
    )
    refused = ([1], {"a": [1]}, "nothing", pd.DataFrame({"a": [1, "x", object()]}))

    def same(self, given: Any, returned: Any) -> bool:
        if isinstance(given, pd.DataFrame):
            return given.equals(returned.to_pandas())
        if isinstance(given, pl.DataFrame):
            return given.equals(returned.to_polars())
        return bool(given.equals(returned.to_arrow()))

    def unchanged(self, before: Any, value: Any) -> bool:
        return bool(before.equals(value))

    def test_rows_and_columns(self, chain: CodecChain, context: CodecContext, tmp_path: Path) -> None:
        table = pa.table({"a": list(range(50)), "b": list(range(50, 100))})
        pq.write_table(table, tmp_path / "t.parquet", row_group_size=10)
        ref = chain.decode(chain.encode(tmp_path / "t.parquet", {"id": 1}, context), {}, context)
        assert (len(ref), ref.columns, ref.schema) == (50, ["a", "b"], table.schema)
        for rows in (slice(0, 0), slice(9, 21), slice(-3, None), slice(60, 70), slice(None, 1), slice(30, 40)):
            expected = list(range(50, 100))[rows]
            assert ref.to_arrow(["b"], rows=rows).to_pydict() == {"b": expected}

    def test_rows_keep_their_labels(self, chain: CodecChain, context: CodecContext) -> None:
        plain = pd.DataFrame({"a": range(10)}, index=pd.RangeIndex(5, 25, 2))
        for frame in (plain, plain.set_index(pd.Index(list("abcdefghij"), name="key"))):
            ref = chain.decode(chain.encode(frame, {"id": 1}, context), {}, context)
            for rows in (slice(2, 5), slice(0, 0), slice(-2, None)):
                assert ref.to_pandas(rows=rows).equals(frame[rows])


class TestHdf5(StoreCodecSuite):
    type_text = "<hdf5@>"
    values = ({"a": np.arange(4), "g": {"b": 1.5}}, {})
    refused = ([1], {"a/b": 1}, {1: 2}, {"a": object()}, {"g": {"t": Decimal(1)}}, {"t": np.array(["ö"])}, "nothing")

    def same(self, given: Any, returned: Any) -> bool:
        if given and not (returned["g",] == ["b"] and returned["g/b"] == 1.5):
            return False
        return returned.keys() == sorted(given) and (not given or identical(returned["a"], given["a"]))

    def test_a_file_is_kept_as_it_is(self, chain: CodecChain, context: CodecContext, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "s.h5", "w") as file:
            file["x"] = np.arange(100)
            file["x"].attrs["unit"] = "mV"
            copied = chain.encode(file, {"id": 1}, context)
        for stored in (copied, chain.encode(tmp_path / "s.h5", {"id": 1}, context)):
            ref = chain.decode(stored, {}, context)
            with ref.hdf5() as opened:
                assert opened["x"].attrs["unit"] == "mV"
            assert ref["x", 3:5].tolist() == [3, 4]
            with pytest.raises(KeyError, match="has no 'y'"):
                ref["y"]


class TestImage(Arrays):
    type_text = "<image@>"
    values = (
        GRAY,
        GRAY > 5,
        GRAY.astype("uint16") * 1000,
        np.stack([GRAY] * 3, -1),
        np.stack([GRAY] * 4, -1),
        np.stack([GRAY] * 2, -1)[::2, ::2],
    )
    refused = (GRAY * 1.5, GRAY[0], np.zeros((2, 0), "uint8"), np.stack([GRAY] * 3, -1).astype("uint16"), "nothing", 5)

    def test_a_file_is_kept_as_it_is(self, chain: CodecChain, context: CodecContext, tmp_path: Path) -> None:
        Image.fromarray(np.stack([GRAY] * 3, -1)).save(tmp_path / "a.JPG", "JPEG")
        ref = chain.decode(chain.encode(tmp_path / "a.JPG", {"id": 1}, context), {}, context)
        assert (ref.shape, ref.dtype, ref.ext) == ((6, 8, 3), "uint8", ".jpg")
        assert ref.read() == (tmp_path / "a.JPG").read_bytes()


class TestTiff(Arrays):
    type_text = "<tiff@>"
    values = (
        GRAY * 1.5,
        np.arange(120, dtype="uint16").reshape(5, 4, 6),
        np.arange(240, dtype=">i4").astype("int32").reshape(2, 5, 4, 6),
        np.stack([GRAY] * 3, -1),
        np.stack([np.stack([GRAY] * 3, -1)] * 2),
    )
    refused = (GRAY > 5, GRAY[0], np.zeros((2, 0)), FIELDS, "nothing", 5)

    @pytest.mark.parametrize("compression", [None, "zlib"])
    def test_parts_are_those_of_the_array(
        self, chain: CodecChain, context: CodecContext, tmp_path: Path, compression: str | None
    ) -> None:
        stack = np.arange(7 * 20 * 30, dtype="uint16").reshape(7, 20, 30)
        tifffile.imwrite(tmp_path / "s.tif", stack, compression=compression, byteorder=">", photometric="minisblack")
        ref = chain.decode(chain.encode(tmp_path / "s.tif", {"id": 1}, context), {}, context)
        assert (ref.shape, ref.dtype, ref.pages, len(ref)) == ((7, 20, 30), "uint16", 7, 7)
        for index in (
            2,
            -1,
            slice(1, 6, 2),
            (slice(None, None, -1), 3),
            (0, ..., slice(5, 1, -1)),
            [1, 3],
            slice(0, 0),
        ):
            assert np.array_equal(ref[index], stack[index]), index
