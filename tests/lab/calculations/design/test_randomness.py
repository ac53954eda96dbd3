"""Draws: the same from the same seed for ever, and equally probable."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.calculations.design.frequency import assert_as_probable

import labwright as lw
from labwright.lab.calculations.design import Draws, Randomness, fresh_seed

seeds = st.integers(0, 2**63 - 1)


def test_draws_stay_as_they_were_when_plans_were_stored() -> None:
    """Should these ever change, old plans could not be audited: the procedure needs a new name then."""
    draws = Draws(20261123)
    assert draws.randomness == Randomness(20261123, "PCG64", f"numpy {np.__version__}", "labwright draws 1")
    assert "".join(draws.shuffled("abcdefgh")) == "hegabcfd"
    assert [draws.below(100) for _ in range(5)] == [15, 25, 36, 9, 61]
    assert draws.uniform() == 0.6379082011574175


@given(seeds, st.integers(1, 2**64))
def test_whole_numbers_are_below_their_bound(seed: int, bound: int) -> None:
    draws = Draws(seed)
    assert all(0 <= draws.below(bound) < bound for _ in range(5))
    assert 0 <= draws.uniform() < 1


@given(seeds, st.lists(st.integers()))
def test_a_shuffle_keeps_everything_and_can_be_repeated(seed: int, items: list[int]) -> None:
    assert sorted(Draws(seed).shuffled(items)) == sorted(items)
    assert Draws(seed).shuffled(items) == Draws(seed).shuffled(items)


def test_all_orders_and_numbers_are_equally_probable() -> None:
    draws = Draws(1)
    orders = {"".join(order): Fraction(1, 24) for order in permutations("abcd")}
    assert_as_probable(("".join(draws.shuffled("abcd")) for _ in range(10_000)), orders)
    assert_as_probable((draws.below(7) for _ in range(10_000)), dict.fromkeys(range(7), Fraction(1, 7)))
    assert_as_probable((int(draws.uniform() * 5) for _ in range(10_000)), dict.fromkeys(range(5), Fraction(1, 5)))


def test_a_bound_that_is_no_power_of_two_is_not_favoured_below() -> None:
    """The remainder alone would give the first half of three quarters of 2**64 twice as often."""
    draws, bound = Draws(1), 3 * 2**62
    assert_as_probable((draws.below(bound) // 2**62 for _ in range(3000)), dict.fromkeys(range(3), Fraction(1, 3)))


@pytest.mark.parametrize("seed", [-1, 2**63, True, 1.0, "1", None, np.int64(3)])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(lw.errors.DataError, match=r"is no whole number from 0 to 9223372036854775807"):
        Draws(seed)


def test_another_version_of_numpy_is_no_other_randomness() -> None:
    assert replace(Draws(1).randomness, library="numpy 1.26.4") == Draws(1).randomness
    assert replace(Draws(1).randomness, procedure="labwright draws 2") != Draws(1).randomness


def test_fresh_seeds_differ() -> None:
    assert len({fresh_seed() for _ in range(100)}) == 100
