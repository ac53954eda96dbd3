"""Arms beside what they must not go together with."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.design import association, confounding
from labwright.lab.packages import package

dealt = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["C1", "C2", "C3"])), min_size=1, max_size=6)


@given(dealt)
def test_p_is_the_share_of_all_ways_to_deal_the_arms(pairs: list[tuple[str, str]]) -> None:
    """Pearson's chi-square of every permutation, one by one."""
    arms, cages = zip(*pairs, strict=True)
    found = association(dict(enumerate(arms)), dict(enumerate(cages)), "cage")
    seen = _chi_square(arms, cages)
    ways = [_chi_square(order, cages) >= seen for order in permutations(arms)]
    assert found.exact
    assert found.p == pytest.approx(sum(ways) / len(ways))


def _chi_square(arms: Any, cages: Any) -> Fraction:
    n, cells, in_arm, in_cage = len(arms), Counter(zip(arms, cages, strict=True)), Counter(arms), Counter(cages)
    expected = {(arm, cage): Fraction(in_arm[arm] * in_cage[cage], n) for arm in in_arm for cage in in_cage}
    return sum(((cells[cell] - e) ** 2 / e for cell, e in expected.items()), Fraction(0))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=2, max_size=30))
def test_cramers_v_is_that_of_scipy(pairs: list[tuple[str, str]]) -> None:
    arms, labels = (dict(enumerate(side)) for side in zip(*pairs, strict=True))
    found = association(arms, labels, "batch")
    if len(set(arms.values())) > 1 and len(set(labels.values())) > 1:
        expected = package("scipy.stats.contingency").association(found.table, method="cramer")
        assert found.cramers_v == pytest.approx(float(expected), abs=1e-9)
    else:
        assert (found.cramers_v, found.p) == (0, 1)
    assert 0 <= found.cramers_v <= 1 + 1e-12


def test_two_by_two_is_fishers_exact_test_where_both_order_tables_alike() -> None:
    arms = {n: "ab"[n % 2] for n in range(20)}
    cages = {n: "x" if n % 2 == 0 or n < 5 else "y" for n in range(20)}
    found = association(arms, cages, "cage")
    assert found.p == pytest.approx(float(package("scipy.stats").fisher_exact(found.table).pvalue))


def test_large_tables_are_shuffled_and_are_near_the_limit() -> None:
    arms = {n: "abc"[n % 3] for n in range(300)}
    labels = {n: (n * 7 + n // 11) % 5 for n in range(300)}
    found = association(arms, labels, "batch")
    assert not found.exact
    limit = float(package("scipy.stats").chi2_contingency(found.table, correction=False).pvalue)
    assert found.p == pytest.approx(limit, abs=0.025)
    assert association(arms, labels, "batch") == found


def test_a_cage_that_tells_the_arm_is_found_first() -> None:
    arms = {n: "ab"[n // 4] for n in range(8)}
    found = confounding(arms, {
        "sex": {n: "FM"[n % 2] for n in range(8)},
        "cage": {n: n // 2 for n in range(8)},
        "room": dict.fromkeys(range(8), "R1"),
    })  # fmt: skip
    assert [one.attribute for one in found] == ["cage", "room", "sex"]
    assert [one.cramers_v for one in found] == [1, 0, 0]
    assert [one.is_complete for one in found] == [True, False, False]
    assert found[0].missing == {"0": ("b",), "1": ("b",), "2": ("a",), "3": ("a",)}
    assert [one.missing for one in found[1:]] == [{}, {}]


def test_what_does_not_contribute_to_every_arm_is_refused_by_name() -> None:
    arms = {1: "a", 2: "b", 3: "a"}
    litter = {1: "L1", 2: "L1", 3: "L2"}
    assert confounding(arms, {"litter": litter})[0].missing == {"L2": ("b",)}
    with pytest.raises(lw.errors.DataError, match="Each litter is to contribute to each arm: L2 has none in b"):
        confounding(arms, {"litter": litter}, every_arm=["litter"])
    with pytest.raises(lw.errors.DataError, match=r"There are no attributes \['dam'\]: given are \['litter'\]"):
        confounding(arms, {"litter": litter}, every_arm=["dam"])


def test_units_without_a_label_are_named() -> None:
    with pytest.raises(lw.errors.DataError, match="Units without a cage: M2"):
        association({"M1": "a", "M2": "b"}, {"M1": "C1"}, "cage")
    with pytest.raises(lw.errors.DataError, match="nothing to compare"):
        association({}, {}, "cage")
