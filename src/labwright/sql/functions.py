"""How every operator and function is written for each database, as data.

``{0}`` is an argument, ``{1i}`` one as a small integer, ``{*}`` all of them, ``{d}`` a ``DISTINCT `` when it is asked
for. A key ends in ``:family`` (of the first argument) or ``/n`` (how many arguments) where that makes a difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from labwright.core.errors import did_you_mean
from labwright.query.signatures import KNOWN


class Templates(NamedTuple):
    """One meaning, three spellings."""

    sqlite: str
    postgres: str
    mysql: str


def _same(template: str) -> Templates:
    return Templates(template, template, template)


def _calls(name: str) -> Templates:
    """A function that SQLite gets from us."""
    return Templates(f"lw_{name}({{*}})", f"{name}({{*}})", f"{name}({{*}})")


def _part(code: str, postgres: str, mysql: str) -> Templates:
    """A part of a date or time."""
    taken = f"CAST(strftime('%{code}', {{0}}) AS INTEGER)"
    return Templates(taken, f"CAST(extract({postgres} FROM {{0}}) AS bigint)", f"{mysql}({{0}})")


def _domain(name: str, test: str) -> Templates:
    """A function of floats that is NULL outside its domain."""
    return Templates(f"lw_{name}({{0}})", f"(CASE WHEN {test} THEN {name}({{0}}) END)", f"{name}({{0}})")


def _spread(name: str) -> Templates:
    return Templates(f"lw_{name}({{d}}{{0}})", f"{name}({{d}}{{0}})", f"{name}({{d}}{{0}})")


_POW: Final = "(CASE WHEN ({0} < 0 AND {1} <> floor({1})) OR ({0} = 0 AND {1} < 0) THEN NULL ELSE power({0}, {1}) END)"
_SUBSTR: Final = (
    "(CASE WHEN {1} = 0 OR {1} < -char_length({0}) THEN left({0}, 0) WHEN {1} < 0 THEN "
    "substr({0}, char_length({0}) + {1i} + 1) ELSE substr({0}, {1i}) END)"
)
_SUBSTR3: Final = _SUBSTR.replace(" + 1)", " + 1, greatest({2i}, 0))").replace(
    ", {1i}) END", ", {1i}, greatest({2i}, 0)) END"
)
_FIND: Final = "strpos(substr({1}, {2i}), {0})"

OPERATIONS: Final[Mapping[str, Templates]] = {
    # comparisons and logic
    **{op: _same(f"({{0}} {op} {{1}})") for op in ("=", "<>", "<", "<=", ">", ">=", "+", "-", "*")},
    "<=>": Templates("({0} IS {1})", "({0} IS NOT DISTINCT FROM {1})", "({0} <=> {1})"),
    "xor": Templates("({0} <> {1})", "({0} <> {1})", "({0} XOR {1})"),
    "not": _same("(NOT {0})"),
    "is null": _same("({0} IS NULL)"),
    "is true": _same("({0} IS TRUE)"),
    "is false": _same("({0} IS FALSE)"),
    "between": _same("({0} BETWEEN {1} AND {2})"),
    "regexp": Templates("lw_regexp({1}, {0})", "({0} ~ {1})", "({0} REGEXP {1})"),
    # arithmetic
    "/": Templates("({0} / {1})", "({0} / nullif({1}, 0))", "({0} / nullif({1}, 0))"),
    "div": Templates("({0} / {1})", "({0} / nullif({1}, 0))", "({0} DIV nullif({1}, 0))"),
    "div:float": Templates(
        "CAST(lw_trunc({0} / {1}) AS INTEGER)",
        "CAST(trunc({0} / nullif({1}, 0)) AS bigint)",
        "CAST(truncate({0} / nullif({1}, 0), 0) AS signed)",
    ),
    "%": Templates("({0} % {1})", "({0} % nullif({1}, 0))", "({0} % nullif({1}, 0))"),
    "%:float": Templates(
        "({0} - {1} * lw_trunc({0} / {1}))",
        "({0} - {1} * trunc({0} / nullif({1}, 0)))",
        "({0} - {1} * truncate({0} / nullif({1}, 0), 0))",
    ),
    # A remainder of MariaDB may be a negative zero, which is not 0 there, and the minus of an integer a decimal;
    # 0 - a would go beyond 64 bits in silence, as would a cast of a decimal, which DIV does not.
    "%:decimal": Templates("({0} % {1})", "({0} % nullif({1}, 0))", "({0} % nullif({1}, 0) + 0)"),
    "neg": _same("(- {0})"),
    "neg:int": Templates("(- {0})", "(- {0})", "({0} * -1)"),
    "&": Templates("({0} & {1})", "({0} & {1})", "CAST(({0} & {1}) AS signed)"),
    "|": Templates("({0} | {1})", "({0} | {1})", "CAST(({0} | {1}) AS signed)"),
    "^": Templates("(({0} | {1}) - ({0} & {1}))", "({0} # {1})", "CAST(({0} ^ {1}) AS signed)"),
    "<<": Templates("({0} << {1})", "({0} << {1i})", "CAST(({0} << {1}) AS signed)"),
    ">>": Templates("({0} >> {1})", "({0} >> {1i})", "CAST(({0} >> {1}) AS signed)"),
    "~": Templates("(~{0})", "(~{0})", "CAST(~{0} AS signed)"),
    # aggregates
    "count": _same("count({d}{0})"),
    "count/2": Templates(
        "count(DISTINCT CASE WHEN {*IS NOT NULL} THEN {*quote} END)",
        "count(DISTINCT ({*})) FILTER (WHERE {*IS NOT NULL})",
        "count(DISTINCT {*})",
    ),
    "sum": Templates("sum({d}{0})", "sum({d}{0})", "sum({d}{0})"),
    "sum:int": Templates("sum({d}{0})", "CAST(sum({d}{0}) AS bigint)", "(sum({d}{0}) DIV 1)"),
    "avg": _same("avg({d}{0})"),
    "min": _same("min({0})"),
    "max": _same("max({0})"),
    "min:bool": Templates("min({0})", "bool_and({0})", "min({0})"),
    "max:bool": Templates("max({0})", "bool_or({0})", "max({0})"),
    "min:uuid": Templates("min({0})", "CAST(min(CAST({0} AS text)) AS uuid)", "min({0})"),
    "max:uuid": Templates("max({0})", "CAST(max(CAST({0} AS text)) AS uuid)", "max({0})"),
    **{name: _spread(name) for name in ("stddev_pop", "stddev_samp", "var_pop", "var_samp")},
    # text
    "concat": Templates("({* || })", "({* || })", "concat({*})"),
    "concat/1": _same("{0}"),
    "concat_ws": _calls("concat_ws"),
    "length": Templates("length({0})", "char_length({0})", "char_length({0})"),
    "length:bytes": Templates("length({0})", "octet_length({0})", "length({0})"),
    "lower": Templates("lw_lower({0})", '(lower({0} COLLATE "und-x-icu") COLLATE "C")', "lower({0})"),
    "upper": Templates("lw_upper({0})", '(upper({0} COLLATE "und-x-icu") COLLATE "C")', "upper({0})"),
    "substring": Templates("lw_substring({*})", _SUBSTR, "substring({*})"),
    "substring/3": Templates("lw_substring({*})", _SUBSTR3, "substring({*})"),
    "substring:plain": Templates("substr({*})", "substr({*})", "substring({*})"),
    "left": Templates("substr({0}, 1, max({1}, 0))", "left({0}, greatest({1i}, 0))", "left({0}, {1})"),
    "right": Templates("lw_right({0}, {1})", "right({0}, greatest({1i}, 0))", "right({0}, {1})"),
    "trim": Templates("trim({*})", "btrim({*})", "trim({0})"),
    "trim/2": Templates("trim({*})", "btrim({*})", "trim(BOTH {1} FROM {0})"),
    "ltrim": _same("ltrim({*})"),
    "ltrim/2": Templates("ltrim({*})", "ltrim({*})", "trim(LEADING {1} FROM {0})"),
    "rtrim": _same("rtrim({*})"),
    "rtrim/2": Templates("rtrim({*})", "rtrim({*})", "trim(TRAILING {1} FROM {0})"),
    "replace": _same("replace({*})"),
    "locate": Templates("instr({1}, {0})", "strpos({1}, {0})", "locate({0}, {1})"),
    "locate/3": Templates(
        "lw_locate({*})",
        f"(CASE WHEN {{2}} < 1 OR {_FIND} = 0 THEN 0 ELSE {_FIND} + {{2i}} - 1 END)",
        "locate({*})",
    ),
    "instr": Templates("instr({0}, {1})", "strpos({0}, {1})", "instr({0}, {1})"),
    "lpad": Templates("lw_lpad({*})", "lpad({0}, {1i}, {2})", "lpad({*})"),
    "rpad": Templates("lw_rpad({*})", "rpad({0}, {1i}, {2})", "rpad({*})"),
    "reverse": _calls("reverse"),
    "repeat": Templates("lw_repeat({*})", "repeat({0}, {1i})", "repeat({*})"),
    # dates and times
    "year": _part("Y", "year", "year"),
    "month": _part("m", "month", "month"),
    "day": _part("d", "day", "dayofmonth"),
    "dayofyear": _part("j", "doy", "dayofyear"),
    "hour": _part("H", "hour", "hour"),
    "minute": _part("M", "minute", "minute"),
    "second": Templates(
        "CAST(strftime('%S', {0}) AS INTEGER)",
        "CAST(trunc(extract(second FROM {0})) AS bigint)",
        "second({0})",
    ),
    "microsecond": Templates(
        "lw_microsecond({0})",
        "(CAST(extract(microseconds FROM {0}) AS bigint) % 1000000)",
        "microsecond({0})",
    ),
    "quarter": Templates(
        "((CAST(strftime('%m', {0}) AS INTEGER) + 2) / 3)",
        "CAST(extract(quarter FROM {0}) AS bigint)",
        "quarter({0})",
    ),
    "dayofweek": Templates(
        "(CAST(strftime('%w', {0}) AS INTEGER) + 1)",
        "(CAST(extract(dow FROM {0}) AS bigint) + 1)",
        "dayofweek({0})",
    ),
    "weekday": Templates(
        "((CAST(strftime('%w', {0}) AS INTEGER) + 6) % 7)",
        "(CAST(extract(isodow FROM {0}) AS bigint) - 1)",
        "weekday({0})",
    ),
    "date": _same("{0}"),
    "time": _same("{0}"),
    "last_day": Templates(
        "date({0}, 'start of month', '+1 month', '-1 day')",
        "CAST(date_trunc('month', {0}) + interval '1 month -1 day' AS date)",
        "last_day({0})",
    ),
    "datediff": Templates("CAST(julianday({0}) - julianday({1}) AS INTEGER)", "({0} - {1})", "datediff({0}, {1})"),
    "date_format": Templates("lw_date_format({*})", "to_char({*})", "date_format({*})"),
    "now": Templates(
        "strftime('%Y-%m-%d %H:%M:%S', 'now', 'localtime')", "date_trunc('second', localtimestamp)", "now()"
    ),
    "utc_timestamp": Templates(
        "strftime('%Y-%m-%d %H:%M:%S', 'now')",
        "date_trunc('second', timezone('UTC', current_timestamp))",
        "utc_timestamp()",
    ),
    "curdate": Templates("date('now', 'localtime')", "current_date", "curdate()"),
    # numbers
    "abs": _same("abs({0})"),
    "sign": Templates("lw_sign({0})", "CAST(sign({0}) AS bigint)", "sign({0})"),
    "round": Templates("lw_round({0})", "round({0})", "round({0})"),
    "round:int": _same("{0}"),
    "floor": _calls("floor"),
    "floor:int": _same("{0}"),
    "ceil": _calls("ceil"),
    "ceil:int": _same("{0}"),
    "floor:decimal": Templates("lw_dec_floor({*})", "CAST(floor({0}) AS bigint)", "CAST(floor({0}) AS signed)"),
    "ceil:decimal": Templates("lw_dec_ceil({*})", "CAST(ceil({0}) AS bigint)", "CAST(ceil({0}) AS signed)"),
    "sqrt": _domain("sqrt", "{0} >= 0"),
    "exp": _calls("exp"),
    "ln": _domain("ln", "{0} > 0"),
    "log10": Templates("lw_log10({0})", "(CASE WHEN {0} > 0 THEN log({0}) END)", "log10({0})"),
    "log2": Templates("lw_log2({0})", "(CASE WHEN {0} > 0 THEN ln({0}) / ln(2e0) END)", "log2({0})"),
    "pow": Templates("lw_pow({0}, {1})", _POW, _POW),
    "pi": Templates("3.141592653589793", "pi()", "(pi() + 0e0)"),
    **{name: _calls(name) for name in ("sin", "cos", "tan", "atan", "atan2", "radians", "degrees")},
    "asin": _domain("asin", "{0} BETWEEN -1 AND 1"),
    "acos": _domain("acos", "{0} BETWEEN -1 AND 1"),
    # choices
    "coalesce": _same("coalesce({*})"),
    "coalesce/1": _same("{0}"),
    "nullif": _same("nullif({0}, {1})"),
    "greatest": Templates("max({*})", "(CASE WHEN {*IS NOT NULL} THEN greatest({*}) END)", "greatest({*})"),
    "least": Templates("min({*})", "(CASE WHEN {*IS NOT NULL} THEN least({*}) END)", "least({*})"),
    "greatest/1": _same("{0}"),
    "least/1": _same("{0}"),
}


def explain_unknown_function(name: str, database: str) -> str:
    """What is wrong with a function that the database does not have, and which there are.

    Examples
    --------
    >>> explain_unknown_function("yer", "SQLite").split(":")[0]
    "SQLite has no function 'yer'. Did you mean 'year'? Translated for every database are"
    """
    near = did_you_mean(name.partition("(")[0].lower(), KNOWN)
    return (
        f"{database} has no function {name!r}.{near} Translated for every database are: {', '.join(sorted(KNOWN))}. "
        "Any other is passed on as it is written."
    )
