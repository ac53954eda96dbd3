"""Files, arrays and frames in stores beside the rows, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import labwright as lw
from labwright.sql.objects import COPY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Keyed(lw.Codec):
    """Remembers the keys that it is told of."""

    name = "keyed_of_test"

    def get_dtype(self, is_store: bool) -> str:
        return "<blob@>" if is_store else "json"

    def encode(self, value: Any, *, key: Any = None, store_name: Any = None) -> Any:
        return [value, {name: str(v) for name, v in key.items()}]

    def decode(self, stored: Any, *, key: Any = None) -> Any:
        return *stored, key


@pytest.fixture
def scan(project: lw.Project, prefix: str, folder: Path) -> Iterator[type[lw.Manual]]:
    project.config.update({"stores.main.protocol": "file", "stores.main.location": str(folder / "main")})
    schema = lw.Schema(f"{prefix}store_codecs", connection=project)

    @schema
    class Scan(lw.Manual):
        definition = """
        scan : int32
        day : date
        ---
        movie = null : <object@main>
        trace = null : <npy@main>
        volume = null : <zarr@main>
        units = null : <parquet@main>
        session = null : <hdf5@main>
        field = null : <image@main>
        stack = null : <tiff@main>
        raw = null : <filepath@main>
        bytes = null : <hash@main>
        here = null : <keyed_of_test>
        there = null : <keyed_of_test@main>
        """

    yield Scan
    schema.drop(prompt=False)


KEY: dict[str, Any] = {"scan": 1, "day": "2026-01-02"}
ARRAY = np.arange(600, dtype="uint16").reshape(5, 10, 12)


def copies(table: type[lw.Manual]) -> int:
    schema = table._schema
    assert schema is not None
    name = schema.project.database.dialect.table(schema.database_name, COPY)
    return int(schema.project.connection.fetch(f"SELECT count(*) FROM {name}")[0][0])


def test_every_form_comes_back(scan: type[lw.Manual], folder: Path) -> None:
    (folder / "given").mkdir()
    (folder / "given" / "a.txt").write_text("calm")
    (folder / "main" / "raw").mkdir(parents=True)
    (folder / "main" / "raw" / "a.dat").write_bytes(b"raw")
    frame = pd.DataFrame({"unit": [1, 2], "depth": [0.5, 1.5]})
    row = KEY | {"movie": "given", "trace": ARRAY, "volume": ARRAY, "units": frame, "session": {"x": ARRAY}}
    scan.insert1(row | {"field": ARRAY[0], "stack": ARRAY, "raw": "raw/a.dat"})
    got = scan.fetch1()
    assert got["movie"].open("a.txt").read() == b"calm"
    assert np.array_equal(got["trace"][1:3], ARRAY[1:3])
    assert np.array_equal(got["volume"][2], ARRAY[2])
    assert frame.equals(got["units"].to_pandas())
    assert np.array_equal(got["session"]["x", 4], ARRAY[4])
    assert np.array_equal(np.asarray(got["field"]), ARRAY[0])
    assert np.array_equal(got["stack"][3], ARRAY[3])
    assert got["raw"].read() == b"raw"
    assert got["trace"].path.startswith(f"_schema/{scan._schema.database_name}/scan/scan=1/day=2026-01-02/trace_")  # type: ignore[union-attr]  # it is bound
    assert copies(scan) == 7  # the file of the user's own is not ours


def test_what_was_fetched_goes_into_another_row(scan: type[lw.Manual]) -> None:
    scan.insert1(KEY | {"trace": ARRAY, "volume": ARRAY})
    scan.insert([row | {"scan": 2} for row in scan.to_dicts()])
    first, second = scan.to_dicts(order_by="scan")
    assert first["trace"].path != second["trace"].path
    assert np.array_equal(second["trace"], ARRAY)
    assert np.array_equal(second["volume"], ARRAY)


@pytest.mark.parametrize(
    "bad",
    [
        {"trace": [1, 2]},
        {"movie": "no such file"},
        {"raw": "no such file"},
        {"units": 5},
        {"here": object()},
        {"scan": "x"},
        {"day": None},
    ],
    ids=lambda bad: str(next(iter(bad))),
)
def test_what_is_refused_puts_nothing(scan: type[lw.Manual], folder: Path, bad: dict[str, Any]) -> None:
    rows: list[dict[str, Any]] = [{"scan": i, "day": "2026-01-02", "trace": ARRAY, "bytes": b"x"} for i in range(3)]
    rows[-1] |= bad
    with pytest.raises(lw.LabwrightError, match="row 2"):
        scan.insert(rows)
    assert len(scan()) == 0
    assert [p for p in (folder / "main" / "_schema").rglob("*") if p.is_file()] == []


def test_a_dry_run_puts_nothing(scan: type[lw.Manual], folder: Path) -> None:
    assert scan.validate([KEY | {"trace": ARRAY, "raw": "not looked for", "volume": ARRAY}])
    assert not scan.validate([KEY | {"trace": "text"}])
    assert not list((folder / "main").rglob("*"))


def test_codecs_learn_the_key_of_the_row(scan: type[lw.Manual]) -> None:
    rows = [{"scan": i, "day": f"2026-01-0{i}", "here": i, "there": i} for i in range(1, 9)]
    scan.insert(rows)
    keys = scan.keys(order_by="scan")
    for row in scan.to_dicts(order_by="scan"):
        key = {name: row[name] for name in ("scan", "day")}
        assert row["here"][2] == row["there"][2] == key in keys
        assert row["there"][1] == {name: str(v) for name, v in key.items()}
    assert (scan & {"scan": 1}).proj("here").fetch1()["here"][2] == keys[0]
    assert (scan & {"scan": 1}).fetch1("here")[2] is None  # it was not fetched


def test_many_objects_are_read_ahead_in_order(scan: type[lw.Manual]) -> None:
    contents = [bytes([i]) * (i * 1000) for i in range(100)]
    scan.insert({"scan": i, "day": "2026-01-01", "bytes": None if i % 7 == 3 else c} for i, c in enumerate(contents))
    expected = [None if i % 7 == 3 else c for i, c in enumerate(contents)]
    assert list(scan.to_arrays("bytes", order_by="scan")) == expected
    assert [row["bytes"] for row in scan().cursor(as_dict=True)] == expected


def test_one_damaged_among_many_is_told(scan: type[lw.Manual], folder: Path) -> None:
    scan.insert({"scan": i, "day": "2026-01-01", "bytes": bytes([i]) * 100} for i in range(50))
    victim = sorted(p for p in (folder / "main" / "_hash").rglob("*") if p.is_file())[20]
    victim.write_bytes(b"z" * 100)
    with pytest.raises(lw.errors.DataError, match=f"{victim.name}.*is damaged"):
        scan.to_dicts()
    victim.unlink()
    with pytest.raises(lw.errors.MissingExternalFile, match=victim.name):
        scan.to_dicts()


def test_a_row_that_goes_leaves_the_file_of_the_user(scan: type[lw.Manual], folder: Path) -> None:
    (folder / "main").mkdir()
    (folder / "main" / "own.dat").write_bytes(b"own")
    scan.insert1(KEY | {"raw": "own.dat"})
    scan.delete(prompt=False)
    assert (folder / "main" / "own.dat").read_bytes() == b"own"


def test_a_store_that_fails_leaves_nothing(scan: type[lw.Manual], folder: Path) -> None:
    place = folder / "main" / "_schema"
    place.mkdir(parents=True)
    (place / scan._schema.database_name).write_text("a file where a folder is to be")  # type: ignore[union-attr]  # it is bound
    with pytest.raises(lw.errors.BucketInaccessible, match="main"):
        scan.insert({"scan": i, "day": "2026-01-01", "trace": ARRAY} for i in range(20))
    assert len(scan()) == 0
    assert [p.name for p in (folder / "main" / "_schema").rglob("*")] == [scan._schema.database_name]  # type: ignore[union-attr]  # it is bound
