"""Building an expression over three tables and making SQL of it; the database is not asked."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.beds import Bed
from benchmarks.case import Case, Task


def three_tables(bed: Bed) -> tuple[Any, Any, Any]:
    """Subjects, their sessions, and the trials of those."""
    subject = bed.table("Subject", "subject : int32\n---\nsex : enum('F', 'M')\nmass : float64")
    session = bed.table(
        "Session", "-> Subject\nsession : int16\n---\nday : date\nscore : float64", context={"Subject": subject}
    )
    trial = bed.table(
        "Trial", "-> Session\ntrial : int16\n---\ndelay : float64\nright : bool", context={"Session": session}
    )
    bed.declare()
    return subject, session, trial


def _pipeline(bed: Bed) -> Task:
    subject, session, trial = three_tables(bed)

    def run() -> float:
        start = time.perf_counter()
        for i in range(bed.count):
            query = subject * session * trial & {"subject": i} & "score > 0.5"
            query.proj("score", speed="1 / delay").make_sql()
        return (time.perf_counter() - start) / bed.count

    return Task(run)


CASES = [Case("compile", "build and compile a query over three tables", _pipeline, None, 2000, 200, budget="60 us")]
