"""Tests of counts: two proportions, and tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import asin, sqrt
from typing import Any, ClassVar

from labwright.lab.calculations.design.sample_size import Accuracy, PlannedTest, require
from labwright.lab.packages import package


@dataclass(frozen=True, kw_only=True)
class _Proportions(PlannedTest):
    p1: float
    p2: float
    sides: int = 2
    ratio: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            0 <= min(self.p1, self.p2) < max(self.p1, self.p2) <= 1, "Two different proportions from 0 to 1 are needed."
        )
        require(self.sides in {1, 2}, f"sides is {self.sides}: a test has 1 or 2.")
        require(self.ratio > 0, f"The ratio {self.ratio} is not above 0.")

    def sizes(self, n: float) -> tuple[float, ...]:
        return n, n * self.ratio


@dataclass(frozen=True, kw_only=True)
class TwoProportions(_Proportions):
    """A test of two proportions, approximate: ``asin`` of their roots is nearly normal.

    ``h = 2 asin(sqrt(p1)) - 2 asin(sqrt(p2))``, ``power = P(Z > z(1 - alpha/2) - h / sqrt(1/n1 + 1/n2))`` and the other
    side (Cohen 1988, 6). Take `FisherExact` where groups are below some 50.

    Parameters
    ----------
    p1, p2 : float
        From 0 to 1.
    alpha : float
    sides : int
        1, on the side of the effect, or 2.
    ratio : float
        Units of the second group for each of the first.

    Examples
    --------
    >>> from labwright.lab.calculations.design import sample_size
    >>> sample_size(TwoProportions(p1=0.4, p2=0.6)).n
    (97, 97)
    """

    accuracy: ClassVar[Accuracy] = "approximate"
    formula: ClassVar[str] = "normal, h = 2 asin sqrt(p1) - 2 asin sqrt(p2), over sqrt(1/n1 + 1/n2)"

    def power(self, *sizes: float) -> float:
        first, second = sizes
        normal, h = package("scipy.stats").norm, 2 * abs(asin(sqrt(self.p1)) - asin(sqrt(self.p2)))
        limit, shift = normal.isf(self.alpha / self.sides), h / sqrt(1 / first + 1 / second)
        return float(normal.sf(limit - shift) + (normal.cdf(-limit - shift) if self.sides == 2 else 0))


@dataclass(frozen=True, kw_only=True)
class FisherExact(_Proportions):
    """Fisher's exact test of two proportions, exact: all pairs of counts are added up by their probability.

    Two-sided, tables count as extreme that are no more probable than the one seen. Its power is a saw over n: the
    number found is the least after which no tooth falls below the target within the next tenth. For more than 500
    units take `TwoProportions`, which is as good there.

    Parameters
    ----------
    p1, p2 : float
        From 0 to 1.
    alpha : float
    sides : int
        1, on the side of the effect, or 2.
    ratio : float
        Units of the second group for each of the first.

    Examples
    --------
    >>> round(FisherExact(p1=0.1, p2=0.6).power(18, 18), 3)
    0.862
    """

    formula: ClassVar[str] = "sum of binomial probabilities over the tables that Fisher's test rejects"
    divisible: ClassVar[bool] = False
    most: ClassVar[int] = 500

    def power(self, *sizes: float) -> float:
        import numpy as np

        first, second = map(int, sizes)
        more, less, p, q = (first, second, self.p1, self.p2) if self.p1 > self.p2 else (second, first, self.p2, self.p1)
        binom = package("scipy.stats").binom
        chance = np.outer(binom.pmf(range(more + 1), more, p), binom.pmf(range(less + 1), less, q))
        return float((chance * (_fisher_p(more, less, self.sides) <= self.alpha)).sum())


@lru_cache(maxsize=4)  # of tables as large as both groups
def _fisher_p(first: int, second: int, sides: int) -> Any:
    """The p value of each table of two counts; with one side, for the first having more."""
    import numpy as np

    hypergeom = package("scipy.stats").hypergeom
    a, b = np.ogrid[: first + 1, : second + 1]
    if sides == 1:
        return hypergeom.sf(a - 1, first + second, first, a + b)
    found = np.empty((first + 1, second + 1))
    for hits in range(first + second + 1):
        counts = np.arange(max(0, hits - second), min(first, hits) + 1)
        chance = hypergeom.pmf(counts, first + second, first, hits)
        order = np.argsort(chance)
        ends = np.searchsorted(chance[order], chance * (1 + 1e-7), side="right")  # equal ones differ in the last digit
        found[counts, hits - counts] = np.cumsum(chance[order])[ends - 1]
    return found


@dataclass(frozen=True, kw_only=True)
class ChiSquare(PlannedTest):
    """Pearson's chi-square, of a table or against expected shares; approximate, as the test itself is.

    ``power = P(X' > chi2(1 - alpha, df))``, X' noncentral chi-square with noncentrality ``N w^2`` (Cohen 1988, 7).

    Parameters
    ----------
    w : float
        ``sqrt(sum((p1 - p0)^2 / p0))`` over all cells, ``p0`` and ``p1`` being their shares without and with the
        effect.
    df : int
        Degrees of freedom: ``(rows - 1) (columns - 1)`` of a table, ``cells - 1`` against expected shares.
    alpha : float

    Examples
    --------
    >>> from labwright.lab.calculations.design import sample_size
    >>> sample_size(ChiSquare(w=0.3, df=2)).n
    (108,)
    """

    accuracy: ClassVar[Accuracy] = "approximate"
    formula: ClassVar[str] = "noncentral chi-square, lambda = N w^2"

    w: float
    df: int

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.w > 0, f"w is {self.w}: it must be above 0.")
        require(self.df > 0, f"df is {self.df}: it must be at least 1.")

    def power(self, *sizes: float) -> float:
        (n,) = sizes
        stats = package("scipy.stats")
        return float(stats.ncx2.sf(stats.chi2.isf(self.alpha, self.df), self.df, n * self.w**2))
