"""Inserting many rows at once, and one by one."""

from __future__ import annotations

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task
from benchmarks.columns import dicts, names
from benchmarks.handwritten import to_row

WIDTH = 10
WIRE = ["int4", "float8", "float8", "text", "text", "date", "timestamp", "bool", "numeric", "uuid"]


def _bulk(bed: Bed) -> Task:
    table, rows = bed.wide(WIDTH), dicts(WIDTH, bed.count, bed.plain)
    return Task(lambda: table.insert(rows), before=lambda: table().delete_quick())


def _bulk_driver(bed: DriverBed) -> Task:
    table, rows = bed.wide(WIDTH), dicts(WIDTH, bed.count)
    sql, bound = bed.insert_text(table), to_row(bed.database, names(WIDTH))
    send = _copy if bed.database == "postgres" else _executemany
    if send is _copy:
        sql = f"COPY {table().full_table_name} ({', '.join(names(WIDTH))}) FROM STDIN (FORMAT BINARY)"
    return Task(lambda: send(bed, sql, bound(rows)), before=lambda: table().delete_quick())


def _executemany(bed: DriverBed, sql: str, rows: list[object]) -> None:
    begin = bed.raw.begin if bed.database == "mysql" else lambda: bed.execute("BEGIN")
    begin()
    bed.raw.cursor().executemany(sql, rows)
    bed.raw.commit()


def _copy(bed: DriverBed, sql: str, rows: list[object]) -> None:
    with bed.raw.cursor().copy(sql) as copy:
        copy.set_types(WIRE)
        write = copy.write_row
        for row in rows:
            write(row)


def _single(bed: Bed) -> Task:
    table, rows = bed.wide(WIDTH), dicts(WIDTH, bed.count, bed.plain)

    def run() -> None:
        for row in rows:
            table.insert1(row)

    return Task(run, before=lambda: table().delete_quick())


def _single_driver(bed: DriverBed) -> Task:
    table, rows = bed.wide(WIDTH), dicts(WIDTH, bed.count)
    sql, bound = bed.insert_text(table), to_row(bed.database, names(WIDTH))

    def run() -> None:
        for row in rows:
            bed.execute(sql, bound((row,))[0])

    return Task(run, before=lambda: table().delete_quick())


CASES = [
    Case("insert", "insert {count} rows of 10 columns", _bulk, _bulk_driver, 100_000, 10_000, limit=1.5),
    Case("insert1", "{count} single inserts", _single, _single_driver, 1000, 200),
]
