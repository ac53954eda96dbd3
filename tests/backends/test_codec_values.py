"""Values that people try with each codec: refused in words, and what comes back fits into frames and conditions."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import zarr
from PIL import Image

import labwright as lw
from labwright.core.errors import CodecError, DataError, LabwrightError, QueryError

IN_STORE = ("attach@", "hash@", "object@", "npy@", "zarr@", "parquet@", "hdf5@", "image@", "tiff@", "video@")
CODECS = ("blob", "attach", *IN_STORE)
PICTURE = np.arange(48, dtype="uint8").reshape(6, 8)
MASKED = np.ma.masked_array(PICTURE, mask=PICTURE > 5)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def thing(project: lw.Project, prefix: str, folder: Path) -> Iterator[type[lw.Manual]]:
    project.config.update({"stores.main.protocol": "file", "stores.main.location": str(folder / "main")})
    schema = lw.Schema(f"{prefix}values", connection=project)
    lines = [f"{name(codec)} = null : <{codec.replace('@', '@main')}>" for codec in CODECS]

    @schema
    class Thing(lw.Manual):
        definition = "\n".join(["id : int32", "---", *lines])

    yield Thing
    schema.drop(prompt=False)


def name(codec: str) -> str:
    return f"a_{codec}".replace("@", "_there")


REFUSED: list[tuple[str, Any, str]] = [
    ("blob", MASKED, "attribute 'a_blob': value cannot be stored as a blob: an array of class"),
    ("blob", {"x": [object()]}, r"attribute 'a_blob': value\['x'\]\[0\] cannot be stored"),
    ("object@", io.StringIO("text"), r"open\(path, 'rb'\)"),
    ("object@", (".txt", io.StringIO("text")), r"open\(path, 'rb'\)"),
    ("zarr@", MASKED, "plain arrays; one of class MaskedArray"),
    ("tiff@", MASKED, "plain arrays; one of class MaskedArray"),
    ("image@", MASKED, "plain arrays; one of class MaskedArray"),
    ("hdf5@", {"x": MASKED}, "plain arrays; one of class MaskedArray"),
    ("hdf5@", {"x": [1, 2]}, "'x' is a value of type list"),
    ("zarr@", np.array(["a"]), "no array of <U1, which Zarr has no standard for"),
    ("zarr@", np.arange(3, dtype="longdouble"), "which Zarr has no standard for"),
    ("image@", "cut.jpg", "no image that can be read"),
    ("object@", "", "this text is empty"),
    ("tiff@", np.ones((1, 1, 1, 1, 1), "uint8"), "two dimensions or more"),
    ("parquet@", pl.DataFrame({"n": [1], "o": [object()]}), "the column 'o' is of Python objects"),
    *((codec, "x" * 100_000, "attribute") for codec in CODECS[1:]),
    *((codec, "a\0b", "attribute") for codec in CODECS[1:]),
]


def test_what_cannot_be_kept_is_told_in_a_few_words(thing: Any) -> None:
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), "uint8")).save("whole.jpg")
    Path("cut.jpg").write_bytes(Path("whole.jpg").read_bytes()[:700])
    for codec, value, says in REFUSED:
        with pytest.raises(CodecError, match=says) as caught:
            thing.insert1({"id": 1, name(codec): value})
        assert str(caught.value).count("row 0") == 1, codec
        assert str(caught.value).count("cannot be stored as a blob") <= 1, codec
        assert len(str(caught.value)) < 800, codec
    assert len(thing()) == 0


def test_references_are_json_text_in_arrow(thing: Any) -> None:
    thing.insert([{"id": 1, name("npy@"): PICTURE, name("object@"): b"x"}, {"id": 2}])
    shown = thing.proj(name("npy@"), name("object@"))
    rows = shown.to_arrow(order_by="id").to_pylist()
    assert shown.to_polars(order_by="id").to_dicts() == rows
    assert json.loads(rows[0][name("npy@")])["shape"] == [6, 8]
    assert json.loads(rows[0][name("object@")])["size"] == 1
    assert rows[1][name("npy@")] is None
    frame = shown.to_pandas()
    assert isinstance(frame.loc[1, name("npy@")], lw.NpyRef)


def test_what_arrow_has_no_type_for_is_told(thing: Any) -> None:
    thing.insert([{"id": 1, name("blob"): [1, 2]}, {"id": 2, name("blob"): {"a": "x"}}])
    for read in (thing.to_arrow, thing.to_polars):
        with pytest.raises(DataError, match=r"no column of the values of 'a_blob'.*to_dicts\(\)"):
            read()
    assert thing.proj().to_arrow().num_rows == 2


@pytest.mark.parametrize("text", ['a_npy_there = "x"', 'a_npy_there in ("x", "y")', "a_npy_there = ''"])
def test_a_reference_is_not_compared_with_a_word(thing: Any, text: str) -> None:
    thing.insert1({"id": 1, name("npy@"): PICTURE})
    with pytest.raises(QueryError, match="compared with JSON, and is none"):
        len(thing & text)
    assert len(thing & {"a_npy_there.size": 176}) == len(thing & "a_npy_there is not null") == 1


def test_pictures_of_nothing(thing: Any) -> None:
    thing.insert1({"id": 1, name("npy@"): PICTURE[:0], name("zarr@"): PICTURE[:0]})
    row = thing.fetch1()
    for codec in ("npy@", "zarr@"):
        with pytest.raises(CodecError, match="no values"):
            row[name(codec)].thumbnail()


def test_zarr_of_swapped_bytes_and_of_a_group(thing: Any) -> None:
    group = zarr.group()
    group.create_array("x", data=PICTURE)
    swapped = PICTURE.astype(">u2")
    thing.insert([{"id": 1, name("zarr@"): swapped}, {"id": 2, name("zarr@"): group}])
    first, second = thing.to_arrays(name("zarr@"), order_by="id")
    assert np.array_equal(first, swapped)
    assert first.dtype == np.asarray(first).dtype
    with pytest.raises(CodecError, match=r"is a group.*ref\['name'\]"):
        np.asarray(second)
    assert np.array_equal(np.asarray(second["x"]), PICTURE)


def test_zarr_of_fields_and_of_text(thing: Any) -> None:
    fields: Any = zarr.create_array({}, data=np.array([(1, 2.5)], dtype=[("n", "i4"), ("x", "f8")]), zarr_format=2)
    text: Any = zarr.create_array({}, shape=(2,), dtype=str, zarr_format=2)
    text[:] = np.array(["a", "bcd"])
    thing.insert([{"id": 1, name("zarr@"): fields}, {"id": 2, name("zarr@"): text}])
    for given, found in zip((fields, text), thing.to_arrays(name("zarr@"), order_by="id"), strict=True):
        assert (found.shape, found.dtype) == (given.shape, given.dtype)
        assert found[:].tolist() == given[:].tolist()
        assert repr(found).endswith(f"shape={given.shape})")


def test_a_value_that_was_tried_in_vain_can_be_mended(thing: Any) -> None:
    thing.insert1({"id": 1, name("tiff@"): PICTURE})
    with pytest.raises(LabwrightError):
        thing.update1({"id": 1, name("tiff@"): MASKED})
    assert np.array_equal(thing.fetch1(name("tiff@")), PICTURE)
    thing.update1({"id": 1, name("tiff@"): PICTURE + 1})
    assert np.array_equal(thing.fetch1(name("tiff@")), PICTURE + 1)
    thing.update1({"id": 1, name("tiff@"): None})
    assert thing.fetch1(name("tiff@")) is None
