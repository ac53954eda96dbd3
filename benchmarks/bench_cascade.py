"""Deleting rows with all that depends on them, down a chain of ten tables."""

from __future__ import annotations

from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task

DEPTH = 10


def _chain(bed: Bed) -> list[Any]:
    tables: list[Any] = []
    for i in range(DEPTH):
        reference = f"-> Level{i - 1}\n" if i else ""
        definition = f"{reference}key{i} : int32\n---\nname : varchar(20)"
        tables.append(bed.table(f"Level{i}", definition, context={t.__name__: t for t in tables}))
    bed.declare()
    return tables


def _fill(bed: Bed, tables: list[Any]) -> None:
    rows: list[tuple[Any, ...]] = [()]
    for i, table in enumerate(tables):
        below = [10, bed.count // 10][i] if i < 2 else 1
        rows = [(*row, key) for row in rows for key in range(below)]
        table.insert([(*row, "x") for row in rows], skip_duplicates=True)


def _pipeline(bed: Bed) -> Task:
    tables = _chain(bed)
    return Task(lambda: (tables[0] & "key0 < 5").delete(prompt=False), before=lambda: _fill(bed, tables))


def _driver(bed: DriverBed) -> Task:
    tables = _chain(bed)
    _fill(bed, tables)
    statements = bed.record(lambda: (tables[0] & "key0 < 5").delete(prompt=False))
    return Task(bed.replay(statements), before=lambda: _fill(bed, tables))


CASES = [Case("cascade", "delete half of {count} rows in each of ten tables", _pipeline, _driver, 1000, 100)]
