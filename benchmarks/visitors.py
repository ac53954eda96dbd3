"""People who look at pages, in a process of their own: ``python -m benchmarks.visitors address pages users``."""

from __future__ import annotations

import http.client
import json
import math
import random
import subprocess
import sys
import threading
import time
from statistics import median

THINKING = 2.0
"""Seconds between two pages of one person."""
EACH = 8
"""Pages that each person looks at."""


def visit(address: str, pages: dict[str, str], users: int) -> float:
    """Seconds within which 19 of 20 pages were there; how long each kind took is told on the way."""
    command = [sys.executable, "-m", "benchmarks.visitors", address, json.dumps(pages), str(users)]
    found: dict[str, list[float]] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    for name, seconds in ((n, s) for n, s in found.items() if s):
        told = f"{name:15} median {median(seconds) * 1e3:6.1f} ms, 95 % {_most(seconds) * 1e3:6.1f} ms"
        print(told, file=sys.stderr)
    return _most([s for seconds in found.values() for s in seconds])


def _most(seconds: list[float]) -> float:
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]


def _look(address: str, pages: dict[str, str], found: dict[str, list[float]], chance: random.Random) -> None:
    """What one person does."""
    connection = http.client.HTTPConnection(address)
    time.sleep(chance.uniform(0, THINKING))
    for _ in range(EACH):
        name = chance.choice(list(pages))
        start = time.perf_counter()
        connection.request("GET", pages[name])
        answer = connection.getresponse()
        answer.read()
        found[name].append(time.perf_counter() - start)
        if answer.status != 200:
            raise SystemExit(f"{pages[name]}: {answer.status}")
        time.sleep(THINKING)


def main(address: str, pages: str, users: str) -> None:
    """Let people look, and print how long it took."""
    wanted: dict[str, str] = json.loads(pages)
    found: dict[str, list[float]] = {name: [] for name in wanted}
    threads = [
        threading.Thread(target=_look, args=(address, wanted, found, random.Random(n))) for n in range(int(users))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(len, found.values())) == EACH * int(users), "somebody has not got all pages"
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
