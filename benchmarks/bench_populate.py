"""Calls of a make that does next to nothing."""

from __future__ import annotations

from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task


def _make(self: Any, key: dict[str, Any]) -> None:
    self.insert1({**key, "result": 1.5})


def _tables(bed: Bed) -> Any:
    source = bed.table("Source", "key : int32")
    target = bed.table("Target", "-> Source\n---\nresult : float64", "Computed", context={"Source": source}, make=_make)
    bed.declare()
    source.insert([(i,) for i in range(bed.count)])
    return target


def _pipeline(bed: Bed) -> Task:
    target = _tables(bed)
    return Task(target.populate, before=lambda: target().delete_quick())


def _driver(bed: DriverBed) -> Task:
    target = _tables(bed)
    statements = bed.record(target.populate)
    return Task(bed.replay(statements), before=lambda: target().delete_quick())


CASES = [Case("populate", "{count} trivial make calls", _pipeline, _driver, 1000, 100)]
