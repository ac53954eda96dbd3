"""Codes that tell nothing."""

from __future__ import annotations

import re

import pytest
from tests.lab.calculations.design.frequency import assert_as_probable

import labwright as lw
from labwright.lab.calculations.design import blind_codes
from labwright.lab.calculations.design.blinding import DIGITS, LETTERS


def test_codes_are_easily_read_and_differ() -> None:
    codes = blind_codes(f"M{n}" for n in range(500))
    assert list(codes) == sorted(f"M{n}" for n in range(500))
    assert len(set(codes.values())) == 500
    assert all(re.fullmatch(f"[{LETTERS}][{DIGITS}][{LETTERS}][{DIGITS}][{LETTERS}]", code) for code in codes.values())


def test_the_order_of_codes_tells_nothing_of_the_order_of_names() -> None:
    first = (min(codes := blind_codes("ab"), key=lambda name: codes[name]) for _ in range(2000))
    assert_as_probable(first, {"a": 0.5, "b": 0.5}, deviations=7)  # without a seed, other draws each time


def test_a_code_is_never_used_again() -> None:
    taken = set(blind_codes(map(str, range(2000)), length=4).values())
    assert taken.isdisjoint(blind_codes("abc", taken, length=4).values())


class Everything:
    def __contains__(self, code: object) -> bool:
        return True


def test_it_ends_when_no_code_is_left() -> None:
    with pytest.raises(lw.errors.DataError, match="Hardly any code of 4 characters is left"):
        blind_codes("a", Everything(), length=4)
    with pytest.raises(lw.errors.DataError, match="at least 4 characters"):
        blind_codes("a", length=3)
    with pytest.raises(lw.errors.DataError, match="must be there once"):
        blind_codes("aa")
