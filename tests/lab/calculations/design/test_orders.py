"""Orders of conditions."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.calculations.design.frequency import assert_as_probable

import labwright as lw
from labwright.lab.calculations.design import Orders, carry_over, random_orders, williams_orders

seeds = st.integers(0, 2**63 - 1)


@given(seeds, st.integers(2, 7), st.integers(1, 3))
def test_whole_williams_squares_are_balanced(seed: int, conditions: int, times: int) -> None:
    names = "abcdefg"[:conditions]
    units = range(times * conditions * (1 + conditions % 2))
    plan = williams_orders(units, names, seed)
    assert plan.balanced
    assert len(set(carry_over(plan.order_of.values()).values())) == 1
    assert all(sorted(order) == list(names) for order in plan.order_of.values())


@given(seeds, st.permutations([f"M{n}" for n in range(6)]), st.permutations("abc"))
@pytest.mark.parametrize("method", [random_orders, williams_orders])
def test_the_same_seed_gives_the_same_orders(method: Any, seed: int, units: list[str], names: list[str]) -> None:
    plan: Orders = method(units, names, seed)
    assert plan == method(sorted(units), sorted(names), seed)
    content = json.loads(json.dumps(plan.content()))
    assert content["order_of"] == [[unit, list(order)] for unit, order in plan.order_of.items()]
    assert content["randomness"]["seed"] == seed


def test_units_left_over_make_it_unbalanced_and_it_says_so() -> None:
    plan = williams_orders(range(5), "abcd", seed=1)
    assert not plan.balanced
    assert len(set(plan.order_of.values())) == 4


@pytest.mark.parametrize("method", [random_orders, williams_orders])
def test_a_unit_meets_all_orders_that_there_are_equally_often(method: Any) -> None:
    """Of three conditions the two squares have all six."""
    drawn = (method(range(6), "abc", seed).order_of[0] for seed in range(6000))
    assert_as_probable(drawn, dict.fromkeys(permutations("abc"), Fraction(1, 6)))


@pytest.mark.parametrize("names", ["", "a", "aab"])
@pytest.mark.parametrize("method", [random_orders, williams_orders])
def test_conditions_that_are_none_are_refused(method: Any, names: str) -> None:
    with pytest.raises(lw.errors.DataError, match="at least two are needed, each once"):
        method(["M1"], names, 1)
    with pytest.raises(lw.errors.DataError, match=r"'M1' \(dead\)"):
        method(["M1"], "ab", 1, {"M1": "dead"})
