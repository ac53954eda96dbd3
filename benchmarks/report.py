"""The table, in Markdown."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.interop.peers import CURRENT

from benchmarks.measure import Measured

TITLES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MariaDB"}
HEAD = """\
| What | Database | Labwright | Driver | Labwright / driver | DataJoint | DataJoint / Labwright | Goal |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"""
PACKAGES = ("numpy", "pandas", "polars", "pyarrow", "psycopg", "mysqlclient")
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "MB": 1e6, "%": 1e-2}


def machine() -> str:
    """What it ran on, without a name."""
    today = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in PACKAGES)
    return (
        f"{today}, {os.cpu_count()} cores ({_processor()}), {platform.system()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}, datajoint {CURRENT}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def line(measured: Measured) -> str:
    """One row of the table."""
    cells = [
        measured.case.title.format(count=f"{measured.count:,}"),
        TITLES[measured.database],
        _time(measured.time("labwright")) + _used(measured),
        _time(measured.time("driver")),
        _ratio(measured.ratio("labwright", "driver")),
        _time(measured.time("datajoint")),
        _ratio(measured.ratio("datajoint", "labwright")),
        ", ".join(goals(measured)),
    ]
    return f"| {' | '.join(cells)} |"


def goals(measured: Measured) -> Sequence[str]:
    """The goals of a case, and which are missed."""
    case, found = measured.case, []
    over, peer = measured.ratio("labwright", "driver"), measured.ratio("datajoint", "driver")
    if case.limit and over:
        found.append(_goal(f"at most {case.limit} x driver", over <= case.limit))
    wanted = case.faster or (5.0 if case.limit and peer and peer > 5 else None)
    faster = measured.ratio("datajoint", "labwright")
    if wanted and faster:
        found.append(_goal(f"{wanted:g} x faster than DataJoint", faster >= wanted))
    if case.budget and measured.seconds.get("labwright"):
        number, unit = case.budget.split()
        used = _USED.get(unit, lambda m: median(m.seconds["labwright"]))(measured)
        found.append(_goal(f"at most {case.budget}", used <= float(number) * UNITS[unit]))
    return found


_USED = {"MB": lambda m: max(m.growth["labwright"]), "%": lambda m: max(m.share["labwright"])}


def _goal(text: str, reached: bool) -> str:
    return f"{text}: reached" if reached else f"{text}: **missed**"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    unit = "s" if seconds >= 1 else "ms" if seconds >= 1e-3 else "us"
    return f"{seconds / UNITS[unit]:.3g} {unit}"


def _used(measured: Measured) -> str:
    unit = measured.case.budget.rpartition(" ")[2]
    if unit not in _USED or not measured.seconds.get("labwright"):
        return ""
    used = _USED[unit](measured) / UNITS[unit]
    return f", +{used:.0f} MB" if unit == "MB" else f", {used:.2f} %"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
