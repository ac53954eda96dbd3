"""Fetching all rows of a table, in each form, with few and with many columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import handwritten
from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task
from benchmarks.columns import names

ROWS = {5: 100_000, 10: 100_000, 40: 25_000}
FORMS: dict[str, Callable[[Any, list[str]], Any]] = {
    "dicts": lambda table, wanted: table.to_dicts(),
    "arrays": lambda table, wanted: table.to_arrays(*wanted),
    "pandas": lambda table, wanted: table.to_pandas(),
    "polars": lambda table, wanted: table.to_polars(),
    "arrow": lambda table, wanted: table.to_arrow(),
}


def _case(form: str, width: int) -> Case:
    wanted = names(width)

    def pipeline(bed: Bed) -> Task:
        table = bed.wide(width, bed.count)
        return Task(lambda: FORMS[form](table(), wanted))

    def driver(bed: DriverBed) -> Task:
        sql = bed.wide(width, bed.count)().make_sql()
        make = getattr(handwritten, f"to_{form}")(bed.database, wanted)
        return Task(lambda: make(bed.fetch(sql)))

    title = f"fetch {{count}} rows of {width} columns as {form}"
    return Case(f"fetch_{form}_{width}", title, pipeline, driver, ROWS[width], ROWS[width] // 10, limit=1.5)


CASES = [_case(form, width) for form in FORMS for width in ROWS]
