"""Weights beside what they should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.care.weight import Baseline, Growth, WeightPolicy, exact, expected_body, percent_weight

CASES: Final = json.loads((Path(__file__).parents[2] / "reference_cases.json").read_text(encoding="utf-8"))
TABLE: Final = Growth({28: (14.0, 1.0), 42: (18.0, 1.2), 56: (20.0, 1.5)})
grams = st.decimals(5, 60, places=2)


@pytest.mark.parametrize("weight", ["7.0", "8.6", "9.0"])
def test_alyx_would_say_the_same(weight: str) -> None:
    """It stops at 85 %, and warns two percent before."""
    case = CASES["alyx_water"]["notif"]
    percent = percent_weight(Decimal(weight), 0, Baseline(case["ref"]))
    words = {"stop": f"WARNING {percent}%", "warn": "ATTENTION", "fine": None}
    assert words[WeightPolicy(warn=87, stop=85).judge(percent)] == case[weight]


@given(grams, grams, st.decimals(0, 4, places=2), st.decimals(0, 4, places=2))
def test_percent_is_of_bodies_without_their_implants(now: Decimal, then: Decimal, one: Decimal, other: Decimal) -> None:
    found = percent_weight(now + one, one, Baseline(then + other, other))
    assert found == float(Fraction(now) / Fraction(then) * 100)
    assert percent_weight(then + one, one, Baseline(then + other, other)) == 100


def test_a_limit_is_met_exactly_where_floating_point_would_miss_it() -> None:
    percent = percent_weight(21.7, implant=1.3, expected=Baseline(25.3, implant=1.3))
    assert percent == 85
    assert 100 * (21.7 - 1.3) / (25.3 - 1.3) != 85
    assert WeightPolicy(warn=90, stop=85).judge(percent) == "stop"


def test_without_a_baseline_there_is_no_percentage() -> None:
    assert percent_weight(20, 0, None) is None
    assert WeightPolicy(warn=90, stop=85).judge(None) == "no baseline"


def test_growth_keeps_an_animal_at_its_place_among_others() -> None:
    """By hand: one deviation above the mean at 28 days, so at 56: 20 + 1.5."""
    baseline = Baseline(16, implant=1, age=28)
    assert expected_body(baseline, WeightPolicy(85, 80, growth=1), TABLE, age=56) == Fraction("21.5")
    assert expected_body(baseline, WeightPolicy(85, 80, growth=0.25), TABLE, age=56) == Fraction("16.625")
    assert expected_body(baseline, WeightPolicy(85, 80)) == 15
    assert percent_weight(18.2, 1, Fraction("21.5")) == 80


@given(grams, st.floats(0, 200), st.floats(0, 1))
def test_at_the_age_of_the_baseline_the_baseline_is_expected(weight: Decimal, age: float, share: float) -> None:
    policy = WeightPolicy(85, 80, growth=share)
    assert float(expected_body(Baseline(weight, age=age), policy, TABLE, age)) == pytest.approx(float(weight))


@given(st.floats(-10, 300))
def test_growth_stays_between_the_rows_of_its_table(age: float) -> None:
    mean, sd = TABLE.at(age)
    assert 14 <= mean <= 20
    assert 1 <= sd <= 1.5
    assert [TABLE.at(known) for known in TABLE.table] == list(TABLE.table.values())
    assert Growth({28: (14.0, 1.0)}).at(age) == (14, 1)


REFUSED: Final[Mapping[str, tuple[Callable[[], object], str]]] = {
    "all implant": (lambda: Baseline(2, implant=2), "weighs more than its implant"),
    "negative implant": (lambda: Baseline(20, implant=-1), "cannot be"),
    "unborn": (lambda: Baseline(20, age=-1), "was born before"),
    "nan": (lambda: Baseline(float("nan")), "nan is no number of grams"),
    "heavy implant": (lambda: percent_weight(2, 3, None), "of 2 g cannot have an implant of 3 g"),
    "stop above warning": (lambda: WeightPolicy(warn=80, stop=85), "no stop is above a warning"),
    "share": (lambda: WeightPolicy(warn=85, stop=80, growth=85), "a share is from 0 to 1"),
    "fraction for percent": (lambda: WeightPolicy(warn=850, stop=80), "above 0 to 100"),
    "empty": (lambda: Growth({}), "has an age at least"),
    "no deviation": (lambda: Growth({28: (14, 0)}), "mean and deviation above 0"),
    "no table": (lambda: expected_body(Baseline(20, age=30), WeightPolicy(85, 80, 1)), "needs a table of growth"),
    "no age": (lambda: expected_body(Baseline(20), WeightPolicy(85, 80, 1), TABLE), "the age at the baseline"),
    "tiny": (lambda: expected_body(Baseline(0.1, age=28), WeightPolicy(85, 80, 1), TABLE, 56), "Is its baseline right"),
}


@pytest.mark.parametrize(("refused", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(refused: Callable[[], object], message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        refused()


def test_numbers_are_taken_as_written() -> None:
    values: list[Any] = [0.1, Decimal("0.1"), Fraction(1, 10)]
    assert {exact(value) for value in values} == {Fraction(1, 10)}
