"""Ages as NWB reads them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.terms.age import age_at, check_age

CASES: Final = json.loads((Path(__file__).parents[1] / "reference_cases.json").read_text(encoding="utf-8"))
DAY: Final = date(2026, 11, 23)


@pytest.mark.parametrize("text", [*CASES["nwb_age_valid"], "PT36H", "P0.5W", "P1M/P60D", "P7D/P1W"])
def test_ages_that_are_read(text: str) -> None:
    assert check_age(text) == text


@pytest.mark.parametrize(
    "text",
    [*CASES["nwb_age_invalid"], "", "/", "/P3D", "P3D/x", "PT", "P3", "p3d", "P1D2W", "P1D ", "P1D/P2D/P3D", "P٣D"],
)
def test_ages_that_are_not(text: str) -> None:
    with pytest.raises(lw.errors.DataError, match="is no age"):
        check_age(text)


@given(st.integers(0, 2000), st.integers(0, 30))
def test_the_age_of_any_animal_is_read(days: int, more: int) -> None:
    first, last = DAY - timedelta(days=days + more), DAY - timedelta(days=days)
    age = age_at(DAY, first, last)
    assert age == (f"P{days}D/P{days + more}D" if more else f"P{days}D")
    assert check_age(age) == age
    assert age_at(DAY, last) == f"P{days}D"


def test_an_animal_has_no_age_before_it_is_born() -> None:
    with pytest.raises(lw.errors.DataError, match="born from 2026-11-24 to 2026-11-24 has no age on 2026-11-23"):
        age_at(DAY, DAY + timedelta(days=1))
    with pytest.raises(lw.errors.DataError, match="has no age"):
        age_at(DAY, DAY - timedelta(days=3), DAY - timedelta(days=5))
    assert age_at(DAY, None) is None
