"""One worker of a crew, in a process of its own: it fills the table whenever it is told to go."""

from __future__ import annotations

import sys
import warnings

from benchmarks.beds import BEDS
from benchmarks.filling import Filling


def main(side: str, url: str, schema: str, commits: str) -> None:
    warnings.simplefilter("ignore")
    target = Filling(BEDS[side](url, 0, schema), commits).target
    target.progress()
    print("ready", flush=True)
    for _ in sys.stdin:
        target.populate(reserve_jobs=True)
        print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
