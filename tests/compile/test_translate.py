"""What expressions become, side by side: SQLite, PostgreSQL, MySQL/MariaDB."""

from __future__ import annotations

import pytest
import sqlglot

from labwright.core.errors import QueryError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.query.scalar import json_scalar, parse_scalar
from labwright.query.signatures import KNOWN
from labwright.sql.functions import explain_unknown_function
from labwright.sql.translate import Slot, Template, translate

DIALECTS = ("sqlite", "postgres", "mysql")
HEADING = Heading(
    [
        Attribute("n", Type("int32"), in_key=True),
        Attribute("score", Type("float64"), nullable=True),
        Attribute("name", Type("varchar", (10,))),
        Attribute("d", Type("date")),
        Attribute("dt", Type("datetime", (3,))),
        Attribute("p", Type("decimal", (10, 2))),
        Attribute("big", Type("decimal", (30, 10))),
        Attribute("flag", Type("bool")),
        Attribute("e", Type("enum", ("a", "b"))),
        Attribute("u", Type("uuid")),
        Attribute("info", Type("json")),
        Attribute("guess", None),
    ]
)
SNAPSHOTS: dict[str, tuple[str, str, str]] = {
    "score > 3 and year(d) = 2024": (
        "((score > 3) AND (CAST(strftime('%Y', d) AS INTEGER) = 2024))",
        "((score > 3) AND (CAST(extract(year FROM d) AS bigint) = 2024))",
        "((score > 3) AND (year(d) = 2024))",
    ),
    "name like 'a%' or name = 'x'": (
        "((name LIKE ? ESCAPE '\\') OR (name = ?))",
        "((name LIKE ?) OR (name = ?))",
        "((name LIKE ?) OR (name = ?))",
    ),
    "flag = 1 and not n": (
        "((flag = 1) AND (NOT (n <> 0)))",
        "((flag = TRUE) AND (NOT (n <> 0)))",
        "((flag = 1) AND (NOT (n <> 0)))",
    ),
    "n / 2": (
        "(CAST(n AS REAL) / 2.0)",
        "(CAST(n AS double precision) / CAST(2 AS double precision))",
        "((n + 0e0) / 2e0)",
    ),
    "n % 2": (
        "(n % 2)",
        "(CAST(n AS bigint) %% 2)",
        "(n %% 2)",
    ),
    "n * 1.5": (
        "(CAST(n AS REAL) * 1.5)",
        "(CAST(n AS double precision) * CAST(1.5 AS double precision))",
        "((n + 0e0) * 1.5e0)",
    ),
    "p = 12.34": (
        "(p = 1234)",
        "(p = 12.34)",
        "(p = 12.34)",
    ),
    "p * 2 < 1.005": (
        "(((p * 2) * 10) < 1005)",
        "((p * 2) < 1.005)",
        "((p * 2) < 1.005)",
    ),
    "p + big": (
        "lw_dec('+', lw_dec_cast(p, 10, 2, 31, 10), 31, 10, lw_dec_cast(big, 30, 10, 31, 10), 31, 10, 31, 10)",
        "(p + big)",
        "(p + big)",
    ),
    "d >= '2024-1-5'": (
        "(d >= ?)",
        "(d >= ?)",
        "(d >= ?)",
    ),
    "d > dt": (
        "((d || ' 00:00:00.000') > dt)",
        "(CAST(d AS timestamp(3)) > dt)",
        "(CAST(d AS datetime(3)) > dt)",
    ),
    "d + interval n month": (
        "lw_date_add(d, n, 'month', -1)",
        "CAST((d + make_interval(months => CAST(n AS int))) AS date)",
        "date_add(d, INTERVAL n MONTH)",
    ),
    "u = '00000000-0000-0000-0000-000000000001'": (
        "(u = ?)",
        "(u = ?)",
        "(u = ?)",
    ),
    "e < 'b'": (
        "(e < ?)",
        '(CAST(e AS text) COLLATE "C" < ?)',
        "(concat(e) < ?)",
    ),
    "n in (1, 2)": (
        "(n IN (1, 2))",
        "(n IN (1, 2))",
        "(n IN (1, 2))",
    ),
    "if(n > 1, 'a', name)": (
        "(CASE WHEN (n > 1) THEN ? ELSE name END)",
        "(CASE WHEN (n > 1) THEN CAST(? AS text) ELSE name END)",
        "(CASE WHEN (n > 1) THEN ? ELSE name END)",
    ),
    "greatest(n, score)": (
        "max(CAST(n AS REAL), score)",
        "(CASE WHEN (score) IS NOT NULL THEN greatest(CAST(n AS double precision), score) END)",
        "greatest((n + 0e0), score)",
    ),
    "concat(name, n)": (
        "(name || CAST(n AS TEXT))",
        '(name || CAST(n AS text) COLLATE "C")',
        "concat(name, concat(n))",
    ),
    "upper(name)": (
        "lw_upper(name)",
        '(upper(name COLLATE "und-x-icu") COLLATE "C")',
        "upper(name)",
    ),
    "substring(name, 2, 3)": (
        "substr(name, 2, 3)",
        "substr(name, 2, 3)",
        "substring(name, 2, 3)",
    ),
    "round(score, 2)": (
        "(lw_round(score * 1e2) / 1e2)",
        "(round(score * 1e2) / 1e2)",
        "(round(score * 1e2) / 1e2)",
    ),
    "datediff(dt, d)": (
        "CAST(julianday(substr(dt, 1, 10)) - julianday(d) AS INTEGER)",
        "(CAST(dt AS date) - d)",
        "datediff(date(dt), d)",
    ),
    "date_format(d, '%Y-%m')": (
        "lw_date_format((d || ' 00:00:00'), ?)",
        'to_char(CAST(d AS timestamp(0)), CAST(? AS text)) COLLATE "C"',
        "date_format(CAST(d AS datetime(0)), ?)",
    ),
    "soundex(name)": (
        "soundex(name)",
        "soundex(name)",
        "soundex(name)",
    ),
    "count(*)": (
        "count(*)",
        "count(*)",
        "count(*)",
    ),
    "avg(n) / 2": (
        "(avg(CAST(n AS REAL)) / 2.0)",
        "(avg(CAST(n AS double precision)) / CAST(2 AS double precision))",
        "(avg((n + 0e0)) / 2e0)",
    ),
    "sum(n)": (
        "sum(n)",
        "CAST(sum(CAST(n AS bigint)) AS bigint)",
        "(sum(n) DIV 1)",
    ),
    "sum(p)": (
        "sum(p)",
        "sum(p)",
        "sum(p)",
    ),
    "count(distinct n, d)": (
        "count(DISTINCT CASE WHEN (n) IS NOT NULL THEN quote(n) || ',' || quote(d) END)",
        "count(DISTINCT (n, d)) FILTER (WHERE (n) IS NOT NULL)",
        "count(DISTINCT n, d)",
    ),
    "group_concat(distinct name order by name desc separator ', ')": (
        "lw_group_concat(name, ?, 1, 'd', name)",
        "string_agg(DISTINCT name, ? ORDER BY name DESC NULLS LAST)",
        "group_concat(DISTINCT name ORDER BY name DESC SEPARATOR ?)",
    ),
    "info->>'$.a'": (
        "lw_json_text(info, ?)",
        "jsonb_extract_path_text(info, CAST(? AS text))",
        "(CASE WHEN json_type(json_extract(info, ?)) <> 'NULL' THEN json_unquote(json_extract(info, ?)) END) COLLATE c",
    ),
    "std(score)": (
        "lw_stddev_pop(score)",
        "stddev_pop(score)",
        "stddev_pop(score)",
    ),
    "cast(name as signed)": (
        "lw_text_int(name)",
        "(CASE WHEN name IS NOT NULL THEN CAST(coalesce(substring(name from '^\\s*([-+]?\\d+)'), '0') AS bigint) END)",
        "CAST(name AS signed)",
    ),
}


def shown(template: Template) -> str:
    """Return the template with names as they are and ``?`` for values."""
    shown = {"param": "?", "star": "*", "collation": "c"}
    return "".join(p if isinstance(p, str) else shown.get(p.kind, p.value) for p in template)


def params(text: str, dialect: str) -> list[Slot]:
    template = translate(parse_scalar(text, HEADING), dialect)
    return [p for p in template if isinstance(p, Slot) and p.kind == "param"]


@pytest.mark.parametrize("text", SNAPSHOTS)
def test_snapshots(text: str) -> None:
    scalar = parse_scalar(text, HEADING)
    assert tuple(shown(translate(scalar, dialect)) for dialect in DIALECTS) == SNAPSHOTS[text]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", SNAPSHOTS)
def test_the_sql_is_sql(text: str, dialect: str) -> None:
    sql = shown(translate(parse_scalar(text, HEADING), dialect)).replace("%%", "%")
    value = "'v'" if dialect == "mysql" else "?"  # the separator of group_concat is bound by the client
    assert sqlglot.parse_one(f"SELECT {sql.replace('?', value)} AS x FROM t", dialect=dialect).find(sqlglot.exp.Select)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_value_is_text(dialect: str) -> None:
    text = "name = 'a\\'b%s' or name like '%' or concat(name, \"x;y\") in ('q') or d = '2024-01-01'"
    template = translate(parse_scalar(text, HEADING), dialect)
    assert [p.value for p in template if isinstance(p, Slot) and p.kind == "param"][:4] == ["a'b%s", "%", "x;y", "q"]
    assert not any(part in shown(template) for part in ("a'b", "x;y", "'q'", "2024"))


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("d = '2024-01-01'", Type("date")),
        ("dt = '2024-01-01'", Type("datetime", (3,))),
        ("dt = '2024-01-01 00:00:00.0001'", Type("datetime", (4,))),
        ("u = '00000000-0000-0000-0000-000000000001'", Type("uuid")),
        ("e = 'a'", Type("enum", ("a", "b"))),
        ("e = 'x'", None),
        ("name = 'a'", None),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_values_carry_the_type_of_what_they_meet(text: str, type_: Type | None, dialect: str) -> None:
    assert [slot.type for slot in params(text, dialect)] == [type_]


def test_the_star_is_a_slot() -> None:
    assert translate(parse_scalar("count(*)", HEADING), "sqlite") == ("count(", Slot("star", "*"), ")")


def test_percent_signs_are_doubled_where_the_driver_reads_them() -> None:
    scalar = parse_scalar("n % 2", HEADING)
    assert [shown(translate(scalar, d)).count("%") for d in DIALECTS] == [1, 2, 2]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_number_as_condition(dialect: str) -> None:
    assert shown(translate(parse_scalar("n", HEADING), dialect, condition=True)) == "(n <> 0)"
    assert shown(translate(parse_scalar("flag", HEADING), dialect, condition=True)) == "flag"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_text_is_no_condition(dialect: str) -> None:
    with pytest.raises(QueryError, match="compare it with a value"):
        translate(parse_scalar("name", HEADING), dialect, condition=True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_translations_are_kept(dialect: str) -> None:
    scalar = parse_scalar("n + 1", HEADING)
    assert translate(scalar, dialect) is translate(scalar, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sign", ["- -1", "-(-n)", "n - -1", "0 - (-1)"])
def test_two_minus_signs_are_no_comment(sign: str, dialect: str) -> None:
    assert "--" not in shown(translate(parse_scalar(sign, HEADING), dialect))


def test_a_path_is_bound() -> None:
    scalar = json_scalar("info", ("a'b", 0), Type("int64"), HEADING)
    assert all("a'b" not in shown(translate(scalar, d)) for d in DIALECTS)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_unknown_types_are_left_to_the_database(dialect: str) -> None:
    assert shown(translate(parse_scalar("guess + n", HEADING), dialect)) == "(guess + n)"


def test_formats_of_dates_are_checked() -> None:
    with pytest.raises(QueryError, match="not %Q"):
        translate(parse_scalar("date_format(d, '%Q')", HEADING), "sqlite")


def test_advice_for_an_unknown_function() -> None:
    advice = explain_unknown_function("yaer", "SQLite")
    assert "Did you mean 'year'" in advice
    assert all(name in advice for name in KNOWN)
