"""Restricting a table by very many keys."""

from __future__ import annotations

from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task


def _restricted(table: Any, keys: list[dict[str, int]]) -> object:
    return (table & keys).to_dicts()


def _pipeline(bed: Bed) -> Task:
    table = bed.wide(5, bed.count)
    keys = [{"key": i} for i in range(0, 2 * bed.count, 2)]
    return Task(lambda: _restricted(table, keys))


def _driver(bed: DriverBed) -> Task:
    table = bed.wide(5, bed.count)
    keys = [{"key": i} for i in range(0, 2 * bed.count, 2)]
    names = list(table().heading)
    statements = bed.record((table & keys).to_dicts)
    ((sql, params),) = [s for s in statements if len(str(s[1])) > bed.count]
    return Task(lambda: [dict(zip(names, row, strict=True)) for row in bed.fetch(sql, params)])


CASES = [Case("restrict", "restrict by {count} keys", _pipeline, _driver, 100_000, 10_000)]
