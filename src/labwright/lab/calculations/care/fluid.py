"""How much an animal under fluid restriction is to have, and when it is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import labwright as lw
from labwright.lab.calculations.care.weight import Grams, exact


@dataclass(frozen=True)
class FluidPolicy:
    """How much fluid an animal has a day: a lab or protocol says it.

    Parameters
    ----------
    ml_per_gram : float
        Millilitres for each gram of the body.
    ml_per_gram_light : float
        The same for an animal that is too light.
    light : float
        Percent of the expected weight below which it is.
    hours : float
        After so many hours without fluid it is due, if it has not had all.

    Examples
    --------
    >>> policy = FluidPolicy(ml_per_gram=0.04, ml_per_gram_light=0.05, light=80, hours=23)
    >>> policy.minimum(25, percent=90.0), policy.minimum(20, percent=75.0)
    (1.0, 1.0)
    """

    ml_per_gram: float
    ml_per_gram_light: float
    light: float
    hours: float

    def __post_init__(self) -> None:
        if not (0 < self.ml_per_gram <= self.ml_per_gram_light and 0 <= self.light <= 100 and self.hours > 0):
            raise lw.errors.DataError(
                f"{self} cannot be. Millilitres and hours are above 0, a light animal has no less than others, "
                "and its weight is 0 to 100 percent."
            )

    def minimum(self, body: Grams, percent: float | None) -> float:
        """Millilitres a day for a body, without its implant, of some percent of what is expected.

        Raises
        ------
        DataError
            When there is no percentage, since there is no baseline: it cannot be said then whether it is light.
        """
        if percent is None:
            raise lw.errors.DataError("Without a baseline the minimum cannot be said. Record the baseline weight.")
        if exact(body) <= 0:
            raise lw.errors.DataError(f"A body of {body} g needs no fluid. Correct the weight or the implant.")
        rate = self.ml_per_gram_light if percent < self.light else self.ml_per_gram
        return float(exact(body) * exact(rate))

    def is_due(self, remaining: float, since: datetime, now: datetime) -> bool:
        """Whether an animal that had fluid last, or was restricted, at `since` has waited too long for the rest."""
        return remaining > 0 and now - since >= timedelta(hours=self.hours)


def remaining_fluid(minimum: Grams, given: Iterable[Grams]) -> float:
    """Millilitres that are left to give, after all that was given and drunk in sessions that day; never below 0.

    Raises
    ------
    DataError
        When less than nothing was given.

    Examples
    --------
    >>> remaining_fluid(1.0, [0.3, 0.6])
    0.1
    """
    volumes = [exact(volume) for volume in given]
    if any(volume < 0 for volume in volumes):
        raise lw.errors.DataError("A volume below 0 was given. Correct it.")
    return float(max(exact(minimum) - sum(volumes), Fraction(0)))
