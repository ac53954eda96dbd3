"""A join of three tables, and a summary of one by another."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.bench_compile import three_tables
from benchmarks.case import Case, Task

Query = Callable[[Any, Any, Any], Any]
DAY = datetime.date(2024, 1, 1)


def _filled(bed: Bed) -> tuple[Any, Any, Any]:
    subject, session, trial = three_tables(bed)
    subjects = bed.count // 500
    subject.insert([(i, "FM"[i % 2], i / 7) for i in range(subjects)])
    session.insert([(i, s, DAY, s / 10) for i in range(subjects) for s in range(10)])
    trial.insert([(i, s, t, t / 3, t % 2 == 0) for i in range(subjects) for s in range(10) for t in range(50)])
    return subject, session, trial


def _join(subject: Any, session: Any, trial: Any) -> Any:
    return subject * session * trial & "score > 0.4" & {"sex": "F"}


def _summary(_subject: Any, session: Any, trial: Any) -> Any:
    return session.aggr(trial, n="count(*)", mean="avg(delay)")


def _case(name: str, title: str, query: Query) -> Case:
    def pipeline(bed: Bed) -> Task:
        tables = _filled(bed)
        return Task(lambda: query(*tables).to_dicts())

    def driver(bed: DriverBed) -> Task:
        made = query(*_filled(bed))
        names = list(made.heading)
        ((sql, params),) = bed.record(made.to_dicts)
        plain = "right" not in names or bed.database == "postgres"

        def run() -> list[dict[str, Any]]:
            rows = [dict(zip(names, row, strict=True)) for row in bed.fetch(sql, params)]
            for row in () if plain else rows:
                row["right"] = bool(row["right"])
            if "day" in names and bed.database == "sqlite":
                for row in rows:
                    row["day"] = datetime.date.fromisoformat(row["day"])
            return rows

        return Task(run)

    return Case(name, title, pipeline, driver, 50_000, 5_000)


CASES = [
    _case("join", "join three tables, of {count} rows in all, with two conditions", _join),
    _case("summary", "count and average of {count} rows by their parent", _summary),
]
