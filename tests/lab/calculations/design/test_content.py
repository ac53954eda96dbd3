"""Designs as plain data, and what their hash holds."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.design import content_hash
from labwright.lab.calculations.design.content import plain

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_the_hash_is_that_of_what_the_documentation_says() -> None:
    written = '{"design":{"arms":["drug","säline"],"p":"1/3"},"format":"labwright design 1"}'
    expected = hashlib.sha256(written.encode()).hexdigest()
    assert content_hash({"p": Fraction(1, 3), "arms": ("drug", "säline")}) == expected


@given(st.dictionaries(st.text(), values, max_size=4), st.randoms())
def test_the_order_of_names_does_not_matter(design: dict[str, Any], random: Any) -> None:
    turned = dict(random.sample(list(design.items()), len(design)))
    assert content_hash(turned) == content_hash(design)
    assert plain(design) == design


@given(values, values)
def test_another_design_has_another_hash(one: Any, other: Any) -> None:
    assert (content_hash({"": one}) == content_hash({"": other})) == (repr(plain(one)) == repr(plain(other))) or (
        one == other
    )


def test_a_moment_is_the_same_in_every_time_zone() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    berlin = noon.astimezone(timezone(timedelta(hours=1)))
    assert plain(berlin) == plain(noon) == "2026-03-01T12:00:00.000000Z"
    assert plain([date(2026, 3, 1), Decimal("1.50"), UUID(int=1)]) == ["2026-03-01", "1.50", str(UUID(int=1))]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a", "b"}, r"design.arms\[0\] is .*, a set: a design is made of"),
        (float("nan"), r"design.arms\[0\] is nan"),
        (float("inf"), r"design.arms\[0\] is inf"),
        (datetime(2026, 3, 1), r"design.arms\[0\] is 2026-03-01 00:00:00, without a time zone"),  # noqa: DTZ001  # so
        ({1: "a"}, r"design.arms\[0\] has the name 1: only texts are names"),
        (object(), "a object"),
        (b"a", "a bytes"),
    ],
)
def test_what_has_no_one_way_of_being_written_is_refused(value: Any, message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        content_hash({"arms": [value]})
