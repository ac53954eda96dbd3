"""Tests of means, and of a correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

from labwright.lab.calculations.design.sample_size import Accuracy, PlannedTest, require
from labwright.lab.packages import package


@dataclass(frozen=True, kw_only=True)
class _T(PlannedTest):
    d: float
    sides: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.d != 0, "d is 0: there is no effect to find.")
        require(self.sides in {1, 2}, f"sides is {self.sides}: a test has 1 or 2.")


def _t_power(alpha: float, sides: int, df: float, delta: Any) -> Any:
    """P(T' > t), T' noncentral t; with two sides by noncentral F of T'^2, for scipy loses the far lower tail of T'."""
    stats = package("scipy.stats")
    limit = stats.t.isf(alpha / sides, df)
    return stats.nct.sf(limit, df, delta) if sides == 1 else stats.ncf.sf(limit**2, 1, df, delta**2)


@dataclass(frozen=True, kw_only=True)
class OneSampleT(_T):
    """The t test of one mean, exact for normal values.

    ``power = P(|T'| > t(1 - alpha/2, n-1))``, T' noncentral t with n-1 degrees of freedom and noncentrality
    ``d sqrt(n)`` (Cohen 1988, 2.3.3).

    Parameters
    ----------
    d : float
        The mean, minus what it is compared with, in standard deviations.
    alpha : float
    sides : int
        1, on the side of the effect, or 2.

    Examples
    --------
    >>> round(OneSampleT(d=0.5).power(34), 4)
    0.8078
    """

    formula: ClassVar[str] = "noncentral t, v = n-1, delta = d sqrt(n)"

    def power(self, *sizes: float) -> float:
        (n,) = sizes
        return float(_t_power(self.alpha, self.sides, n - 1, abs(self.d) * sqrt(n)))


@dataclass(frozen=True, kw_only=True)
class PairedT(OneSampleT):
    """The t test of differences within pairs: that of one mean, of differences.

    Parameters
    ----------
    d : float
        The mean difference in standard deviations *of differences*; `of_values` takes those of values.
    alpha : float
    sides : int

    Examples
    --------
    >>> from labwright.lab.calculations.design import sample_size
    >>> sample_size(PairedT.of_values(d=0.5, correlation=0.5)).n
    (34,)
    """

    @classmethod
    def of_values(cls, d: float, correlation: float, alpha: float = 0.05, sides: int = 2) -> PairedT:
        """From d in standard deviations of values that correlate in pairs: ``d / sqrt(2 (1 - r))`` (Cohen 1988, 2.3.5).

        Examples
        --------
        >>> round(PairedT.of_values(d=0.3, correlation=0.82).d, 9)
        0.5
        """
        require(-1 < correlation < 1, f"The correlation {correlation} is not between -1 and 1.")
        return cls(d=d / sqrt(2 * (1 - correlation)), alpha=alpha, sides=sides)


@dataclass(frozen=True, kw_only=True)
class TwoSampleT(_T):
    """Student's t test of two groups, exact for normal values with the same standard deviation.

    ``power = P(|T'| > t(1 - alpha/2, v))``, T' noncentral t with ``v = n1 + n2 - 2`` and noncentrality
    ``d / sqrt(1/n1 + 1/n2)``, which is ``d sqrt(n/2)`` for equal groups (Cohen 1988, 2.3).

    Parameters
    ----------
    d : float
        The difference of the means in standard deviations.
    alpha : float
    sides : int
        1, on the side of the effect, or 2.
    ratio : float
        Units of the second group for each of the first.

    Examples
    --------
    >>> round(TwoSampleT(d=0.5).power(64, 64), 4)
    0.8015
    """

    formula: ClassVar[str] = "noncentral t, v = n1+n2-2, delta = d / sqrt(1/n1 + 1/n2)"

    ratio: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.ratio > 0, f"The ratio {self.ratio} is not above 0.")

    def sizes(self, n: float) -> tuple[float, ...]:
        return n, n * self.ratio

    def power(self, *sizes: float) -> float:
        first, second = sizes
        delta = abs(self.d) / sqrt(1 / first + 1 / second)
        return float(_t_power(self.alpha, self.sides, first + second - 2, delta))


@dataclass(frozen=True, kw_only=True)
class WelchT(PlannedTest):
    """Welch's t test of two groups whose standard deviations differ, by simulation.

    Means and variances of normal samples are drawn from their own distributions (normal, chi-square), which is the same
    as drawing all values; t has the degrees of freedom of Welch and Satterthwaite (Welch 1947, Biometrika 34:28).

    Parameters
    ----------
    difference : float
        Of the means, in the unit of the values.
    sds : pair of float
        The standard deviation in each group, in the same unit.
    alpha : float
    sides : int
        1, on the side of the effect, or 2.
    ratio : float
        Units of the second group for each of the first.
    runs : int
        Simulated experiments.
    seed : int

    Examples
    --------
    >>> 0.78 < WelchT(difference=1, sds=(1, 2)).power(41, 41) < 0.82
    True
    """

    accuracy: ClassVar[Accuracy] = "simulated"
    most: ClassVar[int] = 10_000
    formula: ClassVar[str] = "simulated t of Welch, v of Satterthwaite"
    divisible: ClassVar[bool] = False

    difference: float
    sds: tuple[float, float]
    sides: int = 2
    ratio: float = 1.0
    runs: int = 20_000
    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.difference != 0, "difference is 0: there is no effect to find.")
        require(self.sides in {1, 2}, f"sides is {self.sides}: a test has 1 or 2.")
        require(min(*self.sds, self.ratio) > 0, "Standard deviations and ratio must be above 0.")

    def sizes(self, n: float) -> tuple[float, ...]:
        return n, max(n * self.ratio, 2)

    def power(self, *sizes: float) -> float:
        import numpy as np

        random = np.random.Generator(np.random.PCG64(self.seed))
        n, sd = np.array(sizes), np.array(self.sds)
        means = random.normal((abs(self.difference), 0), sd / np.sqrt(n), (self.runs, 2))
        squares = sd**2 * random.chisquare(n - 1, (self.runs, 2)) / (n - 1) / n
        t = (means[:, 0] - means[:, 1]) / np.sqrt(squares.sum(1))
        df = squares.sum(1) ** 2 / (squares**2 / (n - 1)).sum(1)
        p = package("scipy.stats").t.sf(np.abs(t) if self.sides == 2 else t, df) * self.sides
        return float((p < self.alpha).mean())


@dataclass(frozen=True, kw_only=True)
class Anova(PlannedTest):
    """The F test of one-way analysis of variance, exact for normal values with the same standard deviation.

    ``power = P(F' > F(1 - alpha, k-1, N-k))``, F' noncentral F with noncentrality ``N f^2`` (Cohen 1988, 8).

    Parameters
    ----------
    f : float
        The standard deviation of the means of groups, in standard deviations within groups; `of_means` calculates it.
    groups : int
        At least 2, of the same size.
    alpha : float

    Examples
    --------
    >>> from labwright.lab.calculations.design import sample_size
    >>> sample_size(Anova(f=0.25, groups=3)).n
    (53, 53, 53)
    """

    formula: ClassVar[str] = "noncentral F, v = k-1 and N-k, lambda = N f^2"

    f: float
    groups: int

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.f > 0, f"f is {self.f}: it must be above 0.")
        require(self.groups > 1, f"{self.groups} groups have nothing to compare.")

    @classmethod
    def of_means(cls, means: Sequence[float], sd: float, alpha: float = 0.05) -> Anova:
        """From the means of the groups and the standard deviation within groups, in one unit.

        Examples
        --------
        >>> Anova.of_means([9, 11], sd=4)
        Anova(alpha=0.05, f=0.25, groups=2)
        """
        require(len(means) > 1, f"{len(means)} groups have nothing to compare.")
        require(sd > 0, f"The standard deviation {sd} is not above 0.")
        middle = sum(means) / len(means)
        spread = sqrt(sum((mean - middle) ** 2 for mean in means) / len(means))
        return cls(f=spread / sd, groups=len(means), alpha=alpha)

    def sizes(self, n: float) -> tuple[float, ...]:
        return (n,) * self.groups

    def power(self, *sizes: float) -> float:
        stats, total = package("scipy.stats"), sum(sizes)
        between, within = self.groups - 1, total - self.groups
        return float(stats.ncf.sf(stats.f.isf(self.alpha, between, within), between, within, total * self.f**2))


@dataclass(frozen=True, kw_only=True)
class Correlation(PlannedTest):
    """The t test of a correlation against 0, exact for values that are normal together.

    Given one variable, T is noncentral t with ``n-2`` degrees of freedom and noncentrality
    ``sqrt(w) r / sqrt(1 - r^2)``, w the sum of squares of that variable over its variance, which is chi-square with
    ``n-1`` (Gatsonis and Sampson 1989, Psychological Bulletin 106:516). The power is the mean over w, by Gauss and
    Legendre at 200 of its quantiles.

    Parameters
    ----------
    r : float
        Between -1 and 1, not 0.
    alpha : float
    sides : int
        1, on the side of the effect, or 2.

    Examples
    --------
    >>> from labwright.lab.calculations.design import sample_size
    >>> sample_size(Correlation(r=0.3)).n
    (84,)
    """

    formula: ClassVar[str] = "noncentral t, v = n-2, delta = sqrt(w) r / sqrt(1-r^2), mean over w ~ chi-square(n-1)"
    least: ClassVar[int] = 4

    r: float
    sides: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < abs(self.r) < 1, f"The correlation {self.r} is 0, or not between -1 and 1.")
        require(self.sides in {1, 2}, f"sides is {self.sides}: a test has 1 or 2.")

    def power(self, *sizes: float) -> float:
        import numpy as np

        (n,) = sizes
        stats = package("scipy.stats")
        places, weights = np.polynomial.legendre.leggauss(200)
        w = stats.chi2.ppf((places + 1) / 2, n - 1)
        delta = np.sqrt(w) * abs(self.r) / sqrt(1 - self.r**2)
        return float((_t_power(self.alpha, self.sides, n - 2, delta) * weights).sum() / 2)
