"""Opening a schema of many tables of which no code is at hand."""

from __future__ import annotations

from benchmarks.beds import Bed, DriverBed
from benchmarks.bench_declare import define
from benchmarks.case import Case, Task


def _pipeline(bed: Bed) -> Task:
    define(bed)
    return Task(lambda: bed.lw.VirtualModule("opened", bed.name), before=bed.forget)


def _driver(bed: DriverBed) -> Task:
    define(bed)
    bed.forget()
    statements = bed.record(lambda: bed.lw.VirtualModule("opened", bed.name))
    return Task(bed.replay(statements))


CASES = [Case("open", "open a schema of {count} tables", _pipeline, _driver, 300, 30, budget="1000 ms")]
