"""Texts become expressions with names and types, or errors that show the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import LabwrightError, QueryError, QuerySyntaxError, UnknownAttributeError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.query.scalar import json_scalar, parse_path, parse_scalar

HEADING = Heading(
    [
        Attribute("n", Type("int32"), in_key=True),
        Attribute("score", Type("float64"), nullable=True),
        Attribute("name", Type("varchar", (10,))),
        Attribute("day", Type("date")),
        Attribute("at", Type("datetime", (3,))),
        Attribute("price", Type("decimal", (10, 2))),
        Attribute("flag", Type("bool")),
        Attribute("kind", Type("enum", ("a", "b"))),
        Attribute("uid", Type("uuid")),
        Attribute("info", Type("json")),
        Attribute("start", Type("int32")),
        Attribute("end", Type("int32")),
        Attribute("order", Type("int32")),
        Attribute("image", Type("codec", codec="blob"), storage=Type("bytes")),
        Attribute("guess", None, nullable=True),
    ]
)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("n", "int32"),
        ("n + 1", "int64"),
        ("n / 2", "float64"),
        ("n div 2", "int64"),
        ("n * 1.5", "float64"),
        ("price * 1.5", "decimal(12,3)"),
        ("price + n", "decimal(13,2)"),
        ("price * score", "float64"),
        ("sum(n)", "int64"),
        ("sum(price)", "decimal(18,2)"),
        ("avg(n)", "float64"),
        ("count(*)", "int64"),
        ("min(name)", "varchar(10)"),
        ("min(kind)", "text"),
        ("max(at)", "datetime(3)"),
        ("group_concat(n)", "text"),
        ("n > 3", "bool"),
        ("day + interval 1 day", "date"),
        ("day + interval 1 hour", "datetime(0)"),
        ("at - interval 1 day", "datetime(3)"),
        ("if(flag, n, price)", "decimal(12,2)"),
        ("case when flag then n else score end", "float64"),
        ("coalesce(day, at)", "datetime(3)"),
        ("round(score, 2)", "float64"),
        ("round(price, 1)", "decimal(10,1)"),
        ("floor(price)", "int64"),
        ("cast(n as decimal(6, 2))", "decimal(6,2)"),
        ("cast(n as char)", "text"),
        ("info->>'$.a'", "text"),
        ("length(image)", "int64"),
        ("3000000000", "int64"),
        ("99999999999999999999", "decimal(20,0)"),
    ],
)
def test_types(text: str, spelled: str) -> None:
    assert str(parse_scalar(text, HEADING).type) == spelled


@pytest.mark.parametrize("text", ["soundex(name)", "guess", "guess + 1", "null"])
def test_what_only_the_database_knows(text: str) -> None:
    assert parse_scalar(text, HEADING).type is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("score > 3 and year(day) = n and score < 4", ("score", "day", "n")),
        ("count(*)", ()),
        ('`name` = "name"', ("name",)),
        ("timestampdiff(day, day, at)", ("day", "at")),
        ("start < 3 and end > 2 and order = 1", ("start", "end", "order")),
        ("case when end > 1 then start else end end", ("end", "start")),
        ("group_concat(name order by n desc)", ("name", "n")),
    ],
)
def test_names(text: str, names: tuple[str, ...]) -> None:
    assert parse_scalar(text, HEADING).names == names


def test_what_a_scalar_tells() -> None:
    scalar = parse_scalar("max(score) > 3", HEADING)
    assert (scalar.aggregate, scalar.condition, scalar.nullable) == (True, True, True)
    assert dict(scalar.types) == {"score": Type("float64")}


@pytest.mark.parametrize(
    ("text", "nullable"),
    [
        ("n", False),
        ("score", True),
        ("coalesce(score, n)", False),
        ("score is null", False),
        ("score <=> n", False),
        ("n / n", True),
        ("count(score)", False),
        ("max(n)", True),
        ("case when flag then n end", True),
        ("if(score > 1, n, 0)", False),
    ],
)
def test_nullability(text: str, nullable: bool) -> None:
    assert parse_scalar(text, HEADING).nullable is nullable


def test_the_same_text_over_the_same_types_is_the_same_object() -> None:
    other = Heading([Attribute("score", Type("float64"), nullable=True), Attribute("more", Type("int8"))])
    integers = Heading([Attribute("score", Type("int32"), nullable=True)])
    scalar = parse_scalar("score > 3", HEADING)
    assert parse_scalar("score > 3", HEADING) is scalar
    assert parse_scalar("score > 3", other) is scalar
    assert parse_scalar("score > 3", integers) != scalar


def test_scalars_are_equal_though_they_were_forgotten_in_between() -> None:
    texts = [f"score > {i}" for i in range(5000)]  # more than are remembered
    first = [parse_scalar(t, HEADING) for t in texts]
    again = [parse_scalar(t, HEADING) for t in texts]
    assert first == again
    assert list(map(hash, first)) == list(map(hash, again))
    assert first[0] is not again[0]
    assert len(set(first) | set(again)) == 5000
    assert json_scalar("info", ("a",), None, HEADING) != json_scalar("info", ("a",), Type("int64"), HEADING)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("n >", "found the end"),
        ("n = 'abc", "never closed"),
        ("n = 1; drop table x", "One expression only"),
        ("n -- comment", "Comments"),
        ("n /* comment */", "Comments"),
        ("n # comment", "Comments"),
        ("(select 1)", "Subqueries"),
        ("n in (select n from t)", "Subqueries"),
        ("exists(select 1)", "Subqueries"),
        ("select n", "not a statement"),
        ("drop table x", "not a statement"),
        ("sum(n) over ()", "Window functions"),
        ("t.n = 1", "not qualified"),
        ("n = ?", "Placeholders"),
        ("n = :n", "Placeholders"),
        ("n = %s", "found '%'"),
        ("@n", "User variables"),
        ("n := 1", "Assignments"),
        ("n = 'a\0b'", "NUL"),
        ("n n", "an operator or the end"),
        ("n in ()", "at least one value"),
        ("case end", "when"),
        ("like 3", "backticks"),
        ("info[0]", "path"),
        ("timestampdiff(fortnight, day, at)", "a unit"),
        ("(" * 2000 + "n" + ")" * 2000, "nested too deeply"),
        (" + ".join(["n"] * 5000), "nested too deeply"),
    ],
)
def test_what_cannot_be_read(text: str, says: str) -> None:
    with pytest.raises(QuerySyntaxError, match=says):
        parse_scalar(text, HEADING)


def test_a_syntax_error_shows_line_and_caret() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_scalar("n = 1 and\n  score == 2", HEADING)
    lines = str(caught.value).splitlines()
    assert lines[1] == "  line 2:   score == 2"
    assert lines[2].index("^") == lines[1].index("==") + 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("day = 'tomorrow'", "'tomorrow' is not a value of type date"),
        ("uid = 'x'", "not a value of type uuid"),
        ("flag = 'maybe'", "not a value of type bool"),
        ("n = 'seven'", "not a value of type int32"),
        ("at > '2024-13-01'", "not a value of type datetime"),
        ("day > n", "Cannot compare date and int32"),
        ("day + 1", "datediff"),
        ("n + interval 1 day", "date or datetime"),
        ("name and flag", "condition is expected"),
        ("if(flag, day, n)", "Cannot mix"),
        ("sum(max(n))", "aggregate within"),
        ("sum(*)", "only count"),
        ("abs()", "takes 1 argument"),
        ("substring(name)", "takes 2 to 3 arguments"),
        ("lower(distinct name)", "distinct"),
        ("count(n, name)", "distinct a, b"),
        ("cast(n as money)", "Cannot cast"),
        ("round(score, n)", "literal"),
        ("(n, start) < (1, 2)", "Rows of values"),
        ("interval 1 day", "interval"),
        ("info->>'weight'", "path"),
        ("trim('ab' from name)", "one quoted character"),
    ],
)
def test_what_has_no_meaning(text: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        parse_scalar(text, HEADING)


def test_an_unknown_name_lists_the_attributes() -> None:
    with pytest.raises(UnknownAttributeError, match=r"'scor' in the order\. Did you mean 'score'\?.*n, score, name"):
        parse_scalar("scor > 3", HEADING, where="the order")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("info.weight:float", ("info", ("weight",), "float64")),
        ("info.tags[0]", ("info", ("tags", 0), None)),
        ("info.a.b", ("info", ("a", "b"), None)),
        ('info."a b"[2].c:int', ("info", ("a b", 2, "c"), "int64")),
        ("info.price:decimal(8,2)", ("info", ("price",), "decimal(8,2)")),
        ("info.when:datetime(3)", ("info", ("when",), "datetime(3)")),
    ],
)
def test_paths(text: str, found: tuple[str, tuple[str | int, ...], str | None]) -> None:
    parsed = parse_path(text)
    assert parsed is not None
    assert (parsed[0], parsed[1], parsed[2] and str(parsed[2])) == found


@pytest.mark.parametrize("text", ["info", "n + 1", "1.5", "info.weight > 3", "info.a:money", "count(*)", "info..a"])
def test_what_is_no_path(text: str) -> None:
    assert parse_path(text) is None


def test_only_json_has_parts() -> None:
    assert json_scalar("info", ("a",), None, HEADING) is json_scalar("info", ("a",), None, HEADING)
    with pytest.raises(QueryError, match="not json"):
        json_scalar("name", ("a",), None, HEADING)
    with pytest.raises(UnknownAttributeError):
        json_scalar("inf", ("a",), None, HEADING)


WORDS = st.sampled_from(
    "n score name day ( ) + - * / = < > <= , 'a' 1 2.5 and or not in between is null like case when then else end"
    ' if( count( interval select :: -> ` " ; % cast( as'.split()
)


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=20))
def test_any_text_is_an_expression_or_one_of_our_errors(text: str) -> None:
    try:
        scalar = parse_scalar(text, HEADING)
    except LabwrightError:
        return
    assert set(scalar.names) <= set(HEADING)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_quoted_text_comes_back(value: str) -> None:
    quoted = "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    assert parse_scalar(f"name = {quoted}", HEADING).tree.args[1].value == value
