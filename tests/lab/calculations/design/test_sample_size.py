"""Sample size: published numbers, the distributions themselves, and simulated experiments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import ceil, sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.design import (
    Anova,
    ChiSquare,
    Correlation,
    FisherExact,
    OneSampleT,
    PairedT,
    PlannedTest,
    TwoProportions,
    TwoSampleT,
    WelchT,
    sample_size,
)
from labwright.lab.packages import package

CASES: Final = json.loads((Path(__file__).parents[2] / "reference_cases.json").read_text(encoding="utf-8"))["power"]
RUNS: Final = 4000


@pytest.mark.parametrize("case", [case for case in CASES if "n_per_group" in case], ids=str)
def test_two_groups_are_as_published(case: dict[str, Any]) -> None:
    test = TwoSampleT(d=case["d"], alpha=case.get("alpha", 0.05), sides=1 if "one-sided" in case["test"] else 2)
    found = sample_size(test, case["power"])
    assert found.n == (case["n_per_group"], case["n_per_group"])
    if "n_exact" in case:
        assert found.n_exact == pytest.approx(case["n_exact"], abs=1e-5)
    assert test.power(*found.n) == found.power >= case["power"] > test.power(found.n[0] - 1, found.n[1] - 1)


def test_power_is_as_published() -> None:
    (case,) = (case for case in CASES if "n_per_group" not in case)
    assert TwoSampleT(d=1).power(30, 30) == pytest.approx(case["power"], abs=1e-12)


COHEN: Final[Mapping[str, tuple[PlannedTest, float, int]]] = {
    "t, d = 0.2": (TwoSampleT(d=0.2), 0.8, 394),  # Cohen 1992, Psychological Bulletin 112:155, table 2, but rounded up
    "t, d = 0.5": (TwoSampleT(d=0.5), 0.8, 64),
    "t, d = 0.8": (TwoSampleT(d=0.8), 0.8, 26),
    "r = 0.1": (Correlation(r=0.1), 0.8, 782),
    "r = 0.3": (Correlation(r=0.3), 0.8, 84),
    "r = 0.5": (Correlation(r=0.5), 0.8, 29),
    "h = 0.5": (TwoProportions(p1=0.5, p2=0.5 - 0.5 * np.sin(0.5)), 0.8, 63),
    "w = 0.3, df = 1": (ChiSquare(w=0.3, df=1), 0.8, 88),
    "w = 0.3, df = 4": (ChiSquare(w=0.3, df=4), 0.8, 133),
    "w = 0.5, df = 6": (ChiSquare(w=0.5, df=6), 0.8, 55),
    "F, f = 0.1, k = 3": (Anova(f=0.1, groups=3), 0.8, 323),
    "F, f = 0.25, k = 3": (Anova(f=0.25, groups=3), 0.8, 53),
    "F, f = 0.25, k = 4": (Anova(f=0.25, groups=4), 0.8, 45),
    "F, f = 0.4, k = 5": (Anova(f=0.4, groups=5), 0.8, 16),
}


@pytest.mark.parametrize(("test", "power", "n"), COHEN.values(), ids=COHEN)
def test_cohens_table(test: PlannedTest, power: float, n: int) -> None:
    """Of 1992, calculated by hand from tables, which is why one more or less is allowed."""
    assert abs(sample_size(test, power).n[0] - n) <= 1


effects = st.floats(0.2, 1.0)
alphas = st.sampled_from([0.01, 0.05])
sided = st.sampled_from([1, 2])
SIDE: Final = {1: "larger", 2: "two-sided"}


@settings(max_examples=20)
@given(effects, alphas, sided, st.integers(4, 24), st.integers(4, 24))
def test_t_tests_have_the_power_that_statsmodels_says(d: float, alpha: float, sides: int, n1: int, n2: int) -> None:
    solvers = package("statsmodels.stats.power")
    expected = solvers.TTestIndPower().power(d, n1, alpha, n2 / n1, alternative=SIDE[sides])
    assert TwoSampleT(d=d, alpha=alpha, sides=sides).power(n1, n2) == pytest.approx(expected, abs=1e-9)
    assert TwoSampleT(d=-d, alpha=alpha, sides=sides).power(n1, n2) == pytest.approx(expected, abs=1e-9)
    if d * sqrt(n1) < 4:  # above, scipy has no lower tail of noncentral t, and statsmodels is not a number
        expected = solvers.TTestPower().power(d, n1, alpha, alternative=SIDE[sides])
        assert OneSampleT(d=d, alpha=alpha, sides=sides).power(n1) == pytest.approx(expected, abs=1e-9)
        paired = PairedT.of_values(d=d, correlation=0.5, alpha=alpha, sides=sides)
        assert paired.power(n1) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40)
@given(st.floats(0.05, 30), alphas, sided, st.integers(2, 3000))
def test_power_is_a_probability_that_grows_however_large_the_effect(d: float, alpha: float, sides: int, n: int) -> None:
    for test in (OneSampleT(d=d, alpha=alpha, sides=sides), Correlation(r=d / 31, alpha=alpha, sides=sides)):
        fewer, more = test.power(n + 2), test.power(n + 12)
        assert 0 < fewer <= more + 1e-9 <= 1 + 1e-6


@settings(max_examples=20)
@given(st.floats(0.1, 0.8), alphas, st.integers(2, 5), st.integers(3, 40))
def test_f_and_chi_square_have_the_power_that_statsmodels_says(f: float, alpha: float, groups: int, n: int) -> None:
    solvers = package("statsmodels.stats.power")
    expected = solvers.FTestAnovaPower().power(f, n * groups, alpha, groups)
    assert Anova(f=f, groups=groups, alpha=alpha).power(*[n] * groups) == pytest.approx(float(expected), abs=1e-7)
    expected = solvers.GofChisquarePower().power(f, n, alpha, groups + 1)
    assert ChiSquare(w=f, df=groups, alpha=alpha).power(n) == pytest.approx(float(expected), abs=1e-9)


@settings(max_examples=20)
@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), alphas, sided, st.integers(5, 200), st.integers(5, 200))
def test_two_proportions_have_the_power_that_statsmodels_says(
    p1: float, p2: float, alpha: float, sides: int, n1: int, n2: int
) -> None:
    if abs(p1 - p2) < 0.01:
        return
    solver, h = package("statsmodels.stats.power").NormalIndPower(), package("statsmodels.stats.proportion")
    effect = abs(h.proportion_effectsize(p1, p2))
    expected = solver.power(effect, n1, alpha, n2 / n1, alternative=SIDE[sides])
    assert TwoProportions(p1=p1, p2=p2, alpha=alpha, sides=sides).power(n1, n2) == pytest.approx(float(expected))


@settings(max_examples=10)
@given(st.sampled_from([0.1, 0.5, 0.9]), st.sampled_from([0.3, 0.75]), sided, st.integers(2, 9), st.integers(2, 9))
def test_fishers_power_is_that_of_every_table_by_scipy(p1: float, p2: float, sides: int, n1: int, n2: int) -> None:
    stats = package("scipy.stats")
    side = "two-sided" if sides == 2 else "greater" if p1 > p2 else "less"
    expected = sum(
        stats.binom.pmf(a, n1, p1) * stats.binom.pmf(b, n2, p2)
        for a in range(n1 + 1)
        for b in range(n2 + 1)
        if stats.fisher_exact([[a, n1 - a], [b, n2 - b]], alternative=side).pvalue <= 0.05
    )
    assert FisherExact(p1=p1, p2=p2, sides=sides).power(n1, n2) == pytest.approx(float(expected), abs=1e-9)


def test_fishers_number_has_enough_power_and_so_have_those_that_follow() -> None:
    """10 % against 60 %, power 80 %: the exact power is a saw."""
    test = FisherExact(p1=0.1, p2=0.6)
    found = sample_size(test)
    n = found.n[0]
    assert found.n_exact is None
    assert test.power(n - 1, n - 1) < 0.8 <= min(test.power(n + k, n + k) for k in range(8))


Experiment = Callable[[np.random.Generator], float]


def _groups(test: Any, draw: Callable[[np.random.Generator], tuple[Any, ...]]) -> Experiment:
    return lambda random: float(test(*draw(random)).pvalue)


STATS: Final[Any] = package("scipy.stats")
SIMULATED: Final[Mapping[str, tuple[PlannedTest, tuple[int, ...], Experiment]]] = {
    "two groups": (
        TwoSampleT(d=0.8), (20, 30), _groups(STATS.ttest_ind, lambda r: (r.normal(0.8, 1, 20), r.normal(0, 1, 30)))),
    "one group": (OneSampleT(d=0.6), (20,), _groups(STATS.ttest_1samp, lambda r: (r.normal(0.6, 1, 20), 0))),
    "pairs": (
        PairedT.of_values(d=0.5, correlation=0.7), (15,),
        lambda r: float(STATS.ttest_rel(*r.multivariate_normal((0.5, 0), [[1, 0.7], [0.7, 1]], 15).T).pvalue)),
    "three groups": (
        Anova.of_means([0, 0.5, 1], sd=1), (12, 12, 12),
        _groups(STATS.f_oneway, lambda r: tuple(r.normal(mean, 1, 12) for mean in (0, 0.5, 1)))),
    "correlation": (
        Correlation(r=0.5), (20,),
        lambda r: float(STATS.pearsonr(*r.multivariate_normal((0, 0), [[1, 0.5], [0.5, 1]], 20).T).pvalue)),
    "different spread": (
        WelchT(difference=1, sds=(0.5, 2)), (8, 30),
        lambda r: float(STATS.ttest_ind(r.normal(1, 0.5, 8), r.normal(0, 2, 30), equal_var=False).pvalue)),
    "two proportions": (
        TwoProportions(p1=0.3, p2=0.6), (60, 60),
        lambda r: float(STATS.norm.sf(abs(np.diff(np.arcsin(np.sqrt(r.binomial(60, (0.3, 0.6)) / 60)))[0]) * 2
                                      / sqrt(2 / 60)) * 2)),
    "shares": (
        ChiSquare(w=sqrt(0.04 * 2 / 0.25), df=3), (60,),
        lambda r: float(STATS.chisquare(r.multinomial(60, [0.45, 0.25, 0.25, 0.05])).pvalue)),
}  # fmt: skip


@pytest.mark.parametrize(("test", "sizes", "experiment"), SIMULATED.values(), ids=SIMULATED)
def test_power_is_how_often_experiments_find_the_effect(
    test: PlannedTest, sizes: tuple[int, ...], experiment: Experiment
) -> None:
    random, power = np.random.default_rng(20261123), test.power(*sizes)
    hits = sum(experiment(random) < test.alpha for _ in range(RUNS))
    slack = 0.0 if test.accuracy == "exact" else 0.02
    assert abs(hits / RUNS - power) <= 4 * sqrt(power * (1 - power) / RUNS) + slack


@settings(max_examples=15)
@given(effects, st.sampled_from([0.25, 0.5, 1.0, 2.0, 3.0]), st.sampled_from([0.7, 0.8, 0.95]), st.floats(0, 0.5))
def test_groups_are_rounded_up_each_and_then_attrition_is_added(
    d: float, ratio: float, power: float, attrition: float
) -> None:
    found = sample_size(TwoSampleT(d=d, ratio=ratio), power, attrition)
    assert found.power >= power
    assert found.n_exact is not None
    assert found.n == (ceil(found.n_exact - 1e-6), ceil(found.n_exact * ratio - 1e-6))
    for analysed, enrolled in zip(found.n, found.enrolled, strict=True):
        assert (enrolled - 1) * (1 - attrition) < analysed + 1e-9
        assert enrolled * (1 - attrition) >= analysed - 1e-9
    assert found.total == sum(found.enrolled)


def test_a_tenth_lost_of_a_hundred_leaves_ninety() -> None:
    """Where n / (1 - 0.1) in floating point would be a little more than whole."""
    for n in (9, 18, 27, 45, 63, 90):
        d = brentq(lambda d, n=n: OneSampleT(d=d).power(n) - 0.8)
        found = sample_size(OneSampleT(d=d * 1.0001), attrition=0.1)
        assert (found.n, found.enrolled) == ((n,), (n * 10 // 9,))


def brentq(f: Callable[..., float]) -> float:
    return float(package("scipy.optimize").brentq(f, 0.01, 10))


@settings(max_examples=10)
@given(effects, alphas)
def test_more_power_a_smaller_effect_and_less_alpha_need_more(d: float, alpha: float) -> None:
    def n(**given: float) -> float:
        test = TwoSampleT(d=given.get("d", d), alpha=given.get("alpha", alpha))
        return sample_size(test, given.get("power", 0.8)).n_exact or 0

    assert n() <= min(n(power=0.9), n(d=d / 1.5), n(alpha=alpha / 2))


def test_all_that_it_was_calculated_from_is_kept() -> None:
    content = sample_size(WelchT(difference=1, sds=(1, 2), ratio=2, runs=2000), attrition=0.2).content()
    assert json.loads(json.dumps(content)) == content
    assert content["test"] == "WelchT"
    assert content["inputs"] == {
        "alpha": 0.05, "difference": 1, "sds": [1, 2], "sides": 2, "ratio": 2, "runs": 2000, "seed": 1,
    }  # fmt: skip
    assert content["accuracy"] == "simulated"
    assert 0 < content["error"] < 0.02
    assert set(content["software"]) == {"numpy", "scipy"}
    assert sample_size(TwoProportions(p1=0.1, p2=0.3)).accuracy == "approximate"
    assert sample_size(TwoSampleT(d=1)).error is None


def test_a_huge_effect_needs_the_least_that_has_a_variance() -> None:
    found = sample_size(TwoSampleT(d=100))
    assert (found.n, found.n_exact) == ((2, 2), 2)


REFUSED: Final[Mapping[str, tuple[Callable[[], object], str]]] = {
    "alpha": (lambda: TwoSampleT(d=1, alpha=5), "alpha is 5: it is a probability"),
    "no effect": (lambda: TwoSampleT(d=0), "d is 0: there is no effect to find"),
    "no difference": (lambda: WelchT(difference=0, sds=(1, 1)), "difference is 0"),
    "sides": (lambda: OneSampleT(d=1, sides=3), "sides is 3"),
    "ratio": (lambda: TwoSampleT(d=1, ratio=0), "The ratio 0 is not above 0"),
    "spread": (lambda: WelchT(difference=1, sds=(0, 1)), "Standard deviations and ratio must be above 0"),
    "f": (lambda: Anova(f=0, groups=3), "f is 0"),
    "groups": (lambda: Anova(f=1, groups=1), "1 groups have nothing to compare"),
    "means": (lambda: Anova.of_means([], sd=1), "0 groups have nothing to compare"),
    "sd": (lambda: Anova.of_means([1, 2], sd=0), "The standard deviation 0 is not above 0"),
    "r": (lambda: Correlation(r=1), "The correlation 1 is 0, or not between -1 and 1"),
    "pairs": (lambda: PairedT.of_values(d=1, correlation=1), "The correlation 1 is not between"),
    "proportions": (lambda: TwoProportions(p1=0.2, p2=0.2), "Two different proportions"),
    "percent": (lambda: FisherExact(p1=20, p2=40), "Two different proportions from 0 to 1"),
    "w": (lambda: ChiSquare(w=-1, df=1), "w is -1"),
    "df": (lambda: ChiSquare(w=1, df=0), "df is 0"),
    "power": (lambda: sample_size(TwoSampleT(d=1), power=80), "The power 80 is not between alpha, 0.05, and 1"),
    "little power": (lambda: sample_size(TwoSampleT(d=1), power=0.01), "The power 0.01 is not between alpha"),
    "attrition": (lambda: sample_size(TwoSampleT(d=1), attrition=1), "The attrition 1 is no share"),
    "out of reach": (lambda: sample_size(TwoSampleT(d=0.0001)), "not reached with 1,000,000 units"),
    "too many tables": (lambda: sample_size(FisherExact(p1=0.5, p2=0.52)), "not reached with 500 units"),
}


@pytest.mark.parametrize(("refused", "message"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_meaning_is_refused(refused: Callable[[], object], message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        refused()
