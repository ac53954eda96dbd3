"""Updating and deleting with history; in place of the driver, the same through Labwright without history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.beds import Bed
from benchmarks.case import Case, Task

DEFINITION = "key1 : int32\n---\nname : varchar(20)\nvalue = null : float64"


def _table(bed: Bed, **more: Any) -> Any:
    table = bed.table("Kept", DEFINITION, **more)
    bed.declare()
    return table


def _fill(bed: Bed, table: Any) -> None:
    table.insert([(i, "x", 1.5) for i in range(bed.count)], replace=False, skip_duplicates=True)


def _update(bed: Bed, table: Any) -> Task:
    _fill(bed, table)
    names = iter(range(1 << 30))

    def run() -> None:
        name = str(next(names))
        for i in range(bed.count):
            table.update1({"key1": i, "name": name})

    return Task(run)


def _delete(bed: Bed, table: Any) -> Task:
    def run() -> None:
        for i in range(bed.count):
            (table & {"key1": i}).delete(prompt=False)

    return Task(run, before=lambda: _fill(bed, table))


def _delete_all(bed: Bed, table: Any) -> Task:
    return Task(lambda: table.delete(prompt=False), before=lambda: _fill(bed, table))


def _case(
    name: str, title: str, task: Callable[[Bed, Any], Task], count: int = 200, few: int = 50, limit: float | None = 1.5
) -> Case:
    return Case(
        name,
        title,
        lambda bed: task(bed, _table(bed)),
        lambda bed: task(bed, _table(bed, history=False)),
        count,
        few,
        limit,
        peer=False,
    )


CASES = [
    _case("history-update", "update {count} rows one by one (driver: without history)", _update),
    _case("history-delete", "delete {count} rows one by one (driver: without history)", _delete),
    # To write a row takes longer than to delete one, so there is no limit to reach.
    _case(
        "history-delete-all", "delete {count} rows at once (driver: without history)", _delete_all, 20_000, 2_000, None
    ),
]
