"""One contender of one benchmark, in a process of its own: it times itself whenever it is told to go."""

from __future__ import annotations

import gc
import json
import sys
import time
import warnings
from typing import TYPE_CHECKING

from benchmarks.beds import BEDS
from benchmarks.cases import CASES
from benchmarks.memory import peak, resident, trim

if TYPE_CHECKING:
    from benchmarks.case import Task


def main(side: str, url: str, name: str, count: str) -> None:
    warnings.simplefilter("ignore")
    case = CASES[name]
    bed = BEDS[side](url, int(count))
    try:
        make = case.driver if side == "driver" else case.pipeline
        task = make(bed)  # type: ignore[arg-type,misc]  # who has no driver is not asked for one
        for _ in sys.stdin:
            print(json.dumps(measured(task)), flush=True)
    finally:
        bed.clean()


def measured(task: Task) -> dict[str, float]:
    """Seconds and bytes of one run, and the share of the data that was fetched where that is counted."""
    task.before()
    gc.collect()
    trim()
    memory = resident()
    start = time.perf_counter()
    result = task.run()
    seconds = time.perf_counter() - start
    if isinstance(result, float):  # it timed itself
        seconds = result
    task.after()
    found = {"seconds": seconds, "growth": max(0, peak() - memory)}
    return found if task.share is None else found | {"share": task.share()}


if __name__ == "__main__":
    main(*sys.argv[1:])
