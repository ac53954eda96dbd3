"""Declaring a schema of many tables, each with a reference to the one before it."""

from __future__ import annotations

from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task


def define(bed: Bed) -> None:
    """Declare the tables."""
    known: dict[str, Any] = {}
    for i in range(bed.count):
        reference = f"-> Table{i - 1}\n" if i % 5 else ""
        name = f"Table{i}"
        kind = type(name, (bed.lw.Manual,), {"definition": _text(i, reference), "__module__": __name__})
        bed.schema = bed.schema if i else bed.lw.Schema(bed.name)
        known[name] = bed.schema(kind, context=known)
    bed.declare()


def _text(i: int, reference: str) -> str:
    return f"# table {i}\n{reference}key{i} : int32\n---\nname : varchar(30)\nmass = null : float64\nindex (name)\n"


def _pipeline(bed: Bed) -> Task:
    return Task(lambda: define(bed), before=lambda: _drop(bed))


def _drop(bed: Bed) -> None:
    bed.schema.drop(prompt=False)
    bed.schema = bed.lw.Schema(bed.name)


def _driver(bed: DriverBed) -> Task:
    statements = bed.record(lambda: define(bed))
    return Task(bed.replay(statements), before=lambda: _drop(bed))


CASES = [Case("declare", "declare {count} tables", _pipeline, _driver, 50, 10)]
