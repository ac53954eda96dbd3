"""Litters beside what is expected of them."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.genetics.cross import by_genotype, cross
from labwright.lab.calculations.genetics.deviation import MOST_EXACT, check_ratio, expected_counts, watch_litters
from labwright.lab.calculations.genetics.locus import Locus
from labwright.lab.calculations.genetics.multinomial import exact_p
from labwright.lab.calculations.genetics.parent import Parent
from labwright.lab.packages import package

CASES: Final = json.loads((Path(__file__).parents[2] / "reference_cases.json").read_text(encoding="utf-8"))
QUARTERS: Final = {"wt": Fraction(1, 4), "het": Fraction(1, 2), "hom": Fraction(1, 4)}


@pytest.mark.parametrize("case", CASES["chisq"], ids=lambda case: case["published"])
def test_chi_square_is_as_published(case: dict[str, Any]) -> None:
    total = sum(case["ratio"])
    ratio = {place: Fraction(part, total) for place, part in enumerate(case["ratio"])}
    found = check_ratio(dict(enumerate(case["obs"])), ratio)
    assert found.method == "chi-square"
    assert found.degrees == len(case["obs"]) - 1
    assert found.statistic == pytest.approx(case["stat"], abs=1e-6)
    assert found.p == pytest.approx(case["p"], abs=1e-6)


def test_few_pups_are_tested_exactly() -> None:
    found = check_ratio({"wt": 0, "het": 0, "hom": 4}, QUARTERS)
    assert (found.method, found.statistic) == ("exact", None)
    assert found.p == Fraction(2, 4**4)


def test_pups_that_are_not_typed_are_counted_and_not_tested() -> None:
    typed = {"wt": 13, "het": 22, "hom": 7}
    found = check_ratio({**typed, None: 30}, QUARTERS)
    assert (found.p, found.n, found.untyped) == (check_ratio(typed, QUARTERS).p, 42, 30)
    assert sum(found.expected.values()) == 42
    assert check_ratio({None: 9}, QUARTERS).method == "none"


def test_an_impossible_genotype_is_no_matter_of_chance() -> None:
    found = check_ratio({"wt": 40, "hom": 1}, {"wt": Fraction(1), "hom": Fraction(0)})
    assert (found.method, found.p) == ("impossible", 0)
    assert watch_litters([{"wt": 5}, {"hom": 1}], {"wt": Fraction(1), "hom": Fraction(0)}).litter == 1


def test_one_class_alone_cannot_deviate() -> None:
    assert check_ratio({"het": 8}, {"het": Fraction(1)}).p is None


def test_the_rarest_classes_are_pooled_when_there_is_too_much_to_count() -> None:
    locus = [Locus(name) for name in "abc"]
    carrier = {one.name: ("m", "+") for one in locus}
    expected = by_genotype(locus, cross(locus, Parent("F", carrier), Parent("M", carrier)))
    found = check_ratio({max(expected, key=lambda kind: expected[kind]): 100}, expected)
    assert len(expected) == 27
    assert found.pooled
    assert found.method == "chi-square"
    assert found.degrees is not None
    assert 0 < found.degrees < 26


def test_many_animals_of_a_rare_class_are_tested_by_the_binomial_distribution() -> None:
    n = 10 * MOST_EXACT
    found = check_ratio({"rare": 5, "usual": n - 5}, {"rare": Fraction(1, n), "usual": 1 - Fraction(1, n)})
    assert found.method == "exact"
    assert found.p == pytest.approx(float(package("scipy.stats").poisson.sf(4, 1)), rel=0.01)


@pytest.mark.parametrize(
    ("observed", "ratio", "message"),
    [
        ({"mutant": 1}, QUARTERS, "'mutant' is no class of this cross. There are: 'wt', 'het', 'hom'"),
        ({"wt": 1}, {"wt": 0.5, "het": 0.25}, "sum to 1"),
        ({"wt": -1}, QUARTERS, "There are -1 animals"),
    ],
)
def test_what_cannot_be_tested_is_refused(observed: Any, ratio: Any, message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        check_ratio(observed, ratio)


def test_alpha_is_a_probability() -> None:
    with pytest.raises(lw.errors.DataError, match="alpha"):
        watch_litters([], QUARTERS, alpha=1.0)


counts = st.lists(st.integers(0, 6), min_size=2, max_size=4)


@given(counts, st.data())
def test_the_exact_test_is_that_by_every_order_of_births(found: list[int], data: st.DataObject) -> None:
    while sum(found) > 6:
        found[found.index(max(found))] -= 1
    weights = [data.draw(st.integers(1, 5)) for _ in found]
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    likely: Counter[tuple[int, ...]] = Counter()
    for births in product(range(len(found)), repeat=sum(found)):
        kinds = tuple(births.count(place) for place in range(len(found)))
        likely[kinds] += math.prod((shares[place] for place in births), start=Fraction(1))  # type: ignore[assignment]  # a Counter of fractions
    assert exact_p(found, shares) == sum(p for p in likely.values() if p <= likely[tuple(found)])


@given(st.integers(1, 30), st.integers(0, 30))
def test_the_exact_test_of_two_classes_is_the_binomial_one(n: int, k: int) -> None:
    share = Fraction(1, 3)
    expected = package("scipy.stats").binomtest(min(k, n), n, 1 / 3).pvalue
    assert float(exact_p([min(k, n), n - min(k, n)], [share, 1 - share])) == pytest.approx(float(expected))


@given(counts)
def test_the_order_of_classes_does_not_matter(found: list[int]) -> None:
    share = Fraction(1, len(found))
    ratio = dict.fromkeys(range(len(found)), share)
    turned = dict(enumerate(reversed(found)))
    assert check_ratio(dict(enumerate(found)), ratio).p == check_ratio(turned, ratio).p


@given(st.integers(0, 500))
def test_expected_counts_sum_to_the_animals(n: int) -> None:
    assert sum(expected_counts(QUARTERS, n).values()) == n


@given(st.integers(1, 12))
def test_the_evidence_is_fair(n: int) -> None:
    """Where Mendel is right, it is 1 in the mean: that is what makes its limit hold."""
    half = {"wt": Fraction(1, 3), "het": Fraction(2, 3)}
    mean = Fraction(0)
    for k in range(n + 1):
        p = math.comb(n, k) * half["wt"] ** k * half["het"] ** (n - k)
        flat = Fraction(math.factorial(k) * math.factorial(n - k), math.factorial(n + 1))
        ratio = flat / (half["wt"] ** k * half["het"] ** (n - k))
        assert watch_litters([{"wt": k, "het": n - k}], half).evidence == max(1, ratio)
        mean += p * ratio
    assert mean == 1


def test_a_lethal_genotype_is_warned_of_and_mendel_seldom_is() -> None:
    draw = random.Random(20261123)

    def litters(kinds: list[str]) -> list[Counter[str]]:
        return [Counter(draw.choices(kinds, k=7)) for _ in range(30)]

    lethal = watch_litters(litters(["wt", "het", "het"]), QUARTERS)
    assert lethal.litter is not None
    assert lethal.evidence >= lethal.limit == 100
    wrong = sum(watch_litters(litters(["wt", "het", "het", "hom"]), QUARTERS).litter is not None for _ in range(300))
    assert wrong <= 10  # 3 expected at most: 4 sigma above
