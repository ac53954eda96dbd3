"""Minimisation: the example of its authors, and what a biased coin must keep."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.calculations.design.frequency import assert_as_probable

import labwright as lw
from labwright.lab.calculations.design import minimisation

SEX: Final = {n: "FM"[n % 2] for n in range(24)}
BATCH: Final = {n: f"B{n // 6}" for n in range(24)}
seeds = st.integers(0, 2**63 - 1)


def test_scores_are_those_that_one_counts_by_hand() -> None:
    """Females: two in a, one in b. Batch 1: one in a. A female of batch 1 next."""
    before = {1: "a", 2: "a", 3: "b"}
    sex = {1: "F", 2: "F", 3: "F", 4: "F"}
    batch = {1: "1", 2: "2", 3: "2", 4: "1"}
    plan = minimisation([4], "ab", {"sex": sex, "batch": batch}, 1, p="0.75", weights={"sex": 1, "batch": 3},
                        before=before)  # fmt: skip
    assert plan.assignments[0].details["scores"] == {"a": 2 + 3 * 2, "b": 0}
    assert plan.assignments[0].probabilities == {"a": Fraction(1, 4), "b": Fraction(3, 4)}
    assert plan.parameters["before"] == [[1, "a"], [2, "a"], [3, "b"]]


@given(seeds, st.sampled_from(["0.7", "0.9"]), st.sampled_from([{"a": 1, "b": 1}, {"a": 1, "b": 2, "c": 1}]))
def test_each_assignment_follows_from_those_before_and_the_stored_draw(seed: int, p: str, arms: dict[str, int]) -> None:
    slots = {"a": "a", "b": "b"} if len(arms) == 2 else {"a": "a", "b 1": "b", "b 2": "b", "c": "c"}
    plan = minimisation(SEX, arms, {"sex": SEX, "batch": BATCH}, seed, p=p)
    past: dict[Any, str] = {}
    for found in plan.assignments:
        scores = {slot: _imbalance({**past, found.unit: slot}, found.unit, slots) for slot in slots}
        assert found.details["scores"] == scores
        best = [slot for slot in slots if scores[slot] == min(scores.values())]
        chance, rest = dict.fromkeys(slots, Fraction(0)), (1 - Fraction(p)) / (len(slots) - 1)
        for preferred in best:
            for slot in slots:
                chance[slot] += (Fraction(p) if slot == preferred else rest) / len(best)
        assert found.probabilities == {arm: sum(chance[slot] for slot in slots if slots[slot] == arm) for arm in arms}
        below = sum(chance[slot] for slot in slots if slot < found.details["slot"])
        assert below <= found.details["draw"] < below + chance[found.details["slot"]]
        assert found.arm == slots[found.details["slot"]]
        past[found.unit] = found.details["slot"]


def _imbalance(slot_of: dict[Any, str], unit: Any, slots: dict[str, str]) -> int:
    total = 0
    for level_of in (SEX, BATCH):
        alike = [slot for other, slot in slot_of.items() if level_of[other] == level_of[unit]]
        total += max(map(alike.count, slots)) - min(map(alike.count, slots))
    return total


def test_arms_of_several_parts_are_balanced_in_their_ratio() -> None:
    arms = {"a": 1, "b": 2, "c": 3}
    plan = minimisation(SEX, arms, {"sex": SEX}, 1, p="0.999999")
    assert plan.counts() == {"a": 4, "b": 8, "c": 12}


def test_units_allocated_before_by_other_means_count_for_their_arm() -> None:
    before = {0: "b", 2: "b", 4: "b", 6: "b"}
    plan = minimisation([8, 10], {"a": 1, "b": 2}, {"sex": SEX}, 1, p="0.999999", before=before)
    assert plan.counts() == {"a": 2, "b": 0}


def test_the_probability_given_those_before_is_how_often_it_happens() -> None:
    second: dict[str, list[str]] = {"a": [], "b": []}
    for seed in range(10_000):
        first, other = minimisation([0, 2], "ab", {"sex": SEX}, seed, p="0.8").assignments
        second[first.arm].append(other.arm)
        assert first.probabilities == {"a": Fraction(1, 2), "b": Fraction(1, 2)}
        assert other.probabilities[first.arm] == Fraction(1, 5)
    assert_as_probable(second["a"], {"a": 0.2, "b": 0.8})
    assert_as_probable(second["b"], {"a": 0.8, "b": 0.2})


def test_it_balances_better_than_chance() -> None:
    differences = []
    for seed in range(200):
        arm = minimisation(SEX, "ab", {"sex": SEX, "batch": BATCH}, seed, p="0.9").arm_of()
        differences += [
            abs(sum(1 if arm[n] == "a" else -1 for n in BATCH if BATCH[n] == b)) for b in set(BATCH.values())
        ]
    assert sum(differences) / len(differences) < 1.2  # of six by coin: 1.875


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"p": 1}, "p is 1: it must be below 1"),
        ({"p": 0.4}, "not below the share of an arm"),
        ({"weights": {"batch": 1}}, "for each of the factors"),
        ({"weights": {"sex": 0}}, "must be above 0"),
        ({"before": {0: "a"}}, r"0 \(already allocated\)"),
        ({"before": {77: "a"}}, "Units without a sex: 77"),
        ({"before": {20: "z"}}, r"allocated before to \['z'\]: the arms are \['a', 'b'\]"),
    ],
)
def test_what_leaves_no_chance_or_no_balance_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        minimisation(range(4), "ab", {"sex": SEX}, 1, **options)


def test_arms_named_like_parts_of_each_other_are_refused() -> None:
    with pytest.raises(lw.errors.DataError, match="has the name of a part of another"):
        minimisation(range(4), {"a": 2, "a 1": 1}, {"sex": SEX}, 1)


def test_without_factors_there_is_nothing_to_balance() -> None:
    with pytest.raises(lw.errors.DataError, match="for each of the factors"):
        minimisation(range(4), "ab", {}, 1)
