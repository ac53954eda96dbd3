"""The functions that mean the same on every database: their parameters and results, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Signature:
    """A function that is translated for every database.

    Parameters
    ----------
    name : str
    parameters : tuple of str
        What each argument is converted to: ``text int float number bool date time datetime any``;
        ``calendar`` is a date or datetime, ``clock`` a time or datetime, ``same`` the type that all such share;
        ``?`` marks what may be left out, ``*`` what may be repeated.
    result : str
        A type, or ``same`` (the type of the arguments), or the name of a rule.
    doc : str
    group : str
        The heading in the reference.
    """

    name: str
    parameters: tuple[str, ...]
    result: str
    doc: str
    group: str

    @property
    def fewest(self) -> int:
        """How many arguments there are at least."""
        return sum(not p.endswith("?") for p in self.parameters)

    @property
    def most(self) -> int | None:
        """How many arguments there may be; None without limit."""
        return None if any(p.endswith("*") for p in self.parameters) else len(self.parameters)

    def parameter(self, index: int) -> str:
        """What argument `index` is converted to."""
        return self.parameters[min(index, len(self.parameters) - 1)].rstrip("?*")


_TABLE: Final = """
Aggregates
count(any*) int64: Rows in which no argument is NULL; `count(*)` counts all; `count(distinct a, b)` distinct ones.
sum(number) sum: The exact sum of integers (int64) and decimals; of floats float64; of a truth value the number of
    true rows.
avg(float) float64: The mean, as float64 whatever the argument is.
min(same) same: The least value; truth values as false < true, enums as text.
max(same) same: The greatest value.
stddev_pop(float) float64: The standard deviation of the population; `std` and `stddev` are the same.
stddev_samp(float) float64: The standard deviation of a sample; NULL for one row.
var_pop(float) float64: The variance of the population; `variance` is the same.
var_samp(float) float64: The variance of a sample; NULL for one row.
group_concat(text) text: The texts joined: `group_concat(distinct name order by name desc separator '; ')`; the
    separator is `,` unless given, the order undetermined.
Text
concat(text*) text: The texts joined; NULL when one is NULL; other types are written as text.
concat_ws(text*) text: The texts after the first, joined by the first; NULLs are left out.
length(text) int64: The number of characters (of bytes for `bytes`); `char_length` and `character_length` are the
    same.
lower(text) text: In lower case, letter by letter; `lcase` is the same.
upper(text) text: In upper case, letter by letter; `ucase` is the same.
substring(text, int, int?) text: From a position (the first character is 1; a negative one counts from the end), with
    at most so many characters; `substr` and `mid` are the same.
left(text, int) text: The first n characters.
right(text, int) text: The last n characters.
trim(text, text?) text: Without blanks at both ends; `trim(both 'x' from a)` removes another character.
ltrim(text, text?) text: Without leading blanks.
rtrim(text, text?) text: Without trailing blanks.
replace(text, text, text) text: With every occurrence of the second argument replaced by the third.
locate(text, text, int?) int64: Where the first argument stands in the second, 0 when it does not; a third says where
    to begin.
instr(text, text) int64: Where the second argument stands in the first, 0 when it does not.
lpad(text, int, text) text: Filled on the left, or cut, to n characters.
rpad(text, int, text) text: Filled on the right, or cut, to n characters.
reverse(text) text: Backwards.
repeat(text, int) text: n times.
Dates and times
year(calendar) int64: The year; also `extract(year from a)`, and so for the units below.
quarter(calendar) int64: 1 to 4.
month(calendar) int64: 1 to 12.
day(calendar) int64: The day of the month; `dayofmonth` is the same.
dayofyear(calendar) int64: 1 to 366.
dayofweek(calendar) int64: 1 is Sunday, 7 Saturday.
weekday(calendar) int64: 0 is Monday, 6 Sunday.
hour(clock) int64: 0 to 23.
minute(clock) int64: 0 to 59.
second(clock) int64: 0 to 59.
microsecond(clock) int64: 0 to 999999.
date(date) date: The date of a datetime.
time(time) time: The time of a datetime.
last_day(date) date: The last day of the month.
datediff(date, date) int64: Days from the second date to the first.
date_format(datetime, text) text: Written by a format of `%Y %y %m %c %d %e %H %k %h %I %l %i %s %S %f %p %T %r %b %M
    %a %W %j %w %%`; names are English.
now() datetime: This moment, in the time zone of the session, without fraction.
utc_timestamp() datetime: This moment in UTC, without fraction.
curdate() date: Today, in the time zone of the session; `current_date` is the same.
Numbers
abs(number) same: Without sign.
sign(number) int64: -1, 0 or 1.
round(number, int?) round: Rounded to n digits (n is a literal): exact numbers half away from zero, floats half to
    even.
floor(number) whole: The next whole number below: int64, for floats float64.
ceil(number) whole: The next whole number above: int64, for floats float64; `ceiling` is the same.
sqrt(float) float64: NULL for negative numbers.
exp(float) float64: e to the power of the argument.
ln(float) float64: The natural logarithm; NULL unless positive; `log` of one argument is the same.
log10(float) float64: The decimal logarithm; NULL unless positive.
log2(float) float64: The binary logarithm; NULL unless positive.
pow(float, float) float64: The first to the power of the second; `power` is the same.
mod(number, number) mod: The remainder, with the sign of the first; NULL when the second is 0; also `a % b`.
pi() float64: The number pi.
sin(float) float64: The sine of radians.
cos(float) float64: The cosine of radians.
tan(float) float64: The tangent of radians.
asin(float) float64: The arc sine; NULL outside -1 to 1.
acos(float) float64: The arc cosine; NULL outside -1 to 1.
atan(float) float64: The arc tangent.
atan2(float, float) float64: The angle of the point (x, y), from `atan2(y, x)`.
radians(float) float64: Degrees as radians.
degrees(float) float64: Radians as degrees.
Choices
if(bool, same, same) same: The second argument where the first is true, else the third; also `case when a then b else
    c end`.
coalesce(same*) same: The first argument that is not NULL; `ifnull` is the same.
nullif(same, same) same: The first argument, or NULL where both are equal.
greatest(same*) same: The greatest argument; NULL when one is NULL.
least(same*) same: The least argument; NULL when one is NULL.
"""


def _read(table: str) -> Mapping[str, Signature]:
    found, group = {}, ""
    for line in table.strip().replace("\n    ", " ").splitlines():
        if "(" not in line.split(":", 1)[0]:
            group = line
            continue
        head, doc = line.split(": ", 1)
        name, rest = head.split("(", 1)
        parameters, result = rest.split(") ")
        found[name] = Signature(name, tuple(p.strip() for p in parameters.split(",") if p), result, doc, group)
    return found


SIGNATURES: Final = _read(_TABLE)
"""Every translated function by name."""

ALIASES: Final[Mapping[str, str]] = {
    "std": "stddev_pop", "stddev": "stddev_pop", "variance": "var_pop",
    "char_length": "length", "character_length": "length", "lcase": "lower", "ucase": "upper",
    "substr": "substring", "mid": "substring", "dayofmonth": "day", "current_date": "curdate",
    "power": "pow", "ceiling": "ceil", "ifnull": "coalesce", "string_agg": "group_concat",
}  # fmt: skip
"""Other names of the same functions."""

KNOWN: Final = (
    frozenset(SIGNATURES)
    | frozenset(ALIASES)
    | frozenset("date_add adddate date_sub subdate timestampadd timestampdiff curtime".split())
    | frozenset("current_time current_timestamp localtimestamp cast convert extract position log".split())
    | frozenset("json_extract json_value json_unquote".split())
)
"""Every name of a function that is translated."""


def as_markdown() -> str:
    """The table of functions for the reference, a section per group."""
    groups: dict[str, list[Signature]] = {}
    for signature in SIGNATURES.values():
        groups.setdefault(signature.group, []).append(signature)
    return "\n\n".join(f"### {name}\n\n{_rows(found)}" for name, found in groups.items())


def _rows(signatures: list[Signature]) -> str:
    lines = ["| function | gives | meaning |", "|---|---|---|"]
    for s in signatures:
        parameters = ", ".join(p.replace("*", ", ...") for p in s.parameters)
        result = _RESULT_NAMES.get(s.result, s.result)
        lines.append(f"| `{s.name}({parameters})` | {result} | {s.doc.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


_RESULT_NAMES: Final = {
    "same": "the type of the arguments", "sum": "int64, float64 or decimal", "round": "the type of the argument",
    "whole": "int64 or float64", "mod": "the type of the arguments",
}  # fmt: skip
