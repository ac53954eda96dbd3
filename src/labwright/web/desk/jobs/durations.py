"""How long computations take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Durations:
    """How long the newest computations took, in seconds.

    Parameters
    ----------
    count : int
    median, most : float
        Half of them took no longer than that, and 19 of 20.

    Examples
    --------
    >>> Durations.of([1.0, 2.0, 9.0])
    Durations(count=3, median=2.0, most=9.0)
    """

    count: int
    median: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Durations | None:
        """What they come to; None for none."""
        if not seconds:
            return None
        ordered = sorted(seconds)
        return cls(len(ordered), median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))])

    def left(self, keys: int, workers: int) -> float:
        """Seconds until so many keys are computed."""
        return keys * self.median / max(1, workers)
