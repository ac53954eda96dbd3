"""Backing up very many rows, and restoring them, beside the driver that reads or writes them by itself."""

from __future__ import annotations

import shutil
import tempfile
from collections import deque
from pathlib import Path
from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.bench_insert import WIRE
from benchmarks.bench_stream import batches
from benchmarks.case import Case, Task
from benchmarks.columns import definition, dicts, names
from benchmarks.handwritten import to_row

WIDTH = 10
CHUNK = 50_000


def _table(bed: Bed) -> Any:
    table = bed.table("Wide", definition(WIDTH), "Imported")
    bed.declare()
    return table


def _filled(bed: Bed) -> Any:
    table, rows = _table(bed), dicts(WIDTH, min(CHUNK, bed.count))
    for start in range(0, bed.count, len(rows)):
        table.insert([{**row, "key": start + row["key"]} for row in rows], allow_direct_insert=True)
    return table


def _backup(bed: Bed) -> Task:
    _filled(bed)
    folder = Path(tempfile.mkdtemp())

    def clear() -> None:
        shutil.rmtree(folder)
        folder.mkdir()

    return Task(lambda: bed.lw.backup(folder / "lab.zip", bed.name), before=clear)


def _select(bed: DriverBed) -> Task:
    sql = _filled(bed)().make_sql()
    return Task(lambda: deque(batches(bed, sql), maxlen=0))


def _restore(bed: Bed) -> Task:
    _filled(bed)
    path = Path(tempfile.mkdtemp()) / "lab.zip"
    bed.lw.backup(path, bed.name)
    return Task(lambda: bed.lw.restore(path), before=lambda: bed.schema.drop(prompt=False))


def _insert(bed: DriverBed) -> Task:
    table = _table(bed)
    rows = to_row(bed.database, names(WIDTH))(dicts(WIDTH, bed.count))
    send = _copy if bed.database == "postgres" else _executemany
    return Task(lambda: send(bed, table, rows), before=lambda: table().delete_quick())


def _copy(bed: DriverBed, table: Any, rows: list[Any]) -> None:
    with bed.raw.cursor().copy(f"COPY {table().full_table_name} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(WIRE)
        for row in rows:
            copy.write_row(row)


def _executemany(bed: DriverBed, table: Any, rows: list[Any]) -> None:
    bed.execute("BEGIN")
    bed.raw.cursor().executemany(bed.insert_text(table), rows)
    bed.raw.commit()


CASES = [
    Case("backup", "back up {count} rows of 10 columns", _backup, _select, 1_000_000, 20_000, 12, peer=False),
    Case("restore", "restore {count} rows of 10 columns", _restore, _insert, 1_000_000, 20_000, 5, peer=False),
]
