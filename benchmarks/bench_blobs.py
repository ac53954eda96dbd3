"""Arrays of many megabytes as blobs in the table."""

from __future__ import annotations

from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task

MEGABYTE = 1_000_000


def _array(bed: Bed) -> Any:
    import numpy as np

    return np.random.default_rng(7).standard_normal(bed.count * MEGABYTE // 8)


def _table(bed: Bed) -> Any:
    table = bed.table("Image", "key : int32\n---\ndata : <blob>")
    bed.declare()
    return table


def _write(bed: Bed) -> Task:
    table, data = _table(bed), _array(bed)
    return Task(lambda: table.insert1({"key": 1, "data": data}), before=lambda: table().delete_quick())


def _write_driver(bed: DriverBed) -> Task:
    table, data = _table(bed), _array(bed)
    sql = bed.insert_text(table)
    return Task(lambda: bed.execute(sql, (1, data.tobytes())), before=lambda: table().delete_quick())


def _read(bed: Bed) -> Task:
    table = _table(bed)
    table.insert1({"key": 1, "data": _array(bed)})
    return Task(lambda: table.fetch1("data"))


def _read_driver(bed: DriverBed) -> Task:
    import numpy as np

    table = _table(bed)
    bed.execute(bed.insert_text(table), (1, _array(bed).tobytes()))
    sql = table().make_sql()
    return Task(lambda: np.frombuffer(bed.fetch(sql)[0][1]))


CASES = [
    Case("blob_write", "insert a blob of {count} MB", _write, _write_driver, 100, 10),
    Case("blob_read", "fetch a blob of {count} MB", _read, _read_driver, 100, 10),
]
