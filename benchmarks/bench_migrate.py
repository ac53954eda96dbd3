"""Changing a table of many rows: one more attribute, and another type of one."""

from __future__ import annotations

from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task

_KEY = "key : int32\n---\n"
_BEFORE = f"{_KEY}value : int32\nmass : float64\nname : varchar(20)\n"
_ADDED = f"{_BEFORE}more = null : float64\n"
_WIDER = _BEFORE.replace("value : int32", "value : int64")
_BY_HAND = {
    "sqlite": (
        "BEGIN",
        "ALTER TABLE {table} RENAME TO aside",
        "CREATE TABLE {table} (key INT PRIMARY KEY, value INT NOT NULL, mass REAL NOT NULL, name TEXT NOT NULL) STRICT",
        "INSERT INTO {table} SELECT key, value, mass, name FROM aside",
        "DROP TABLE aside",
        "COMMIT",
    ),
    "postgres": ("ALTER TABLE {table} ALTER COLUMN value TYPE bigint",),
    "mysql": ("ALTER TABLE {table} MODIFY COLUMN value bigint NOT NULL COMMENT ':int64:'",),
}


def _filled(bed: Bed) -> Any:
    table = bed.table("Grown", _BEFORE, history=False)
    bed.declare()
    table.insert((i, i % 1000, i * 0.5, f"name {i}") for i in range(bed.count))
    return table


def _alter(table: Any, definition: str, **more: Any) -> None:
    table.definition = definition
    table.alter(prompt=False, **more)


def _to(definition: str) -> Any:
    def task(bed: Bed) -> Task:
        table = _filled(bed)
        lossy = {"lossy": True} if bed.side == "labwright" else {}
        return Task(lambda: _alter(table, definition), before=lambda: _alter(table, _BEFORE, **lossy))

    return task


def _add_driver(bed: DriverBed) -> Task:
    table = _filled(bed)
    name = _place(table)
    kind = "REAL" if bed.database == "sqlite" else "double precision"
    add = f"ALTER TABLE {name} ADD COLUMN more {kind} DEFAULT NULL"
    drop = f"ALTER TABLE {name} DROP COLUMN more"
    there: list[bool] = []

    def before() -> None:
        if there:
            bed.execute(drop)
        there.append(True)

    return Task(lambda: bed.execute(add), before=before)


def _wider_driver(bed: DriverBed) -> Task:
    table = _filled(bed)
    statements = [s.format(table=_place(table)) for s in _BY_HAND[bed.database]]

    def run() -> None:
        for statement in statements:
            bed.execute(statement)

    return Task(run, before=lambda: _alter(table, _WIDER) or _alter(table, _BEFORE))


def _place(table: Any) -> str:
    found: str = table().db.dialect.table(table().id.schema, table().id.name)
    return found


CASES = [
    Case("migrate_add", "add an attribute to {count} rows", _to(_ADDED), _add_driver, 1_000_000, 10_000),
    Case("migrate_type", "change a type in {count} rows", _to(_WIDER), _wider_driver, 1_000_000, 10_000),
]
