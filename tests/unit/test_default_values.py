"""One spelling for each default."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.types import Default, Type
from labwright.define.default_values import canonical_default, default_value
from labwright.define.defaults import check_default
from labwright.define.typenames import parse_type
from labwright.testing import definitions

typed_defaults = definitions.types.flatmap(lambda t: st.tuples(st.just(t), definitions.defaults(t)))


@given(typed_defaults)
def test_the_usual_spelling_is_its_own(drawn: tuple[Type, Default | None]) -> None:
    type_, default = drawn
    found = canonical_default(type_, default)
    assert canonical_default(type_, found) == found
    check_default(type_, found)


@pytest.mark.parametrize(
    ("type_", "spellings", "expected"),
    [
        ("bool", ["1", "true", "TRUE", "True"], "True"),
        ("int32", ["7", "+7", "007"], "7"),
        ("decimal(8,2)", ["1.5", "1.50", "15e-1"], "1.50"),
        ("decimal(8,2)", ["-0", "0", "0.00"], "0.00"),
        ("float64", ["1e3", "1000", "1000.0"], "1000.0"),
        ("float64", ["-0.0", "0", "-0"], "0.0"),
        ("uuid", ["00112233445566778899AABBCCDDEEFF"], "00112233-4455-6677-8899-aabbccddeeff"),
        ("datetime(3)", ["2024-05-31 12:30:00.1239", "2024-05-31T12:30:00.123"], "2024-05-31 12:30:00.123000"),
        ("datetime", ["2024-05-31", "2024-05-31 00:00"], "2024-05-31 00:00:00"),
        ("datetime_utc", ["2024-05-31 02:00+02:00", "2024-05-31"], "2024-05-31 00:00:00"),
    ],
)
def test_spellings_of_the_same_value_are_one(type_: str, spellings: list[str], expected: str) -> None:
    found = {canonical_default(parse_type(type_), Default("literal", s)) for s in spellings}
    assert found == {Default("literal", expected)}


def test_the_present_has_the_digits_of_its_column() -> None:
    assert canonical_default(Type("datetime", (3,)), Default("now", "6")) == Default("now", "3")


@pytest.mark.parametrize(("type_", "text"), [("int8", "x"), ("bool", "2"), ("decimal(3,1)", "x"), ("date", "today")])
def test_a_text_that_is_no_value_is_refused(type_: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        default_value(parse_type(type_), text)
