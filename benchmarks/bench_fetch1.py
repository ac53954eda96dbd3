"""Fetching one row by its key, again and again."""

from __future__ import annotations

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task
from benchmarks.columns import names
from benchmarks.handwritten import to_dicts

WIDTH = 10


def _pipeline(bed: Bed) -> Task:
    table = bed.wide(WIDTH, bed.count)

    def run() -> None:
        for key in range(bed.count):
            (table & {"key": key}).fetch1()

    return Task(run)


def _driver(bed: DriverBed) -> Task:
    table = bed.wide(WIDTH, bed.count)
    sql = (table & {"key": 0}).make_sql()
    make = to_dicts(bed.database, names(WIDTH))

    def run() -> None:
        for key in range(bed.count):
            make(bed.fetch(sql, (key,)))

    return Task(run)


CASES = [Case("fetch1", "{count} times fetch1 by key", _pipeline, _driver, 1000, 200)]
