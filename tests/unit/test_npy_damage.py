"""Files that say of themselves what no array is: refused as damaged, and nothing is made of their size."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from labwright.codecs.npy_ref import NpyRef
from labwright.core.errors import DataError
from labwright.storage.files import FileStore
from labwright.testing.store_objects import StoreObjects

HEADERS: Final = (
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (1.5,)}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': 'abc'}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 100000000000000000000)}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
    b"{'descr': [('x', '|O')], 'fortran_order': False, 'shape': (1,)}",
    b"{'descr': 'T', 'fortran_order': False, 'shape': (1,)}",
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"-" * 8000 + b"1,)}",
    b"(" * 5000,
    b"[1, 2]",
    b"\xff\xfe",
)
READ: Final[dict[str, Callable[[NpyRef], Any]]] = {
    "load": lambda ref: ref.load(),
    "mapped": lambda ref: ref.load("r"),
    "part": lambda ref: ref[:],
}


def reference(folder: Path, header: bytes, version: int = 1) -> NpyRef:
    """The reference to a file with this header and 8 bytes, of which the row says no more than where it is."""
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    data = b"\x93NUMPY" + bytes([version, 0]) + length + header + bytes(8)
    store = FileStore("main", folder)
    store.put_create("a.npy", data)
    stored = {"path": "a.npy", "store": "main", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return NpyRef(stored, StoreObjects(store))


@pytest.mark.parametrize("version", [1, 3])
@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
@pytest.mark.parametrize("way", READ)
def test_what_is_no_array_is_damage(tmp_path: Path, header: bytes, version: int, way: str) -> None:
    with pytest.raises(DataError, match=r"damaged|cannot be read|are not within"):
        READ[way](reference(tmp_path, header, version))


@pytest.mark.parametrize("dtype", ["object", "O", "T"])
def test_a_row_cannot_make_addresses_of_bytes(tmp_path: Path, dtype: str) -> None:
    ref = reference(tmp_path, b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}")
    told = {**ref.to_json(), "dtype": dtype, "shape": [1], "offset": 0, "fortran": False}
    with pytest.raises(DataError, match="Python objects"):
        NpyRef(told, StoreObjects(FileStore("main", tmp_path)))[:]


def test_an_unknown_version_cannot_be_mapped(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        reference(tmp_path, b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", 9).load("r")


def test_values_without_bytes_are_never_counted(tmp_path: Path) -> None:
    header = b"{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000,)}"
    ref = reference(tmp_path, header)
    assert (ref.load().shape, ref.load().dtype) == ((10**12,), np.dtype("V0"))
    assert ref[3:7].shape == (4,)
