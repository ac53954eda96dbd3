"""What a benchmark is: one thing to do, written once for both pipelines and once by hand for the driver."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.beds import Bed, DriverBed

DATABASES = ("sqlite", "postgres", "mysql")


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Task:
    """What is timed, what is done before and after each time without being timed, and what share was fetched."""

    run: Callable[[], object]
    before: Callable[[], object] = nothing
    after: Callable[[], object] = nothing
    share: Callable[[], float] | None = None


@dataclass(frozen=True)
class Case:
    """One line of the table.

    Parameters
    ----------
    name : str
        As it is asked for.
    title : str
        As it is printed; ``{count}`` is how many there are.
    pipeline : callable
        Makes the task for Labwright and for DataJoint, which speak the same language.
    driver : callable, optional
        Makes the task for the raw driver.
    count, few : int
        How many rows, keys or calls there are, and how many with ``--quick``.
    limit : float, optional
        The most times the driver's time that is meant to be reached.
    peer : bool
        Whether DataJoint can do it.
    faster : float, optional
        How many times as fast as DataJoint it is meant to be.
    turns : int, optional
        The most turns that count, where one takes long.
    budget : str
        What else is to be reached, e.g. ``"60 us"`` of time, ``"50 MB"`` of growth, or to fetch ``"2 %"`` of the data.
    """

    name: str
    title: str
    pipeline: Callable[[Bed], Task]
    driver: Callable[[DriverBed], Task] | None = None
    count: int = 1
    few: int = 1
    limit: float | None = None
    peer: bool = True
    budget: str = ""
    databases: tuple[str, ...] = DATABASES
    faster: float | None = None
    turns: int | None = None
