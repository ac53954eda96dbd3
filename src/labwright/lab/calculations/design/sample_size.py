"""How many units an experiment needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil, sqrt
from typing import Any, ClassVar, Literal

import labwright as lw
from labwright.lab.calculations.design.content import plain
from labwright.lab.packages import package, versions

Accuracy = Literal["exact", "approximate", "simulated"]


@dataclass(frozen=True, kw_only=True)
class PlannedTest(ABC):
    """A planned test and the effect it is to find: what sample size is calculated from.

    Parameters
    ----------
    alpha : float
        Probability of a false positive that is accepted, between 0 and 1.

    Examples
    --------
    >>> from labwright.lab.calculations.design import TwoSampleT
    >>> round(TwoSampleT(d=1).power(30, 30), 4)
    0.9677
    """

    accuracy: ClassVar[Accuracy] = "exact"
    formula: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ("scipy", "numpy")
    least: ClassVar[int] = 2
    most: ClassVar[int] = 1_000_000
    """Units in the first group up to which a number is sought."""
    divisible: ClassVar[bool] = True
    """Whether the formula has a meaning between whole numbers of units."""

    alpha: float = 0.05

    def __post_init__(self) -> None:
        require(0 < self.alpha < 1, f"alpha is {self.alpha}: it is a probability between 0 and 1.")

    @abstractmethod
    def power(self, *sizes: float) -> float:
        """The probability of finding the effect with groups of these sizes."""

    def sizes(self, n: float) -> tuple[float, ...]:
        """The sizes of all groups where the first has `n` units."""
        return (n,)

    def inputs(self) -> dict[str, Any]:
        """All that was put in, as plain data for JSON."""
        return {field.name: plain(getattr(self, field.name), field.name) for field in fields(self)}


def require(condition: bool, otherwise: str) -> None:
    """Refuse what cannot be calculated with.

    Raises
    ------
    DataError
        With the sentence given.

    Examples
    --------
    >>> require(True, "never said")
    """
    if not condition:
        raise lw.errors.DataError(otherwise)


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many units are needed, and everything that this was calculated from.

    Parameters
    ----------
    test : str
    inputs : mapping
        Effect size, alpha, sides, ratio, seed and what else the test has.
    target : float
        The power that was asked for.
    n_exact : float or None
        Units in the first group as the formula has it, before rounding; None where it only knows whole units.
    n : tuple of int
        Units to be analysed in each group, each rounded up.
    power : float
        With the groups of `n`.
    attrition : float
        The share of units expected to be lost.
    enrolled : tuple of int
        Units to begin with in each group: ``n / (1 - attrition)``, rounded up.
    accuracy : str
        ``'exact'`` where the assumptions of the test hold, ``'approximate'`` or ``'simulated'``.
    error : float or None
        The standard error of a simulated power.
    formula : str
    software : mapping from str to str
        Packages and their versions.

    Examples
    --------
    >>> from labwright.lab.calculations.design import TwoSampleT, sample_size
    >>> found = sample_size(TwoSampleT(d=0.5), attrition=0.1)
    >>> found.n, found.enrolled, round(found.power, 3), found.accuracy
    ((64, 64), (72, 72), 0.801, 'exact')
    """

    test: str
    inputs: Mapping[str, Any]
    target: float
    n_exact: float | None
    n: tuple[int, ...]
    power: float
    attrition: float
    enrolled: tuple[int, ...]
    accuracy: Accuracy
    error: float | None
    formula: str
    software: Mapping[str, str]

    @property
    def total(self) -> int:
        """Units to begin with, in all groups."""
        return sum(self.enrolled)

    def content(self) -> dict[str, Any]:
        """All of it as plain data for JSON."""
        return {field.name: plain(getattr(self, field.name), field.name) for field in fields(self)}


def sample_size(test: PlannedTest, power: float = 0.8, attrition: float = 0.0) -> SampleSize:
    """Calculate the least number of units with which a test has the power.

    The formula is solved for the size of the first group, each group is rounded up by itself, then attrition is added.

    Parameters
    ----------
    test : PlannedTest
        One of `OneSampleT`, `PairedT`, `TwoSampleT`, `WelchT`, `Anova`, `Correlation`, `TwoProportions`, `FisherExact`,
        `ChiSquare`, `Nested`, `Simulated`.
    power : float
        Between alpha and 1.
    attrition : float
        The share of units expected to be lost, from 0, below 1.

    Returns
    -------
    SampleSize

    Raises
    ------
    DataError
        When the power is not reached with a million units in the first group, 500 of `FisherExact`, 10,000 of a
        simulation, or an input has no meaning.
    MissingPackageError
        When scipy is not installed.

    Examples
    --------
    >>> from labwright.lab.calculations.design import TwoSampleT
    >>> sample_size(TwoSampleT(d=0.5, ratio=2), power=0.9).n
    (64, 128)
    """
    require(test.alpha < power < 1, f"The power {power} is not between alpha, {test.alpha}, and 1.")
    require(0 <= attrition < 1, f"The attrition {attrition} is no share from 0 and below 1.")
    n_exact = _solution(test, power) if test.divisible else None
    n = tuple(map(_up, test.sizes(_least_whole(test, power) if n_exact is None else n_exact)))
    reached = test.power(*n)
    return SampleSize(
        test=type(test).__name__,
        inputs=test.inputs(),
        target=power,
        n_exact=n_exact,
        n=n,
        power=reached,
        attrition=attrition,
        enrolled=tuple(ceil(size / (1 - Fraction(str(attrition)))) for size in n),
        accuracy=test.accuracy,
        error=sqrt(reached * (1 - reached) / test.inputs()["runs"]) if test.accuracy == "simulated" else None,
        formula=test.formula,
        software=versions(*test.packages),
    )


def _up(size: float) -> int:
    return ceil(size * (1 - 1e-9))  # what a solver leaves beyond a whole number is no animal


def _solution(test: PlannedTest, power: float) -> float:
    low, high = _bracket(test, power)
    if low == high:
        return float(low)
    solve = package("scipy.optimize").brentq
    return float(solve(lambda n: test.power(*test.sizes(n)) - power, low, high, xtol=1e-9))


def _bracket(test: PlannedTest, power: float) -> tuple[int, int]:
    """A number with too little power and one with enough; twice the least where that is enough."""
    low, high = test.least, test.least
    while not test.power(*_whole(test, high)) >= power:  # also where a formula has no value yet
        require(high < test.most, f"A power of {power} is not reached with {test.most:,} units: is the effect right?")
        low, high = high, min(2 * high, test.most)
    return low, high


def _whole(test: PlannedTest, n: int) -> Iterable[float]:
    return test.sizes(n) if test.divisible else map(_up, test.sizes(n))


def _least_whole(test: PlannedTest, power: float) -> int:
    """The least number with enough power, after which no dip follows within the next tenth."""
    low, high = _bracket(test, power)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if test.power(*_whole(test, middle)) >= power else (middle, high)
    return _after_dips(test, power, high)


def _after_dips(test: PlannedTest, power: float, n: int) -> int:
    if test.accuracy == "simulated":
        return n  # whose dips are chance
    for further in range(n + max(8, n // 10), n, -1):
        if test.power(*_whole(test, further)) < power:
            return _after_dips(test, power, further + 1)
    return n
