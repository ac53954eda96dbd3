"""Chunks that are lost are not taken for those that never were there, and bits that flipped are found in parts too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zarr

from labwright.codecs.base import CodecContext
from labwright.codecs.chain import resolve_chain
from labwright.core.errors import BucketInaccessible, DataError
from labwright.define.typenames import parse_type
from labwright.storage.files import FileStore
from labwright.testing.store_objects import StoreObjects


def put(folder: Path, value: Any, type_text: str = "<zarr@>") -> Any:
    context = CodecContext("lab", "scan", "value", objects=StoreObjects(FileStore("main", folder)))
    chain = resolve_chain(parse_type(type_text), parse_type)
    return chain.decode(chain.encode(value, {"id": 1}, context), {"id": 1}, context)


def chunk_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in ("zarr.json", ".zarray", ".zattrs"))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_chunk_that_is_lost_is_damage(tmp_path: Path, zarr_format: Any) -> None:
    made = zarr.create_array(
        tmp_path / "given.zarr", shape=(6, 4), chunks=(2, 4), dtype="i4", zarr_format=zarr_format, fill_value=0
    )
    made[:2], made[4:] = 7, 9
    ref = put(tmp_path / "main", made)
    assert ref[:, 0].tolist() == [7, 7, 0, 0, 9, 9]
    lost, _ = chunk_files(tmp_path / "main")
    lost.unlink()
    assert ref[4:, 0].tolist() == [9, 9]
    for read in (lambda: ref[:2], lambda: ref[...], lambda: np.asarray(ref), lambda: ref.zarr[2:4]):
        with pytest.raises(DataError, match=r"of \d files it has \d"):
            read()


def test_a_chunk_that_was_cut_off_is_damage(tmp_path: Path) -> None:
    ref = put(tmp_path / "main", np.arange(1, 10_001).reshape(100, 100))
    for lost in chunk_files(tmp_path / "main"):
        lost.write_bytes(b"")
    with pytest.raises(DataError, match="is damaged: it has 0 bytes"):
        ref[:2]


def test_an_array_of_zeros_has_no_chunks(tmp_path: Path) -> None:
    ref = put(tmp_path / "main", np.zeros((100, 100)))
    assert chunk_files(tmp_path / "main") == []
    assert not np.asarray(ref).any()


STACK = np.arange(60, dtype="uint16").reshape(3, 4, 5)
READ: dict[str, tuple[Any, Any]] = {
    "<tiff@>": (STACK, lambda ref: ref[1:2]),
    "<parquet@>": (pa.table({"x": STACK[0, 0]}), lambda ref: ref.to_arrow(rows=slice(1, 2))),
    "<zarr@>": (STACK, lambda ref: ref[1:2]),
}


@pytest.mark.parametrize("type_text", READ)
def test_no_flipped_bit_ends_in_an_error_of_another_library(tmp_path: Path, type_text: str) -> None:
    value, read = READ[type_text]
    ref = put(tmp_path / "main", value, type_text)
    for file in [p for p in tmp_path.rglob("*") if p.is_file() and "_labwright" not in p.parts]:
        whole, told = file.read_bytes(), 0
        for place in range(0, len(whole), 13):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
            try:
                read(ref)
            except (DataError, BucketInaccessible):
                told += 1
        assert told
        file.write_bytes(whole)


def test_all_of_a_stack_is_compared_with_its_hash(tmp_path: Path) -> None:
    ref = put(tmp_path / "main", STACK, "<tiff@>")
    assert np.array_equal(ref, STACK)
    (file,) = tmp_path.rglob("*.tif")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    for read in (ref.load, lambda: np.asarray(ref)):
        with pytest.raises(DataError, match="is damaged: its hash is not"):
            read()


@pytest.mark.parametrize("type_text", ["<zarr@>", "<parquet@>"])
def test_a_flipped_bit_is_found_when_a_part_is_read(tmp_path: Path, type_text: str) -> None:
    value = np.random.default_rng(1).integers(0, 1 << 60, 2000)
    ref = put(tmp_path / "main", value if type_text == "<zarr@>" else pa.table({"x": value}), type_text)
    (file,) = chunk_files(tmp_path / "main")
    whole = file.read_bytes()
    for place in range(100, len(whole) // 2, len(whole) // 20):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(DataError, match="cannot be read as"):
            np.asarray(ref[...] if type_text == "<zarr@>" else ref.to_arrow(rows=slice(0, 2000)))
