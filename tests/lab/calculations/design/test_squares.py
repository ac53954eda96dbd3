"""Latin and Williams squares: known ones, known numbers of them, and balance."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.calculations.design.frequency import assert_as_probable

import labwright as lw
from labwright.lab.calculations.design import Draws, carry_over, latin_square, random_latin_square, williams_square
from labwright.lab.calculations.design.squares import Square, jacobson_matthews, reduced_squares

CASES: Final = json.loads((Path(__file__).parents[2] / "reference_cases.json").read_text(encoding="utf-8"))


def is_latin(square: Square) -> bool:
    symbols = set(range(len(square)))
    return all(set(line) == symbols for line in [*square, *zip(*square, strict=True)])


def test_there_are_as_many_reduced_squares_as_is_known() -> None:
    """OEIS A000315."""
    for order, count in enumerate([1, 1, 1, 4, 56], start=1):
        found = reduced_squares(order)
        assert len(set(found)) == count
        for square in found:
            assert is_latin(square)
            assert list(square[0]) == [row[0] for row in square] == list(range(order))


@given(st.integers(1, 9), st.integers(0, 2**63 - 1))
def test_any_square_is_latin_and_comes_again(order: int, seed: int) -> None:
    square = random_latin_square(order, Draws(seed))
    assert is_latin(square)
    assert random_latin_square(order, Draws(seed)) == square


def all_squares(order: int) -> list[Square]:
    """By trying, row by row."""
    rows = [row for row in product(range(order), repeat=order) if len(set(row)) == order]
    found: list[Square] = [()]
    for _ in range(order):
        found = [
            (*above, row)
            for above in found
            for row in rows
            if all(row[n] != other[n] for other in above for n in range(order))
        ]
    return found


@pytest.mark.parametrize(("order", "count"), [(2, 2), (3, 12), (4, 576)])
def test_all_squares_of_an_order_are_equally_probable(order: int, count: int) -> None:
    """OEIS A002860."""
    squares = all_squares(order)
    assert len(squares) == count
    draws = Draws(1)
    drawn = [random_latin_square(order, draws) for _ in range(12_000)]
    assert_as_probable(drawn, dict.fromkeys(squares, 1 / count))


def test_moves_of_jacobson_and_matthews_reach_both_kinds_of_square_as_often_as_there_are() -> None:
    """Of 576 squares of order 4, 144 are tables of Klein's group, which permutations of the cyclic one never become."""
    draws = Draws(1)
    kinds = (_is_of_klein(jacobson_matthews(4, draws)) for _ in range(1500))
    assert sum(map(_is_of_klein, all_squares(4))) == 144
    assert_as_probable(kinds, {True: 1 / 4, False: 3 / 4})


def _is_of_klein(square: Square) -> bool:
    """Whether any two rows exchange symbols in pairs."""
    steps = (dict(zip(one, other, strict=True)) for one, other in product(square, square))
    return all(step[step[symbol]] == symbol for step in steps for symbol in step)


def test_the_cells_of_a_plan_have_each_arm_once_in_each_line() -> None:
    plan = latin_square(["M2", "M1", "M3"], [3, 1, 2], "abc", seed=3)
    assert plan == latin_square(["M1", "M2", "M3"], [1, 2, 3], "cab", seed=3)
    arm = plan.arm_of()
    for name in ("M1", "M2", "M3"):
        assert {arm[name, day] for day in (1, 2, 3)} == set("abc")
    for day in (1, 2, 3):
        assert {arm[name, day] for name in ("M1", "M2", "M3")} == set("abc")
    assert plan.parameters == {"set": "all squares"}
    large = latin_square(range(6), range(6), "abcdef", seed=1)
    assert large.parameters == {"set": "Jacobson-Matthews chain"}
    assert large.counts() == dict.fromkeys("abcdef", 6)


def test_the_williams_square_of_six_is_the_published_one() -> None:
    found = ["".join(str(condition + 1) for condition in row) for row in williams_square(6)]
    assert sorted(_renamed(found)) == sorted(_renamed(CASES["williams6"]))


def _renamed(sequences: list[str]) -> list[str]:
    """With the conditions named in the order of the first sequence."""
    names = str.maketrans(sequences[0], "".join(sorted(sequences[0])))
    return [sequence.translate(names) for sequence in sequences]


@pytest.mark.parametrize("conditions", range(2, 13))
def test_williams_squares_are_balanced_for_place_and_for_what_came_before(conditions: int) -> None:
    square = williams_square(conditions)
    times = 1 if conditions % 2 == 0 else 2
    assert len(square) == times * conditions
    for place in zip(*square, strict=True):
        assert set(Counter(place).values()) == {times}
    follows = carry_over(square)
    assert set(follows) == {(a, b) for a in range(conditions) for b in range(conditions) if a != b}
    assert set(follows.values()) == {times}


def test_one_condition_has_no_order() -> None:
    with pytest.raises(lw.errors.DataError, match="there must be two"):
        williams_square(1)
