"""Allocation by chance: balance, probability, repetition."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from math import comb
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.calculations.design.frequency import assert_as_probable

import labwright as lw
from labwright.lab.calculations.design import (
    Allocation,
    clusters,
    complete,
    latin_square,
    minimisation,
    permuted_blocks,
    simple,
    split_plot,
    stratified,
)

SEEDS: Final = 10_000
UNITS: Final = [f"M{n}" for n in range(6)]
CAGE: Final = {unit: f"C{n // 2}" for n, unit in enumerate(UNITS)}
PAIRS: Final[list[Any]] = [("a", 1), "b"]
RATIO: Final = {"drug": 2, "saline": 1}
METHODS: Final[dict[str, Callable[[list[str], Any, int], Allocation]]] = {
    "simple": simple,
    "complete": complete,
    "permuted blocks": permuted_blocks,
    "stratified": lambda units, arms, seed: stratified(units, arms, CAGE, seed),
    "blocks in strata": lambda units, arms, seed: stratified(units, arms, CAGE, seed, sizes=[3, 6]),
    "clusters": lambda units, arms, seed: clusters(units, arms, CAGE, seed),
    "minimisation": lambda units, arms, seed: minimisation(units, arms, {"cage": CAGE}, seed),
    "plots": lambda units, arms, seed: split_plot(units, CAGE, arms, ["a", "b"], seed).whole,
    "within plots": lambda units, arms, seed: split_plot(units, CAGE, ["a", "b"], arms, seed).sub,
}

seeds = st.integers(0, 2**63 - 1)
methods = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@methods
@given(seed=seeds, units=st.permutations(UNITS))
def test_the_same_seed_gives_the_same_plan_in_whatever_order_units_come(
    method: Callable[..., Allocation], seed: int, units: list[str]
) -> None:
    plan = method(UNITS, RATIO, seed)
    assert method(units, dict(reversed(RATIO.items())), seed) == plan
    assert method(units, RATIO, seed).hash() == plan.hash()
    assert plan.randomness.seed == seed


@methods
def test_the_recorded_probability_is_how_often_a_unit_comes_to_an_arm(method: Callable[..., Allocation]) -> None:
    drawn: Counter[tuple[Any, str]] = Counter()
    for seed in range(SEEDS):
        drawn.update(method(UNITS, RATIO, seed).arm_of().items())
    plan = method(UNITS, RATIO, 0)
    shares = {"drug": Fraction(2, 3), "saline": Fraction(1, 3)}
    if plan.method != "minimisation":  # whose probabilities are those given the units before
        assert all(found.probabilities == shares for found in plan.assignments)
    for unit in plan.arm_of():
        assert_as_probable([arm for arm in shares for _ in range(drawn[unit, arm])], shares)


@methods
def test_a_plan_is_plain_data_with_a_hash(method: Callable[..., Allocation]) -> None:
    plan, other = method(UNITS, RATIO, 1), method(UNITS, RATIO, 2)
    content = json.loads(json.dumps(plan.content()))
    assert content == plan.content()
    assert [found["arm"] for found in content["assignments"]] == [found.arm for found in plan.assignments]
    assert [found["number"] for found in content["assignments"]] == list(range(1, len(plan.assignments) + 1))
    assert plan.hash() != other.hash()
    assert plan.eligible_hash == other.eligible_hash
    assert sum(plan.counts().values()) == len(plan.assignments)


def test_a_stored_plan_stays_as_it_was() -> None:
    plan = complete(UNITS, RATIO, seed=20261123)
    assert [found.arm for found in plan.assignments] == ["drug", "drug", "saline", "drug", "drug", "saline"]
    assert plan.eligible_hash == "0f06256dda6aead7896f39c11aeed099bdb4ad5f7f089e8273fddbbff1e89013"


@given(seeds, st.integers(1, 40), st.dictionaries(st.text(max_size=3), st.integers(1, 4), min_size=2, max_size=4))
def test_complete_counts_are_exact(seed: int, n: int, arms: dict[str, int]) -> None:
    counts = complete(range(n), arms, seed).counts()
    times, rest = divmod(n, sum(arms.values()))
    assert sum(counts.values()) == n
    over = {arm: counts[arm] - times * part for arm, part in arms.items()}
    assert all(0 <= over[arm] <= part for arm, part in arms.items())
    assert sum(over.values()) == rest


def test_all_complete_plans_are_equally_probable() -> None:
    drawn = (tuple(found.arm for found in complete(range(6), "ab", seed).assignments) for seed in range(SEEDS))
    first = complete(range(6), "ab", 0)
    assert first.counts() == {"a": 3, "b": 3}
    counts = Counter(drawn)
    assert len(counts) == comb(6, 3)
    assert_as_probable(counts.elements(), dict.fromkeys(counts, Fraction(1, 20)))


@given(seeds, st.integers(1, 50), st.sampled_from([(3,), (6,), (3, 6), ()]))
def test_each_block_has_the_ratio(seed: int, n: int, sizes: tuple[int, ...]) -> None:
    plan = permuted_blocks(range(n), RATIO, seed, sizes)
    blocks: dict[str, list[str]] = {}
    for found in plan.assignments:
        blocks.setdefault(found.group, []).append(found.arm)
    assert list(blocks) == [f"block {number}" for number in range(1, len(blocks) + 1)]
    *whole, last = blocks.values()
    assert {len(block) for block in whole} <= set(sizes or (3, 6))
    assert all(block.count("drug") == 2 * block.count("saline") for block in whole)
    assert last.count("drug") <= max(sizes or (6,)) * 2 // 3
    assert last.count("saline") <= max(sizes or (6,)) // 3


def test_sizes_of_blocks_are_drawn() -> None:
    first_blocks = (
        sum(found.group == "block 1" for found in permuted_blocks(range(12), "ab", seed, [2, 4, 6]).assignments)
        for seed in range(2000)
    )
    assert_as_probable(first_blocks, dict.fromkeys((2, 4, 6), Fraction(1, 3)))


@given(seeds, st.lists(st.sampled_from("FMX"), min_size=1, max_size=40))
def test_strata_are_balanced_each_by_itself(seed: int, sexes: list[str]) -> None:
    strata = dict(enumerate(sexes))
    plan = stratified(strata, "ab", strata, seed)
    for sex in set(sexes):
        arms = Counter(found.arm for found in plan.assignments if found.group == sex)
        assert arms.total() == sexes.count(sex)
        assert abs(arms["a"] - arms["b"]) <= 1


def test_every_litter_contributes_to_every_arm_or_nothing_is_drawn() -> None:
    litter = {n: f"L{n // 3}" for n in range(9)}
    plan = stratified(litter, RATIO, litter, seed=5, every_arm=True)
    assert {(found.group, found.arm) for found in plan.assignments} == {
        (f"L{n}", arm) for n in range(3) for arm in RATIO
    }
    small = {**litter, 9: "L9", 10: "L9"}
    with pytest.raises(lw.errors.DataError, match=r"too few units for each arm: L9 \(2\). Each needs 3"):
        stratified(small, RATIO, small, seed=5, every_arm=True)
    with pytest.raises(lw.errors.DataError, match="every_arm and sizes exclude each other"):
        stratified(litter, RATIO, litter, seed=5, every_arm=True, sizes=[3])


@given(seeds, st.integers(2, 12), st.integers(1, 5))
def test_animals_of_a_cluster_share_its_arm_and_clusters_are_exact(seed: int, cages: int, each: int) -> None:
    cage = {(n, k): n for n in range(cages) for k in range(each)}
    plan = clusters(cage, "ab", cage, seed)
    arms = {found.group: {other.arm for other in plan.assignments if other.group == found.group}
            for found in plan.assignments}  # fmt: skip
    assert {len(one) for one in arms.values()} == {1}
    per_arm = Counter(arm for (arm,) in arms.values())
    assert abs(per_arm["a"] - per_arm["b"]) <= 1
    assert plan.parameters == {"clusters": cages}


@given(seeds, st.integers(1, 6), st.integers(2, 8))
def test_a_split_plot_gives_one_factor_to_plots_and_one_within(seed: int, plots: int, each: int) -> None:
    plot: dict[Any, int] = {(n, k): n for n in range(plots) for k in range(each)}
    plan = split_plot(plot, plot, ["x", "y"], "ab", seed)
    for n in range(plots):
        arms = [pair for unit, pair in plan.arms_of().items() if plot[unit] == n]
        assert len({outer for outer, _ in arms}) == 1
        inner = Counter(arm for _, arm in arms)
        assert abs(inner["a"] - inner["b"]) <= each % 2
    assert plan.whole.randomness == plan.sub.randomness


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (lambda: permuted_blocks(UNITS, RATIO, 1, [4]), r"Blocks of \[4\] do not hold the ratio .* multiples of 3"),
        (lambda: permuted_blocks(UNITS, "ab", 1, [0]), r"Blocks of \[0\]"),
        (lambda: stratified(UNITS, "ab", {"M0": "F"}, 1), "Units without a stratum: M1, M2, M3, M4, M5"),
        (lambda: clusters(UNITS, "ab", {}, 1), "Units without a cluster"),
        (lambda: split_plot(UNITS, {}, "ab", "ab", 1), "Units without a plot"),
        (lambda: latin_square("ab", "ab", "abc", 1), "A Latin square of 2 rows, 2 columns"),
        (lambda: latin_square("ab", "ab", {"a": 1, "b": 2}, 1), "no arm counts double"),
        (lambda: latin_square(PAIRS, "ab", "ab", 1), "texts or numbers as names"),
        (lambda: latin_square("ab", "ab", "ab", 1, {("a", "b"): "holiday"}), r"\('a', 'b'\) \(holiday\)"),
    ],
)
def test_plans_that_cannot_be_are_refused(refused: Callable[[], object], message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        refused()


@pytest.mark.parametrize("name", METHODS)
def test_a_dead_animal_is_allocated_by_no_method(name: str) -> None:
    dead = {"M3": "dead"}
    refusals: dict[str, Callable[[], object]] = {
        "simple": lambda: simple(UNITS, "ab", 1, dead),
        "complete": lambda: complete(UNITS, "ab", 1, dead),
        "permuted blocks": lambda: permuted_blocks(UNITS, "ab", 1, ineligible=dead),
        "stratified": lambda: stratified(UNITS, "ab", CAGE, 1, ineligible=dead),
        "blocks in strata": lambda: stratified(UNITS, "ab", CAGE, 1, sizes=[2], ineligible=dead),
        "clusters": lambda: clusters(UNITS, "ab", CAGE, 1, dead),
        "minimisation": lambda: minimisation(UNITS, "ab", {"cage": CAGE}, 1, ineligible=dead),
        "plots": lambda: split_plot(UNITS, CAGE, "ab", "ab", 1, dead),
        "within plots": lambda: split_plot(UNITS, CAGE, "ab", "ab", 1, dead),
    }
    with pytest.raises(lw.errors.DataError, match=r"'M3' \(dead\)"):
        refusals[name]()
