"""How often something happens, beside how often it should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction
from math import sqrt
from typing import Any


def assert_as_probable(
    drawn: Iterable[Hashable], probabilities: Mapping[Any, Fraction | float], deviations: float = 4
) -> None:
    """Each within some standard deviations of its expectation, and nothing else drawn."""
    counts = Counter(drawn)
    n = counts.total()
    assert set(counts) <= set(probabilities)
    for kind, p in probabilities.items():
        assert abs(counts[kind] - n * p) <= deviations * sqrt(n * p * (1 - p)), (
            f"{kind}: {counts[kind]} of {n}, p = {p}"
        )
