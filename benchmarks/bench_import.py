"""Importing, in a new Python each time."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task

TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
DRIVERS = {"sqlite": "import sqlite3", "postgres": "import psycopg", "mysql": "import MySQLdb"}


def _seconds(statement: str) -> float:
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TIMED.format(statement)], capture_output=True, text=True, check=True
    )
    return float(answer.stdout.splitlines()[-1])


def _import(bed: Bed) -> Task:
    return Task(lambda: _seconds(f"import {bed.side}"))


def _names(bed: Bed) -> Task:
    return Task(lambda: _seconds(f"from {bed.side} import Schema, Manual, Computed"))


def _driver(bed: DriverBed) -> Task:
    return Task(lambda: _seconds(DRIVERS[bed.database]))


CASES = [
    Case("import", "import the package", _import, _driver, budget="40 ms"),
    Case("import_names", "import Schema, Manual and Computed", _names, _driver),
]
