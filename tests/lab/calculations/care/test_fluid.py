"""Fluid under restriction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.care.fluid import FluidPolicy, remaining_fluid

ALYX: Final = FluidPolicy(ml_per_gram=0.04, ml_per_gram_light=0.05, light=80, hours=23)
NOON: Final = datetime(2018, 6, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "percent", "expected"), [(25, 100.0, 1.0), (20.5, 80.0, 0.82), (20.5, 79.9, 1.025), (20, 120.0, 0.8)]
)
def test_a_light_animal_has_more_for_each_gram(body: float, percent: float, expected: float) -> None:
    assert ALYX.minimum(body, percent) == expected


@pytest.mark.parametrize(("hour", "is_due"), [(9, False), (10, False), (11, True), (12, True)])
def test_fluid_is_due_23_hours_after_the_last(hour: int, is_due: bool) -> None:
    """The cases of Alyx: given on the 3rd at noon, due on the 4th from 11 o'clock."""
    now = datetime(2018, 6, 4, hour, tzinfo=UTC)
    assert ALYX.is_due(0.2, since=NOON, now=now) is is_due
    assert not ALYX.is_due(0, since=NOON, now=now + timedelta(days=3))


@given(st.lists(st.decimals(0, 2, places=2), max_size=6), st.decimals(0, 5, places=2))
def test_what_is_left_is_never_below_nothing(given_ml: list[float], minimum: float) -> None:
    left = remaining_fluid(minimum, given_ml)
    assert left == max(float(minimum - sum(given_ml)), 0)


def test_three_tenths_and_six_tenths_leave_a_tenth() -> None:
    assert remaining_fluid(1, [0.3, 0.6]) == 0.1
    assert remaining_fluid(0.9, [0.3, 0.6]) == 0


REFUSED: Final[Mapping[str, tuple[Callable[[], object], str]]] = {
    "no fluid": (lambda: FluidPolicy(0, 0.05, 80, 23), "Millilitres and hours are above 0"),
    "less for light ones": (lambda: FluidPolicy(0.05, 0.04, 80, 23), "has no less than others"),
    "no baseline": (lambda: ALYX.minimum(20, None), "Record the baseline weight"),
    "no body": (lambda: ALYX.minimum(0, 90.0), "A body of 0 g needs no fluid"),
    "taken away": (lambda: remaining_fluid(1, [0.5, -0.1]), "A volume below 0 was given"),
}


@pytest.mark.parametrize(("refused", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(refused: Callable[[], object], message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        refused()
