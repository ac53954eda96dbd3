"""Reading very many rows one after the other, without holding them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task
from benchmarks.columns import dicts, names
from benchmarks.handwritten import to_dicts

WIDTH = 5
CHUNK = 50_000
BATCH = 10_000


def _filled(bed: Bed) -> Any:
    table = bed.wide(WIDTH)
    rows = dicts(WIDTH, min(CHUNK, bed.count))
    for start in range(0, bed.count, len(rows)):
        table.insert([{**row, "key": start + row["key"]} for row in rows])
    return table


def _pipeline(bed: Bed) -> Task:
    table = _filled(bed)
    return Task(lambda: deque(table(), maxlen=0))


def _driver(bed: DriverBed) -> Task:
    sql = _filled(bed)().make_sql()
    make = to_dicts(bed.database, names(WIDTH))

    def run() -> None:
        for rows in batches(bed, sql):
            deque(make(rows), maxlen=0)

    return Task(run)


def batches(bed: DriverBed, sql: str) -> Iterator[Any]:
    if bed.database == "postgres":
        with bed.raw.transaction(), bed.raw.cursor("stream", binary=True) as cursor:
            yield from _read(cursor, sql)
    elif bed.database == "mysql":
        from MySQLdb.cursors import SSCursor

        yield from _read(bed.raw.cursor(SSCursor), sql)
    else:
        yield from _read(bed.raw.cursor(), sql)


def _read(cursor: Any, sql: str) -> Iterator[Any]:
    cursor.execute(sql)
    while rows := cursor.fetchmany(BATCH):
        yield rows


CASES = [
    Case(
        "stream",
        "read {count} rows of 5 columns one by one",
        _pipeline,
        _driver,
        1_000_000,
        50_000,
        1.5,
        budget="50 MB",
    )
]
