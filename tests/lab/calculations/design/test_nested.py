"""Power by simulation, where theory tells it too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import sqrt
from typing import Final

import numpy as np
import pytest

import labwright as lw
from labwright.lab.calculations.design import Anova, Level, Nested, Simulated, TwoSampleT, sample_size
from labwright.lab.packages import package

LITTER: Final = Level("litter", sd=1.0)
ANIMALS: Final = Level("animal", sd=0.8, count=4)
CELLS: Final = Level("cell", sd=2.0, count=10)
RUNS: Final = 4000


def near(found: float, expected: float) -> bool:
    return abs(found - expected) <= 4 * sqrt(expected * (1 - expected) / RUNS)


def test_whole_litters_have_the_power_of_their_means() -> None:
    """Variance of the mean of a litter: 1 + 0.8^2 / 4 + 2^2 / 40."""
    test = Nested(means=(0, 1.2), levels=(LITTER, ANIMALS, CELLS), unit="litter", runs=RUNS)
    expected = TwoSampleT(d=1.2 / sqrt(1 + 0.64 / 4 + 4 / 40)).power(8, 12)
    assert near(test.power(8, 12), expected)


def test_three_arms_have_the_power_of_analysis_of_variance() -> None:
    test = Nested(means=(0, 0.5, 1), levels=(Level("animal", sd=1.0),), unit="animal", runs=RUNS)
    assert near(test.power(12, 12, 12), Anova.of_means([0, 0.5, 1], sd=1).power(12, 12, 12))


def test_litters_as_blocks_take_their_variance_away() -> None:
    """Two arms in each litter of four: F with noncentrality N d^2 / 4 / s^2, N animals, and N - litters - 1 degrees."""
    litters, variance = 6, 0.64 + 4 / 10
    stats, animals = package("scipy.stats"), 6 * 4
    for between in (0.0, 5.0):
        levels = (Level("litter", sd=between), ANIMALS, CELLS)
        test = Nested(means=(0, 1), levels=levels, unit="animal", runs=RUNS)
        df = animals - litters - 1
        expected = stats.ncf.sf(stats.f.isf(0.05, 1, df), 1, df, animals / 4 / variance)
        assert near(test.power(litters), float(expected))


def test_counts_that_vary_are_between_their_bounds() -> None:
    def power(count: int | tuple[int, int]) -> float:
        levels = (Level("animal", sd=0.5), Level("cell", sd=3.0, count=count))
        return Nested(means=(0, 1), levels=levels, unit="animal", runs=RUNS).power(10, 10)

    assert power(2) < power((2, 20)) < power(20)


def test_without_an_effect_there_are_as_many_false_positives_as_alpha() -> None:
    test = Nested(means=(0, 1e-9), levels=(LITTER, ANIMALS), unit="litter", runs=RUNS, alpha=0.05)
    assert near(test.power(6, 6), 0.05)


def test_more_cells_make_no_more_animals() -> None:
    """The mistake it is there against: 1,000 cells of 2 x 3 animals."""
    levels = (Level("animal", sd=1.0), Level("cell", sd=1.0, count=200))
    test = Nested(means=(0, 1), levels=levels, unit="animal", runs=1000)
    assert test.power(3, 3) < 0.3 < 0.999 < TwoSampleT(d=1).power(600, 600)
    found = sample_size(test)
    assert abs(found.n[0] - sample_size(TwoSampleT(d=1 / sqrt(1 + 1 / 200))).n[0]) <= 2
    assert found.accuracy == "simulated"
    assert json.loads(json.dumps(found.content()))["inputs"]["levels"][1] == {"name": "cell", "sd": 1.0, "count": 200}


def test_the_same_seed_gives_the_same_power() -> None:
    test = Nested(means=(0, 1), levels=(LITTER, ANIMALS), unit="litter", runs=300)
    assert test.power(5, 5) == test.power(5, 5)
    other = Nested(means=(0, 1), levels=(LITTER, ANIMALS), unit="litter", runs=300, seed=2)
    assert other.power(5, 5) != test.power(5, 5)


def t_test(random: np.random.Generator, n: int) -> float:
    return float(package("scipy.stats").ttest_ind(random.normal(1, 1, n), random.normal(0, 1, n)).pvalue)


def test_any_experiment_can_be_simulated() -> None:
    test = Simulated(p_value=t_test, description="t test, d = 1", runs=1500)
    assert abs(test.power(17) - TwoSampleT(d=1).power(17, 17)) < 4 * sqrt(0.8 * 0.2 / 1500)
    found = sample_size(Simulated(p_value=t_test, description="t test, d = 1", runs=300))
    assert 12 <= found.n[0] <= 22
    assert found.inputs == {"alpha": 0.05, "description": "t test, d = 1", "runs": 300, "seed": 1}


def test_what_never_reaches_its_power_ends() -> None:
    hopeless = Simulated(p_value=lambda random, n: float(random.random()), description="nothing", runs=50)
    with pytest.raises(lw.errors.DataError, match="not reached with 10,000 units"):
        sample_size(hopeless)


REFUSED: Final[Mapping[str, tuple[Callable[[], object], str]]] = {
    "no effect": (lambda: Nested(means=(1, 1), levels=(LITTER,), unit="litter"), "there is no effect to find"),
    "no level": (
        lambda: Nested(means=(0, 1), levels=(LITTER,), unit="cage"),
        r"There is no level 'cage': the levels are \['litter'\]",
    ),
    "negative": (lambda: Nested(means=(0, 1), levels=(Level("a", -1),), unit="a"), "standard deviation from 0"),
    "bounds": (
        lambda: Nested(means=(0, 1), levels=(LITTER, Level("cell", 1, (5, 2))), unit="litter"),
        "whose first is not above the second",
    ),
    "vary above": (
        lambda: Nested(means=(0, 1), levels=(LITTER, Level("animal", 1, (2, 5))), unit="animal"),
        "vary below the experimental unit only",
    ),
    "alone": (
        lambda: Nested(means=(0, 1), levels=(LITTER, Level("animal", 1)), unit="animal"),
        "One experimental unit in each block cannot be compared",
    ),
}


@pytest.mark.parametrize(("refused", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_simulated_is_refused(refused: Callable[[], object], message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        refused()
