"""Calling make without a queue, and a look at a table that has all its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.beds import Bed, DriverBed
from benchmarks.case import Case, Task
from benchmarks.filling import Filling


def _pipeline(commits: str, *, careful: bool = False) -> Callable[[Bed], Task]:
    def task(bed: Bed) -> Task:
        filling = Filling(bed, commits)
        filling.add(bed.count)
        if careful:
            bed.sql(CAREFUL)
        return Task(filling.target.populate, before=filling.clear, after=filling.check)

    return task


CAREFUL = "PRAGMA synchronous = FULL"


def _driver(commits: str, *, careful: bool = False) -> Callable[[DriverBed], Task]:
    def task(bed: DriverBed) -> Task:
        filling = Filling(bed, commits)
        filling.add(bed.count)
        if careful:
            bed.execute(CAREFUL)
        return replayed(bed, filling, filling.target.populate)

    return task


def replayed(bed: DriverBed, filling: Filling, action: Callable[[], object]) -> Task:
    """The statements of an action that fills the table, as they are when all is prepared."""
    action()
    filling.clear()
    statements = bed.record(action)
    return Task(bed.replay(statements), before=filling.clear, after=filling.check)


def _done(bed: Bed) -> Task:
    filling = Filling(bed)
    filling.add(bed.count)
    filling.fill()
    return Task(filling.target.populate, after=filling.check)


def _done_driver(bed: DriverBed) -> Task:
    filling = Filling(bed)
    filling.add(bed.count)
    filling.fill()
    filling.target.populate()  # which makes what it needs
    return Task(bed.replay(bed.record(filling.target.populate)))


def _case(name: str, title: str, commits: str, **more: Any) -> Case:
    careful = more.pop("careful", False)
    run, hand = _pipeline(commits, careful=careful), _driver(commits, careful=careful)
    return Case(name, title, run, hand, **{"count": 1000, "few": 100, "limit": 2.0, "faster": 1.0, **more})


CASES = [
    _case("populate", "{count} trivial make calls that share commits", "shared"),
    _case("populate_each", "{count} trivial make calls, one commit each", "each"),
    _case(
        "populate_fast", "{count} trivial make calls that share commits, synchronous NORMAL", "shared",
        count=5000, few=5000, budget="1 s", databases=("sqlite",),
    ),
    _case(
        "populate_full", "{count} trivial make calls that share commits, synchronous FULL", "shared",
        count=5000, few=5000, databases=("sqlite",), careful=True,
    ),
    _case(
        "populate_full_each", "{count} trivial make calls, one commit each, synchronous FULL", "each",
        databases=("sqlite",), careful=True,
    ),
    Case(
        "populate_done", "populate where all of {count} keys have rows", _done, _done_driver, 1_000_000, 100_000, 2.0,
        faster=1.0,
    ),
]  # fmt: skip
