"""A part of an array on a server of S3's protocol, beside the same bytes read by obstore alone."""

from __future__ import annotations

from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task
from benchmarks.far import Relay, far_server

MEGABYTE = 1_000_000
ROWS = 1000
PART = slice(500, 510)
"""One in a hundred of the rows."""
BUCKET = "bench"


def _array(bed: Bed) -> Any:
    import numpy as np

    return np.arange(bed.count * MEGABYTE // 8, dtype="f8").reshape(ROWS, -1)


def _share(bed: Bed, relay: Relay, task: Task) -> Task:
    """The task, which tells besides how much of the array was fetched for it."""
    fetched = 0

    def before() -> None:
        nonlocal fetched
        fetched = relay.fetched

    return Task(task.run, before, lambda: (relay.fetched - fetched) / (bed.count * MEGABYTE))


def _open(bed: Bed) -> Relay:
    relay = bed.after.enter_context(far_server(BUCKET))
    address = {"endpoint": relay.address, "secure": False, "bucket": BUCKET, "region": "us-east-1"}
    bed.set_store({"protocol": "s3", "access_key": "bench", "secret_key": "bench"} | address)
    return relay


def _slice(bed: Bed) -> Task:
    relay = _open(bed)
    table = bed.table("Value", "key : int32\n---\ndata : <npy@bench>", history=False)
    bed.declare()
    table.insert1({"key": 1, "data": _array(bed)})
    return _share(bed, relay, Task(lambda: table.fetch1("data")[PART]))


def _slice_by_obstore(bed: DriverBed) -> Task:
    import numpy as np
    import obstore

    relay, array = _open(bed), _array(bed)
    store = bed.schema.project.stores("bench").store
    store.put_create("data", array.data)
    row = array.nbytes // ROWS

    def run() -> Any:
        part = obstore.get_range(store.inner, "data", start=PART.start * row, end=PART.stop * row)
        return np.frombuffer(memoryview(part)).reshape(-1, array.shape[1])

    return _share(bed, relay, Task(run))


CASES = [
    Case(
        "s3_slice",
        "fetch 1 % of an array of {count} MB on S3 from <npy@>",
        _slice,
        _slice_by_obstore,
        1000,
        50,
        peer=False,
        budget="2 %",
    )
]
