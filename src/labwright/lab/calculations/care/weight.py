"""How heavy an animal is beside what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import labwright as lw

Grams = float | Decimal | Fraction
Verdict = Literal["fine", "warn", "stop", "no baseline"]


def exact(value: Grams) -> Fraction:
    """A number as it is written: 0.1 is a tenth.

    Examples
    --------
    >>> exact(0.1)
    Fraction(1, 10)
    """
    try:
        return value if isinstance(value, Fraction) else Fraction(str(value))
    except ValueError as error:
        raise lw.errors.DataError(f"{value!r} is no number of grams or millilitres.") from error


@dataclass(frozen=True)
class Baseline:
    """The weight that later ones are compared with, as a rule the last before a restriction.

    Parameters
    ----------
    grams : float, Decimal or Fraction
        As weighed.
    implant : float, Decimal or Fraction
        Grams of it that are implant.
    age : float, optional
        Days since birth, which growth is calculated from.

    Raises
    ------
    DataError
        When nothing is left without the implant, or a number is below 0.

    Examples
    --------
    >>> Baseline(25, implant=1.5).body
    Fraction(47, 2)
    """

    grams: Grams
    implant: Grams = 0
    age: float | None = None

    def __post_init__(self) -> None:
        if exact(self.implant) < 0 or self.body <= 0 or (self.age is not None and not self.age >= 0):
            raise lw.errors.DataError(
                f"A baseline of {self.grams} g with an implant of {self.implant} g at the age of {self.age} days "
                "cannot be. The animal weighs more than its implant, and was born before."
            )

    @property
    def body(self) -> Fraction:
        """Grams without the implant."""
        return exact(self.grams) - exact(self.implant)


def percent_weight(grams: Grams, implant: Grams, expected: Fraction | Baseline | None) -> float | None:
    """The weight of the body in percent of what is expected of it: 100 (weight - implant) / expected.

    Parameters
    ----------
    grams : float, Decimal or Fraction
        As weighed.
    implant : float, Decimal or Fraction
        Grams of it that are implant now, which may be another than that of the baseline.
    expected : Fraction, Baseline or None
        Of the body: that of the baseline, or of `expected_body` where the animal grows.

    Returns
    -------
    float or None
        None without a baseline, which is no percentage and not 0. It is rounded once, from an exact fraction.

    Raises
    ------
    DataError
        When the implant weighs more than the animal.

    Examples
    --------
    >>> percent_weight(22.65, implant=1.5, expected=Baseline(25, implant=1.5))
    90.0
    """
    body = exact(grams) - exact(implant)
    if body <= 0 or exact(implant) < 0:
        raise lw.errors.DataError(f"An animal of {grams} g cannot have an implant of {implant} g. Correct one of them.")
    if expected is None:
        return None
    return float(100 * body / (expected.body if isinstance(expected, Baseline) else expected))


@dataclass(frozen=True)
class WeightPolicy:
    """From which weight on somebody is told, and from which on the animal is taken out: a lab or protocol says it.

    Parameters
    ----------
    warn, stop : float
        Percent of the expected weight; at these and below.
    growth : float
        Of the expected weight, the share that follows the growth of the strain, from 0 to 1; the rest is the baseline.

    Examples
    --------
    >>> policy = WeightPolicy(warn=87, stop=85)
    >>> [policy.judge(percent) for percent in (90.0, 86.0, 85.0, None)]
    ['fine', 'warn', 'stop', 'no baseline']
    """

    warn: float
    stop: float
    growth: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.stop <= self.warn <= 100 or not 0 <= self.growth <= 1:
            raise lw.errors.DataError(
                f"A policy that warns at {self.warn} %, stops at {self.stop} % and has {self.growth} as its share of "
                "growth cannot be: percentages are above 0 to 100, no stop is above a warning, a share is from 0 to 1."
            )

    def judge(self, percent: float | None) -> Verdict:
        """What a percentage of `percent_weight` means."""
        if percent is None:
            return "no baseline"
        return "stop" if percent <= self.stop else "warn" if percent <= self.warn else "fine"


@dataclass(frozen=True)
class Growth:
    """How animals of a strain and sex grow.

    Parameters
    ----------
    table : mapping
        Age in days -> mean and standard deviation of the body, in grams. Between two ages both are interpolated; before
        the first and after the last they stay as these.

    Raises
    ------
    DataError
        When the table is empty, or a mean or standard deviation is not above 0.

    Examples
    --------
    >>> growth = Growth({28: (14.0, 1.0), 56: (20.0, 1.5)})
    >>> growth.at(42), growth.at(100)
    ((17.0, 1.25), (20.0, 1.5))
    """

    table: Mapping[float, tuple[float, float]]

    def __post_init__(self) -> None:
        if not self.table or min(value for row in self.table.values() for value in row) <= 0:
            raise lw.errors.DataError("A table of growth has an age at least, with a mean and deviation above 0.")

    def at(self, age: float) -> tuple[float, float]:
        """The mean and standard deviation at an age in days."""
        ages = sorted(self.table)
        age = min(max(age, ages[0]), ages[-1])
        for before, after in pairwise(ages):
            if before <= age <= after:
                share = (age - before) / (after - before)
                return (
                    self.table[before][0] * (1 - share) + self.table[after][0] * share,
                    self.table[before][1] * (1 - share) + self.table[after][1] * share,
                )
        return self.table[ages[0]]


def expected_body(baseline: Baseline, policy: WeightPolicy, growth: Growth | None = None, age: float = 0) -> Fraction:
    """The weight that is expected of the body, in grams without an implant.

    An animal is taken to stay as many standard deviations z from the mean of its strain as it was at its baseline:
    mean(age) + sd(age) z. Of this and the baseline the mean is taken, weighted by the share of growth in the policy:
    the rule of Alyx, the colony software of the International Brain Laboratory.

    Parameters
    ----------
    baseline : Baseline
        With its age, where the policy has a share of growth.
    policy : WeightPolicy
    growth : Growth, optional
    age : float
        Days since birth, now.

    Raises
    ------
    DataError
        When the policy has a share of growth, and the age at the baseline or the table is not known.

    Examples
    --------
    >>> growth = Growth({28: (14.0, 1.0), 56: (20.0, 1.5)})
    >>> young = Baseline(15, age=28)
    >>> [float(expected_body(young, WeightPolicy(85, 80, share), growth, age=56)) for share in (0, 0.5, 1)]
    [15.0, 18.25, 21.5]
    """
    if not policy.growth:
        return baseline.body
    if growth is None or baseline.age is None:
        raise lw.errors.DataError(
            "The policy lets expected weights grow, and that needs a table of growth and the age at the baseline. "
            "Give both, or a policy without growth."
        )
    (mean_then, sd_then), (mean, sd) = growth.at(baseline.age), growth.at(age)
    grown = mean + sd * (float(baseline.body) - mean_then) / sd_then
    if grown <= 0:
        raise lw.errors.DataError(f"The table of growth expects {grown:g} g of this animal. Is its baseline right?")
    share = exact(policy.growth)
    return share * exact(grown) + (1 - share) * baseline.body
