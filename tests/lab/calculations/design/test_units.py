"""Who may be allocated, and to what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.design import eligible
from labwright.lab.calculations.design.units import grouped, pattern, ratios, require_labels

names = st.integers() | st.text() | st.tuples(st.integers() | st.text(), st.integers() | st.text())


@given(st.lists(names, min_size=1, unique=True), st.randoms())
def test_the_order_of_units_does_not_matter(units: list[Any], random: Any) -> None:
    turned = random.sample(units, len(units))
    assert eligible(units) == eligible(turned)
    assert set(eligible(units)) == set(units)


def test_numbers_stand_before_texts_and_are_numbers() -> None:
    assert eligible(["M10", 10, 9, "M9", ("C1", 2), ("C1", 10)]) == (9, 10, ("C1", 2), ("C1", 10), "M10", "M9")


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([], "There are no units to allocate"),
        (["M1", "M2", "M1", "M2"], "listed more than once: M1, M2"),
        (["M1", "M2", "M3"], r"cannot be allocated: 'M2' \(dead\), 'M3' \(already allocated\). Nothing was allocated"),
    ],
)
def test_units_that_cannot_be_allocated_are_named(units: list[str], message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        eligible(units, {"M3": "already allocated", "M2": "dead", "M9": "exported"})


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ([], "at least two are needed"),
        (["drug"], "at least two are needed"),
        (["drug", "drug", "saline"], "each once"),
        ({"drug": 1, "saline": 0}, r"ratio of arms {'saline': 0} is wrong"),
        ({"drug": 1.5, "saline": 1}, r"ratio of arms {'drug': 1.5} is wrong"),
        ({"drug": True, "saline": 1}, r"ratio of arms {'drug': True} is wrong"),
    ],
)
def test_arms_that_are_none_are_refused(arms: Any, message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        ratios(arms)


def test_ratios_are_whole_numbers_however_they_are_given() -> None:
    arms: Any = {"saline": 1.0, "drug": 2}
    assert pattern(ratios(arms)) == ["drug", "drug", "saline"]


def test_labels_that_are_missing_or_look_alike_are_refused() -> None:
    with pytest.raises(lw.errors.DataError, match="Units without a litter: M1, M3"):
        require_labels(["M1", "M2", "M3"], {"M1": None, "M2": "L"}, "litter")
    with pytest.raises(lw.errors.DataError, match="Different labels of a cage are all written '1'"):
        grouped(["M1", "M2"], {"M1": 1, "M2": "1"}, "cage")
    assert grouped(["M1", "M2"], {"M1": ("M", 2), "M2": ("F", 1)}, "stratum") == {"F, 1": ["M2"], "M, 2": ["M1"]}
