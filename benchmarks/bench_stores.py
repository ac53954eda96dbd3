"""Values in a store in a local folder, beside files written by hand."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task

MEGABYTE = 1_000_000
BLOB, HASH, NPY, ZARR = "<blob@bench>", "<hash@bench>", "<npy@bench>", "<zarr@bench>"


def _table(bed: Bed, codec: str) -> Any:
    bed.open_store()
    table = bed.table("Value", f"key : int32\n---\ndata : {codec}", history=False)
    bed.declare()
    return table


def _array(bed: Bed) -> Any:
    import numpy as np

    return np.random.default_rng(7).standard_normal(bed.count * MEGABYTE // 8)


def _write(codec: str, bed: Bed) -> Task:
    """Each time another array under another key, as the same bytes are kept once."""
    table, data, key = _table(bed, codec), _array(bed), iter(range(1_000_000))

    def before() -> None:
        data[0] += 1

    return Task(lambda: table.insert1({"key": next(key), "data": data}), before=before)


def _write_by_hand(bed: DriverBed) -> Task:
    """A file that is on the disk, and its row."""
    import numpy as np

    folder, data, key = _folder(bed), _array(bed), iter(range(1_000_000))
    table = bed.table("Value", "key : int32\n---\npath : varchar(255)", history=False)
    bed.declare()
    sql = bed.insert_text(table)

    def run() -> None:
        number = next(key)
        with (folder / f"{number}.npy").open("wb") as file:
            np.save(file, data)
            file.flush()
            os.fsync(file.fileno())
        bed.execute(sql, (number, f"{number}.npy"))

    return Task(run)


def _folder(bed: Bed) -> Path:
    """A folder of the benchmark's own, which goes with the bed."""
    bed.open_store()
    return Path(bed.folder)


def _read(codec: str, take: Callable[[Any], object], bed: Bed) -> Task:
    table = _table(bed, codec)
    table.insert1({"key": 1, "data": _array(bed)})
    return Task(lambda: take(table.fetch1("data")))


def _read_by_hand(bed: DriverBed) -> Task:
    import numpy as np

    path = _folder(bed) / "1.npy"
    np.save(path, _array(bed))
    return Task(lambda: np.load(path))


def _whole(value: Any) -> Any:
    import numpy as np

    return np.asarray(value)


def _small(bed: Bed) -> Task:
    table, first = _table(bed, HASH), iter(range(0, 10**9, bed.count))

    def run() -> None:
        start = next(first)
        table.insert([{"key": k, "data": b"%09d" % k * 100} for k in range(start, start + bed.count)])

    return Task(run)


def _small_by_hand(bed: DriverBed) -> Task:
    folder, first = _folder(bed), iter(range(0, 10**9, bed.count))

    def run() -> None:
        start = next(first)
        for key in range(start, start + bed.count):
            with (folder / str(key)).open("wb") as file:
                file.write(b"%09d" % key * 100)
                os.fsync(file.fileno())

    return Task(run)


def _garbage(bed: Bed) -> Task:
    """Half of the objects are garbage: found by one query and put into quarantine."""
    from labwright.catalogue.gc import collect

    table = _table(bed, HASH)
    project = bed.schema.project
    table.insert(({"key": k, "data": b"%d" % k} for k in range(bed.count)), chunk_size=10_000)
    (table & "key % 2 = 0").delete_quick()
    return Task(lambda: collect(project.database, project.stores, dry_run=True, grace=datetime.timedelta(0)))


def _slice(value: Any) -> Any:
    return value[: len(value) // 100]


CASES = [
    Case(
        "store_write_blob", "insert an array of {count} MB into <blob@>", partial(_write, BLOB), _write_by_hand, 100, 10
    ),
    Case("store_write_npy", "insert an array of {count} MB into <npy@>", partial(_write, NPY), _write_by_hand, 100, 10),
    Case(
        "store_write_zarr",
        "insert an array of {count} MB into <zarr@>",
        partial(_write, ZARR),
        _write_by_hand,
        100,
        10,
        peer=False,
    ),
    Case(
        "store_read_blob",
        "fetch an array of {count} MB from <blob@>",
        partial(_read, BLOB, _whole),
        _read_by_hand,
        100,
        10,
    ),
    Case(
        "store_read_npy",
        "fetch an array of {count} MB from <npy@>",
        partial(_read, NPY, _whole),
        _read_by_hand,
        100,
        10,
    ),
    Case(
        "store_slice_npy", "fetch 1 % of an array of {count} MB from <npy@>", partial(_read, NPY, _slice), None, 100, 10
    ),
    Case("store_small", "insert {count} objects of 900 bytes into <hash@>", _small, _small_by_hand, 1_000, 100),
    Case("store_garbage", "look for garbage among {count} objects", _garbage, None, 100_000, 2_000, peer=False),
]
