"""Filters in addresses, and what becomes of them."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.fields.kinds import TYPES, attribute

import labwright as lw
from labwright.web.fields import FieldError, Filter, condition, field_of, filters_of, query_string, read_filters
from labwright.web.fields.filters import RESERVED, SIGNS, join_list, split_list

UTC = datetime.UTC
HEADING = lw.Heading(
    [
        attribute("int16", name="mouse", in_key=True),
        attribute("varchar(20)", name="name"),
        attribute("float64", name="score", nullable=True),
        attribute("int16", name="sort"),
        attribute("json", name="info"),
    ]
)
DAY = (datetime.datetime(2024, 2, 29), datetime.datetime(2024, 2, 29, 23, 59, 59))


def texts(least: int = 0) -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=20)


def filters() -> st.SearchStrategy[Filter]:
    names = st.sampled_from(["mouse", "score", "sort", "after", "a_1"])
    drawn = st.builds(Filter, names, st.sampled_from(sorted(SIGNS)), texts(1))
    return drawn.map(lambda f: Filter(f.name, f.operator, "1") if f.operator.endswith("_null") else f)


@given(st.lists(filters(), max_size=5))
def test_an_address_reads_back(given: list[Filter]) -> None:
    assert read_filters(parse_qsl(query_string(given))) == given


@given(st.lists(texts(), max_size=5))
def test_a_list_reads_back(given: list[str]) -> None:
    # browsers and addresses have other ends of lines within texts
    assert split_list(join_list(given)) == given


@pytest.mark.parametrize(
    ("type_", "operator", "text", "made"),
    [
        ("int16", "eq", "3", lw.Where("x", "=", 3)),
        ("int16", "ne", "3", lw.Where("x", "!=", 3)),
        ("int16", "lt", "3", lw.Where("x", "<", 3)),
        ("int16", "le", "3", lw.Where("x", "<=", 3)),
        ("int16", "gt", "3", lw.Where("x", ">", 3)),
        ("int16", "ge", " 3 ", lw.Where("x", ">=", 3)),
        ("int16", "between", "3..7", lw.Where("x", "between", (3, 7))),
        ("int16", "between", "3..", lw.Where("x", ">=", 3)),
        ("int16", "between", "..7", lw.Where("x", "<=", 7)),
        ("int16", "in", "3, 5,,7", lw.Where("x", "in", [3, 5, 7])),
        ("float64", "between", "1,5..2,5", lw.Where("x", "between", (1.5, 2.5))),
        ("varchar(9)", "has", "50%", lw.Where("x", "contains", "50%", ignore_case=True)),
        ("varchar(9)", "starts", "A", lw.Where("x", "startswith", "A", ignore_case=True)),
        ("varchar(9)", "eq", '""', lw.Where("x", "=", "")),
        ("varchar(9)", "in", '"a,b",c', lw.Where("x", "in", ["a,b", "c"])),
        ("bool", "eq", "yes", lw.Where("x", "=", True)),
        ("datetime", "ge", "2024-02-29 12:00", lw.Where("x", ">=", datetime.datetime(2024, 2, 29, 12))),
        ("datetime", "eq", "2024-02-29", lw.Where("x", "between", DAY)),
        ("datetime", "ne", "2024-02-29", [lw.Where("x", "<", DAY[0]), lw.Where("x", ">", DAY[1])]),
        ("datetime", "lt", "2024-02-29", lw.Where("x", "<", DAY[0])),
        ("datetime", "le", "2024-02-29", lw.Where("x", "<=", DAY[1])),
        ("datetime", "gt", "2024-02-29", lw.Where("x", ">", DAY[1])),
        ("datetime", "ge", "2024-02-29", lw.Where("x", ">=", DAY[0])),
        ("datetime", "between", "2024-02-29..2024-02-29", lw.Where("x", "between", DAY)),
        ("datetime", "in", "2024-02-29", [lw.Where("x", "between", DAY)]),
        ("datetime(3)", "le", "9999-12-31", lw.Where("x", "<=", datetime.datetime(9999, 12, 31, 23, 59, 59, 999_000))),
        ("datetime_utc", "lt", "2024-02-29", lw.Where("x", "<", datetime.datetime(2024, 2, 29, tzinfo=UTC))),
        ("date", "le", "2024-02-29", lw.Where("x", "<=", datetime.date(2024, 2, 29))),
    ],
)
def test_conditions(type_: str, operator: str, text: str, made: Any) -> None:
    assert condition(attribute(type_), operator, text) == made


@pytest.mark.parametrize(
    ("type_", "operator", "text", "sentence"),
    [
        ("int16", "has", "3", "There is no comparison 'has' for x. Choose one of eq (=), ne (≠), lt (<), le (≤),"),
        ("int16", "is_null", "", "There is no comparison 'is_null' for x."),
        ("int16", "eq", " ", "Give a value to compare with."),
        ("int16", "eq", "40000", "Give a whole number from -32768 to 32767: '40000' is outside."),
        ("int16", "between", "3", "Give two values with two points between them, as in 3..7."),
        ("int16", "between", "..", "Give two values with two points between them"),
        ("int16", "between", "7..3", "Give the smaller value first, as in 3..7."),
        ("int16", "in", ",,", "Give values with commas between them, as in 3,5,7."),
        ("varchar(9)", "in", 'a,"b', "Put a value with a comma in it between double quotes"),
        ("varchar(9)", "has", "a\0", "Character 2 is NUL"),
        ("enum('left','right')", "eq", "Left", "Did you mean left?"),
        ("json", "eq", "1", "There is no comparison 'eq' for x."),
        ("<blob>", "eq", "1", "There is no comparison 'eq' for x."),
    ],
)
def test_refused_conditions(type_: str, operator: str, text: str, sentence: str) -> None:
    with pytest.raises(FieldError) as refused:
        condition(attribute(type_), operator, text)
    assert sentence in str(refused.value)


def test_several_equal_values_are_alternatives_and_all_else_is_required() -> None:
    pairs = [("mouse", "1"), ("score.ge", "3"), ("mouse.eq", "2"), ("score.le", "4"), ("score.is_null", "")]
    conditions, problems = filters_of(HEADING, pairs)
    assert conditions == [
        [lw.Where("mouse", "=", 1), lw.Where("mouse", "=", 2)],
        lw.Where("score", "is null"),
        lw.Where("score", ">=", 3.0),
        lw.Where("score", "<=", 4.0),
    ]
    assert problems == []


def test_every_problem_is_kept_with_its_filter() -> None:
    pairs = [("mouse", "two"), ("mous", "1"), ("name.like", "a"), ("name", "a"), ("info.has", "a")]
    conditions, problems = filters_of(HEADING, pairs)
    assert conditions == [lw.Where("name", "=", "a")]
    assert [p.filter.key for p in problems] == ["mouse", "mous", "name.like", "info.has"]
    assert problems[1].sentence == "There is no column 'mous'. Did you mean mouse?"


def test_what_is_no_filter_is_passed_over() -> None:
    pairs = [("sort", "-score"), ("after", "3"), ("mouse", ""), ("name.has", ""), ("sort.eq", "3")]
    assert filters_of(HEADING, pairs) == ([lw.Where("sort", "=", 3)], [])
    assert Filter("sort", "eq", "3").key == "sort.eq"
    assert "sort" in RESERVED
    assert filters_of(HEADING, [("kiosk", "1"), ("mouse", "3")], reserved=["kiosk"]).problems == []


@pytest.mark.parametrize("type_", TYPES.values())
def test_every_operator_of_every_type_is_known(type_: str) -> None:
    tested = field_of(attribute(type_, nullable=True))
    assert set(tested.operators) <= set(SIGNS)
    assert tested.operators[-2:] == ("is_null", "not_null")
