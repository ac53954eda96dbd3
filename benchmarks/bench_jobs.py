"""The queue of a table: bringing in keys, taking them, and workers that compute them together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.bench_populate import replayed
from benchmarks.case import Case, Task
from benchmarks.crew import Crew
from benchmarks.filling import Filling

FEW = 1000
"""Keys in a short queue."""
CLAIMS = 200


def _filling(bed: Bed, commits: str = "shared", keys: int | None = None) -> Filling:
    filling = Filling(bed, commits)
    filling.add(keys or bed.count)
    return filling


def _alone(commits: str) -> Callable[[Bed], Task]:
    def task(bed: Bed) -> Task:
        filling = _filling(bed, commits)
        return Task(_populate(filling), before=filling.clear, after=filling.check)

    return task


def _populate(filling: Filling) -> Callable[[], object]:
    return lambda: filling.target.populate(reserve_jobs=True)


def _alone_driver(commits: str) -> Callable[[DriverBed], Task]:
    def task(bed: DriverBed) -> Task:
        filling = _filling(bed, commits)
        return replayed(bed, filling, _populate(filling))

    return task


def _together(workers: int, commits: str) -> Callable[[Bed], Task]:
    def task(bed: Bed) -> Task:
        filling = _filling(bed, commits)
        filling.target.populate(reserve_jobs=True)
        return Task(Crew(bed, workers, commits).work, before=filling.clear, after=filling.check)

    return task


def _refresh(bed: Bed) -> Task:
    filling = _filling(bed)
    return Task(filling.target.jobs.refresh, before=filling.clear)


def _refresh_driver(bed: DriverBed) -> Task:
    filling = _filling(bed)
    filling.target.jobs.refresh()  # which makes the queue
    filling.clear()
    statements = bed.record(filling.target.jobs.refresh)
    return Task(bed.replay(statements), before=filling.clear)


def _claims(count: int | None = None) -> Callable[[Any], Task]:
    """Taking keys, one at a time, of so many that wait."""

    def task(bed: Bed) -> Task:
        from labwright.jobs.job import WorkerId
        from labwright.jobs.queue import Queue

        filling = _filling(bed, keys=count)
        queue, worker = Queue(filling.target()), WorkerId.new()
        filling.target.jobs.refresh()
        held: list[Any] = []

        def run() -> None:
            for _ in range(CLAIMS):
                held.extend(queue.claim(worker, 1, lease=3600.0))

        def give_back() -> None:
            queue.release(held)
            held.clear()

        return Task(run, before=give_back)

    return task


def _computing(count: int | None = None) -> Callable[[Any], Task]:
    """Computing some of so many keys that wait."""

    def task(bed: Bed) -> Task:
        filling = _filling(bed, keys=count)

        def refill() -> None:
            filling.target().delete_quick()
            filling.target.jobs.refresh()

        def run() -> None:
            filling.target.populate(reserve_jobs=True, refresh=False, max_calls=FEW)

        return Task(run, before=refill)

    return task


SHARED, EACH = "{count} trivial make calls by a queue", "{count} trivial make calls by a queue, one commit each"
CASES = [
    Case("jobs", SHARED, _alone("shared"), _alone_driver("shared"), 1000, 100, 2.0, faster=5.0),
    Case("jobs_each", EACH, _alone("each"), _alone_driver("each"), 1000, 100, 2.0, faster=2.0),
    Case(
        "jobs_fast", f"{SHARED}, synchronous NORMAL", _alone("shared"), _alone_driver("shared"), 5000, 5000, 2.0,
        budget="1 s", databases=("sqlite",),
    ),
    *(
        Case(
            f"jobs_{workers}{suffix}", f"{title}, by {workers} workers", _together(workers, commits), count=2000,
            few=200, faster=faster if workers == 8 else None,
        )
        for commits, suffix, title, faster in (("shared", "", SHARED, 10.0), ("each", "_each", EACH, 4.0))
        for workers in (1, 2, 4, 8)
    ),
    Case("jobs_64", f"{SHARED}, by 64 workers", _together(64, "shared"), None, 6400, 640, peer=False, turns=2),
    Case("refresh", "bring {count} keys into an empty queue", _refresh, _refresh_driver, 10_000, 1000),
    Case(
        "refresh_many", "bring {count} keys into an empty queue", _refresh, _refresh_driver, 1_000_000, 100_000,
        peer=False, budget="20 s", turns=2,
    ),
    Case(
        "claim", f"claim {CLAIMS} of {{count}} keys one by one (driver: of {FEW:,})", _claims(), _claims(FEW),
        1_000_000, 100_000, 1.2, peer=False,
    ),
    Case(
        "claim_compute", f"compute {FEW:,} of {{count}} keys by a queue (driver: of {FEW:,})", _computing(),
        _computing(FEW), 1_000_000, 100_000, 1.2, peer=False,
    ),
    Case("jobs_memory", SHARED, _alone("shared"), None, 100_000, 10_000, peer=False, budget="50 MB", turns=1),
]  # fmt: skip
