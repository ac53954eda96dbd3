"""The exact multinomial test, and all there is to count for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction


def count_outcomes(n: int, classes: int) -> int:
    """In how many ways `n` animals can fall into so many classes.

    Examples
    --------
    >>> count_outcomes(2, 3)
    6
    """
    return math.comb(n + classes - 1, classes - 1)


def exact_p(observed: Sequence[int], probabilities: Sequence[Fraction]) -> Fraction:
    """The probability of a result that is as improbable as the observed one, or more.

    It is the sum over all results whose multinomial probability n! / (x_1! ... x_k!) p_1^x_1 ... p_k^x_k is not above
    that of the observed one (Read & Cressie 1988, Goodness-of-fit statistics for discrete multivariate data), without
    rounding.

    Parameters
    ----------
    observed : sequence of int
    probabilities : sequence of Fraction
        Above 0, with the sum 1.

    Examples
    --------
    >>> exact_p([3, 0], [Fraction(1, 2), Fraction(1, 2)])
    Fraction(1, 4)
    """
    n = sum(observed)
    common = math.lcm(*(p.denominator for p in probabilities))
    weights = [p.numerator * (common // p.denominator) for p in probabilities]
    powers = [[weight**count for count in range(n + 1)] for weight in weights]
    limit = _ways(observed, powers)
    total = sum(ways for counts in _results(n, len(weights)) if (ways := _ways(counts, powers)) <= limit)
    return Fraction(total, common**n)


def _ways(counts: Sequence[int], powers: Sequence[Sequence[int]]) -> int:
    """The probability of a result, times what makes it whole for all of them."""
    ways, left = 1, sum(counts)
    for count, power in zip(counts, powers, strict=True):
        ways *= math.comb(left, count) * power[count]
        left -= count
    return ways


def _results(n: int, classes: int) -> Iterator[tuple[int, ...]]:
    if classes == 1:
        yield (n,)
        return
    for first in range(n + 1):
        for rest in _results(n - first, classes - 1):
            yield (first, *rest)
