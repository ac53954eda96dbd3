"""Whether litters are as Mendel expects: expected counts, a test, and an early warning."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, Literal

import labwright as lw
from labwright.lab.calculations.genetics.multinomial import count_outcomes, exact_p
from labwright.lab.packages import package

FEWEST: Final = 5
"""Expected in a class; with fewer the chi-square distribution is not near enough (Cochran 1954, Biometrics 10:417)."""
MOST_OUTCOMES: Final = 50_000
"""Results that the exact test goes through, which takes about a second."""

MOST_EXACT: Final = 1000
"""Animals of two classes up to which p is a fraction."""


@dataclass(frozen=True)
class Deviation:
    """The result of a test.

    Parameters
    ----------
    method : str
        ``'chi-square'``, ``'exact'``, ``'impossible'`` where a class was observed that cannot be, or ``'none'`` where
        there is nothing to test.
    p : Fraction, float or None
        The probability of what was observed, or less probable results. Exact for ``'exact'``.
    observed, expected : dict
        By class; animals that are not typed are in neither. `expected` are Fractions where the probabilities are.
    untyped : int
        Animals left out because they are not typed yet.
    statistic : float or None
        Chi-square.
    degrees : int or None
        Of freedom.
    pooled : tuple
        The classes that were taken together for the test.

    Examples
    --------
    >>> check_ratio({"wt": 0, "het": 4}, {"wt": Fraction(1, 2), "het": Fraction(1, 2)}).p
    Fraction(1, 8)
    """

    method: Literal["chi-square", "exact", "impossible", "none"]
    p: Any
    observed: Mapping[Hashable, int]
    expected: Mapping[Hashable, Any]
    untyped: int = 0
    statistic: float | None = None
    degrees: int | None = None
    pooled: tuple[Hashable, ...] = ()

    @property
    def n(self) -> int:
        """How many animals were tested.

        Examples
        --------
        >>> Deviation("none", None, {"wt": 2, "het": 1}, {}).n
        3
        """
        return sum(self.observed.values())


def expected_counts(probabilities: Mapping[Any, Any], n: int) -> dict[Any, Any]:
    """How many of `n` animals are expected in each class: n p.

    Parameters
    ----------
    probabilities : mapping
        Class -> probability, as `by_genotype` gives them.
    n : int

    Examples
    --------
    >>> expected_counts({"wt": Fraction(1, 4), "het": Fraction(3, 4)}, 10)
    {'wt': Fraction(5, 2), 'het': Fraction(15, 2)}
    """
    return {name: p * n for name, p in probabilities.items()}


def check_ratio(observed: Mapping[Any, int], probabilities: Mapping[Any, Any]) -> Deviation:
    """Test whether animals are of the genotypes that are expected.

    Chi-square, the sum of (observed - expected)^2 / expected, with one degree of freedom less than there are classes
    (Pearson 1900, Phil Mag 50:157). Where fewer than 5 are expected in a class, the exact multinomial test; where that
    would go through too many results, the rarest classes are pooled until one of the two will do.

    Parameters
    ----------
    observed : mapping
        Class -> animals. Those of the class None are not typed yet: they are counted, and not tested.
    probabilities : mapping
        Class -> probability.

    Raises
    ------
    DataError
        When an animal is of a class that has no probability, or the probabilities do not sum to 1.

    Examples
    --------
    >>> found = check_ratio({"wt": 13, "het": 22, "hom": 7}, {"wt": 0.25, "het": 0.5, "hom": 0.25})
    >>> found.method, found.degrees, round(found.statistic, 4), round(found.p, 4)
    ('chi-square', 2, 1.8095, 0.4046)
    """
    counts = _checked(observed, probabilities)
    result: dict[str, Any] = {
        "observed": counts,
        "expected": expected_counts(probabilities, sum(counts.values())),
        "untyped": observed.get(None, 0),
    }
    if any(counts[name] and not p for name, p in probabilities.items()):
        return Deviation("impossible", Fraction(0), **result)
    classes = [_Class((name,), counts[name], p) for name, p in probabilities.items() if p]
    if sum(counts.values()) == 0 or len(classes) < 2:
        return Deviation("none", None, **result)
    classes, pooled = _pool(classes, sum(counts.values()))
    if _are_many(classes, sum(counts.values())):
        p, statistic = _chi_square(classes)
        return Deviation("chi-square", p, statistic=statistic, degrees=len(classes) - 1, pooled=pooled, **result)
    return Deviation("exact", _exact(classes), pooled=pooled, **result)


@dataclass(frozen=True)
class Warned:
    """What the litters say so far.

    Parameters
    ----------
    litter : int or None
        The place of the first litter at which the evidence was enough; None where it was not.
    evidence : Fraction or float
        How many times better other ratios explain the litters, the largest so far; infinite for an impossible genotype.
    limit : Fraction or float
        From which on it is enough.

    Examples
    --------
    >>> Warned(None, Fraction(3), Fraction(100)).litter is None
    True
    """

    litter: int | None
    evidence: Any
    limit: Any


def watch_litters(
    litters: Iterable[Mapping[Any, int]], probabilities: Mapping[Any, Any], alpha: Fraction | float = Fraction(1, 100)
) -> Warned:
    """Warn as soon as litters are not as expected, looking at every litter as it comes.

    A test that is repeated at each litter warns wrongly sooner or later. This does with a probability of at most
    `alpha`, however many litters come: the evidence is the ratio of the probabilities of all pups so far when every
    ratio of genotypes is as likely, (k-1)! x_1! ... x_k! / (n+k-1)!, and when Mendel's is true, p_1^x_1 ... p_k^x_k.
    That is a martingale, which reaches 1/alpha so rarely (Ville 1939; Lindon & Malek 2022, Anytime-valid inference
    for multinomial count data).

    Parameters
    ----------
    litters : iterable of mapping
        Class -> pups, in the order of time. Those of the class None are not typed, and say nothing.
    probabilities : mapping
        Class -> probability.
    alpha : Fraction or float
        How probable a wrong warning may be.

    Examples
    --------
    >>> half = {"wt": Fraction(1, 2), "het": Fraction(1, 2)}
    >>> watch_litters([{"wt": 6}, {"wt": 8}, {"wt": 6}], half).litter
    1
    >>> watch_litters([{"wt": 3, "het": 3}, {"wt": 2, "het": 4}], half).litter is None
    True
    """
    if not 0 < alpha < 1:
        raise lw.errors.DataError(f"alpha is a probability between 0 and 1, and not {alpha!r}.")
    sums = dict.fromkeys(probabilities, 0)
    strongest: Any = Fraction(1)
    first = None
    for place, litter in enumerate(litters):
        for name, count in _checked(litter, probabilities).items():
            sums[name] += count
        strongest = max(strongest, _evidence(sums, probabilities))
        if first is None and strongest * alpha >= 1:
            first = place
    return Warned(first, strongest, 1 / alpha)


def _evidence(counts: Mapping[Any, int], probabilities: Mapping[Any, Any]) -> Any:
    if any(counts[name] and not p for name, p in probabilities.items()):
        return math.inf
    classes = [(counts[name], p) for name, p in probabilities.items() if p]
    n, k = sum(count for count, _ in classes), len(classes)
    flat = Fraction(math.factorial(k - 1) * math.prod(math.factorial(x) for x, _ in classes), math.factorial(n + k - 1))
    return flat / math.prod(p**x for x, p in classes)


def _checked(observed: Mapping[Any, int], probabilities: Mapping[Any, Any]) -> dict[Any, int]:
    """The animals of each class, without those that are not typed."""
    if abs(sum(probabilities.values()) - 1) > 1e-9 or any(p < 0 for p in probabilities.values()):
        raise lw.errors.DataError(f"Probabilities sum to 1, and these do not: {dict(probabilities)!r}.")
    if other := [name for name in observed if name is not None and name not in probabilities]:
        valid = ", ".join(map(repr, probabilities))
        raise lw.errors.DataError(
            f"{other[0]!r} is no class of this cross. There are: {valid}. Give those that cannot be with a probability "
            "of 0, and animals that are not typed as None."
        )
    if negative := [name for name, count in observed.items() if count < 0]:
        raise lw.errors.DataError(f"There are {observed[negative[0]]} animals of the class {negative[0]!r}.")
    return {name: observed.get(name, 0) for name in probabilities}


@dataclass(frozen=True)
class _Class:
    """One or several genotypes, as they are tested."""

    names: tuple[Hashable, ...]
    count: int
    p: Any

    def with_(self, other: _Class) -> _Class:
        return _Class(self.names + other.names, self.count + other.count, self.p + other.p)


def _pool(classes: list[_Class], n: int) -> tuple[list[_Class], tuple[Hashable, ...]]:
    """Take the rarest classes together until there is a test for what is left."""
    while not _are_many(classes, n) and count_outcomes(n, len(classes)) > MOST_OUTCOMES and len(classes) > 2:
        first, second, *rest = sorted(classes, key=lambda one: one.p)
        classes = [first.with_(second), *rest]
    return classes, tuple(name for one in classes if len(one.names) > 1 for name in one.names)


def _are_many(classes: list[_Class], n: int) -> bool:
    return all(one.p * n >= FEWEST for one in classes)


def _chi_square(classes: list[_Class]) -> tuple[float, float]:
    """The p, and the statistic."""
    n = sum(one.count for one in classes)
    statistic = float(sum((one.count - one.p * n) ** 2 / (one.p * n) for one in classes))
    return float(package("scipy.stats").chi2.sf(statistic, len(classes) - 1)), statistic


def _exact(classes: list[_Class]) -> Any:
    n = sum(one.count for one in classes)
    if n > MOST_EXACT and len(classes) == 2:
        return float(package("scipy.stats").binomtest(classes[0].count, n, float(classes[0].p)).pvalue)
    are_exact = all(isinstance(one.p, (Fraction, int)) for one in classes)
    shares = [Fraction(one.p) for one in classes]
    p = exact_p([one.count for one in classes], [share / sum(shares) for share in shares])
    return p if are_exact else float(p)
