"""What SQLite lacks of the common functions, in Python."""

from __future__ import annotations

import calendar
import datetime
import json
import math
import re
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from functools import lru_cache, wraps
from typing import Any, Final

from labwright.sql.decimals import calculate, from_stored, to_stored

Value = Any
"""What SQLite holds: None, int, float, str or bytes."""


def _strict(function: Callable[..., Value]) -> Callable[..., Value]:
    """NULL for a NULL argument."""

    @wraps(function)
    def guarded(*args: Value) -> Value:
        return None if None in args else function(*args)

    return guarded


def _math(function: Callable[..., float]) -> Callable[..., Value]:
    """NULL outside the domain of a function."""

    @wraps(function)
    def guarded(*args: Value) -> Value:
        if None in args:
            return None
        try:
            return function(*args)
        except (ValueError, ZeroDivisionError):
            return None

    return guarded


# Text ----------------------------------------------------------------------------------


def _lower(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(c if len(c.lower()) != 1 else c.lower() for c in text)


def _upper(text: str) -> str:
    if text.isascii():
        return text.upper()
    return "".join(c if len(c.upper()) != 1 else c.upper() for c in text)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _regexp(pattern: str, text: Value) -> int:
    return int(_pattern(pattern).search(str(text)) is not None)


def _substring(text: str, start: int, length: int | None = None) -> str:
    if start == 0 or -start > len(text):
        return ""
    begin = start - 1 if start > 0 else len(text) + start
    return text[begin:] if length is None else text[begin : begin + max(length, 0)]


def _right(text: str, count: int) -> str:
    return text[-count:] if count > 0 else ""


def _locate(needle: str, text: str, start: int) -> int:
    return text.find(needle, start - 1) + 1 if start > 0 else 0


def _lpad(text: str, count: int, fill: str) -> str:
    missing = count - len(text)
    return text[:count] if missing <= 0 or not fill else (fill * missing)[:missing] + text


def _rpad(text: str, count: int, fill: str) -> str:
    missing = count - len(text)
    return text[:count] if missing <= 0 or not fill else text + (fill * missing)[:missing]


def _concat_ws(separator: str | None, *texts: str | None) -> str | None:
    return None if separator is None else separator.join(t for t in texts if t is not None)


def _float_text(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


# Numbers -------------------------------------------------------------------------------

_NUMBER: Final = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_WHOLE: Final = re.compile(r"\s*([-+]?\d+)")


def _text_float(text: Value) -> float:
    match = _NUMBER.match(str(text))
    return float(match[1]) if match else 0.0


def _text_int(text: Value) -> int:
    match = _WHOLE.match(str(text))
    return int(match[1]) if match else 0


def _to_int(value: float) -> int:
    return round(value)


def _round(value: float) -> float:
    return float(round(value)) if math.isfinite(value) else value


def _whole_number(value: int | float) -> int:
    """A whole number: SQLite goes over to floats when one does not fit into 64 bits."""
    if isinstance(value, float):
        raise OverflowError
    return value


def _round_int(value: int, digits: int) -> int:
    return int(to_stored(Decimal(value).scaleb(digits), 18, 0)) * int(10**-digits)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


# Decimals ------------------------------------------------------------------------------


def _dec(op: str, a: Value, pa: int, sa: int, b: Value, pb: int, sb: int, p: int, s: int) -> Value:
    result = calculate(op, from_stored(a, pa, sa), from_stored(b, pb, sb))
    return None if result is None else to_stored(result, p, s)


def _dec_cast(value: Value, pa: int, sa: int, p: int, s: int) -> Value:
    return to_stored(from_stored(value, pa, sa), p, s)


def _dec_round(value: Value, pa: int, sa: int, digits: int, p: int, s: int) -> Value:
    exact = from_stored(value, pa, sa)
    if digits < 0:
        whole = to_stored(exact.scaleb(digits), 18, 0)
        return to_stored(Decimal(whole).scaleb(-digits), p, s)
    return to_stored(exact, p, s)


def _dec_floor(value: Value, p: int, s: int) -> int:
    return int(from_stored(value, p, s).to_integral_value(ROUND_FLOOR))


def _dec_ceil(value: Value, p: int, s: int) -> int:
    return -int(from_stored(value, p, s).copy_negate().to_integral_value(ROUND_FLOOR))


def _dec_int(value: Value, p: int, s: int) -> int:
    return int(to_stored(from_stored(value, p, s), 18, 0))


def _dec_real(value: Value, p: int, s: int) -> float:
    return float(from_stored(value, p, s))


def _dec_text(value: Value, p: int, s: int) -> str:
    return f"{from_stored(value, p, s):f}"


def _dec_read(value: Value, p: int, s: int) -> Value:
    """A decimal from a float or a text."""
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(_NUMBER.match(str(value))[1])  # type: ignore[index]  # no match is caught
    except (TypeError, InvalidOperation):
        number = Decimal(0)
    return to_stored(number, p, s)


# Dates ---------------------------------------------------------------------------------

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def _moment(text: str) -> datetime.datetime:
    day, _, clock = text.partition(" ")
    whole, point, digits = clock.partition(".")
    return datetime.datetime.fromisoformat(f"{day} {whole or '00:00:00'}{point}{digits.ljust(6, '0') if point else ''}")


def _spell(value: datetime.datetime, digits: int) -> str:
    if digits < 0:
        return value.date().isoformat()
    text = f"{value:%H:%M:%S}"
    fraction = f".{value.microsecond:06}"[: digits + 1] if digits else ""
    return f"{value.date().isoformat()} {text}{fraction}"


def _rounded(value: datetime.datetime, digits: int) -> datetime.datetime:
    unit = 10 ** (6 - digits)
    extra = value.microsecond % unit
    return value + datetime.timedelta(microseconds=unit - extra if extra * 2 >= unit else -extra)


def _datetime(value: str, digits: int) -> str | None:
    try:
        return _spell(_rounded(_moment(value), digits), digits)
    except (ValueError, OverflowError):
        return None


def _date(value: str) -> str | None:
    found = _datetime(value, 6)
    return found and found[:10]


def _time(value: str, digits: int) -> str | None:
    found = _datetime(value if "-" in value else f"2000-01-01 {value}", digits)
    return found and found[11:]


def _date_add(value: str, amount: int, unit: str, digits: int) -> str | None:
    moment = _moment(value)
    try:
        if unit in _MONTHS:
            return _spell(_months(moment, amount * _MONTHS[unit]), digits)
        micro = {"microseconds": amount} if unit == "microsecond" else {"seconds": amount * _SECONDS[unit]}
        return _spell(moment + datetime.timedelta(**micro), digits)
    except (ValueError, OverflowError):
        return None


def _months(moment: datetime.datetime, months: int) -> datetime.datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def _timestampdiff(unit: str, start: str, end: str) -> int:
    a, b = _moment(start), _moment(end)
    if unit in _MONTHS:
        return _whole(_month_count(a, b), _MONTHS[unit])
    micro = (b - a) // datetime.timedelta(microseconds=1)
    return micro if unit == "microsecond" else _whole(micro, _SECONDS[unit] * 1_000_000)


def _whole(count: int, per: int) -> int:
    return count // per if count >= 0 else -(-count // per)


def _month_count(a: datetime.datetime, b: datetime.datetime) -> int:
    if b < a:
        return -_month_count(b, a)
    months = (b.year - a.year) * 12 + b.month - a.month
    return months - ((b.day, b.time()) < (a.day, a.time()))


def _microsecond(value: str) -> int:
    return int(value.partition(".")[2].ljust(6, "0")[:6])


_MONTH_NAMES: Final = "January February March April May June July August September October November December".split()
_DAY_NAMES: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_CODES: Final[dict[str, Callable[[datetime.datetime], str]]] = {
    "Y": lambda m: f"{m.year:04}", "y": lambda m: f"{m.year % 100:02}", "m": lambda m: f"{m.month:02}",
    "c": lambda m: str(m.month), "d": lambda m: f"{m.day:02}", "e": lambda m: str(m.day),
    "H": lambda m: f"{m.hour:02}", "k": lambda m: str(m.hour), "i": lambda m: f"{m.minute:02}",
    "h": lambda m: f"{m.hour % 12 or 12:02}", "I": lambda m: f"{m.hour % 12 or 12:02}",
    "l": lambda m: str(m.hour % 12 or 12), "s": lambda m: f"{m.second:02}", "S": lambda m: f"{m.second:02}",
    "f": lambda m: f"{m.microsecond:06}", "p": lambda m: "AM" if m.hour < 12 else "PM",
    "T": lambda m: f"{m.hour:02}:{m.minute:02}:{m.second:02}", "b": lambda m: _MONTH_NAMES[m.month - 1][:3],
    "r": lambda m: f"{m.hour % 12 or 12:02}:{m.minute:02}:{m.second:02} {'AM' if m.hour < 12 else 'PM'}",
    "M": lambda m: _MONTH_NAMES[m.month - 1], "a": lambda m: _DAY_NAMES[m.weekday()][:3],
    "W": lambda m: _DAY_NAMES[m.weekday()], "j": lambda m: f"{m.timetuple().tm_yday:03}",
    "w": lambda m: str(m.isoweekday() % 7), "%": lambda _: "%",
}  # fmt: skip


def _date_format(value: str, pattern: str) -> str:
    moment = _moment(value)
    return re.sub(r"%(.)", lambda m: _CODES[m[1]](moment) if m[1] in _CODES else m[1], pattern)


# Json ----------------------------------------------------------------------------------


def _json_text(document: str, path: str) -> str | None:
    """The value at a path (a json list of steps): strings as they are, else as json; NULL for null and nothing."""
    value = json.loads(document)
    for step in json.loads(path):
        if not isinstance(value, list if isinstance(step, int) else dict):
            return None
        try:
            value = value[step]
        except (KeyError, IndexError):
            return None
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# Aggregates ----------------------------------------------------------------------------


class _Moments:
    """Mean and spread in one pass, as Welford described (Technometrics 4, 1962)."""

    lost = 0
    root = False

    def __init__(self) -> None:
        self.count, self.mean, self.spread = 0, 0.0, 0.0

    def step(self, value: float | None) -> None:
        if value is not None:
            self.count += 1
            delta = value - self.mean
            self.mean += delta / self.count
            self.spread += delta * (value - self.mean)

    def finalize(self) -> float | None:
        if self.count <= self.lost:
            return None
        variance = self.spread / (self.count - self.lost)
        return math.sqrt(variance) if self.root else variance


class _VarPop(_Moments): ...


class _VarSamp(_Moments):
    lost = 1


class _StdPop(_Moments):
    root = True


class _StdSamp(_Moments):
    lost, root = 1, True


class _DecSum:
    """The exact sum of big decimals: ``lw_dec_sum(x, p, s, result p, result s)``."""

    def __init__(self) -> None:
        self.total: Decimal | None = None
        self.form = (0, 0)

    def step(self, value: Value, p: int, s: int, result_p: int, result_s: int) -> None:
        if value is not None:
            self.form = result_p, result_s
            exact = from_stored(value, p, s)
            self.total = exact if self.total is None else calculate("+", self.total, exact)

    def finalize(self) -> Value:
        return None if self.total is None else to_stored(self.total, *self.form)


class _GroupConcat:
    """``lw_group_concat(text, separator, distinct, directions, key, ...)``; directions are ``a`` and ``d``."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, tuple[Value, ...]]] = []
        self.separator, self.distinct, self.directions = ",", 0, ""

    def step(self, text: str | None, separator: str, distinct: int, directions: str, *keys: Value) -> None:
        self.separator, self.distinct, self.directions = separator, distinct, directions
        if text is not None:
            self.rows.append((text, keys))

    def finalize(self) -> str | None:
        if not self.rows:
            return None
        rows = self.rows
        if self.distinct:
            rows = list(dict(reversed(rows)).items())
            rows.sort(key=lambda row: row[0])
        for index in reversed(range(len(self.directions))):
            rows.sort(key=lambda row: _sortable(row[1][index]), reverse=self.directions[index] == "d")
        return self.separator.join(text for text, _ in rows)


def _sortable(value: Value) -> tuple[int, Value]:
    """NULLs, then numbers, then texts, then bytes: the order of SQLite."""
    if value is None:
        return 0, 0
    return (1 if isinstance(value, int | float) else 2 if isinstance(value, str) else 3), value


FUNCTIONS: Final[tuple[tuple[str, int, Callable[..., Value], bool], ...]] = tuple(
    (f"lw_{name}", nargs, function, True)
    for name, nargs, function in (
        ("lower", 1, _strict(_lower)), ("upper", 1, _strict(_upper)), ("regexp", 2, _strict(_regexp)),
        ("substring", -1, _strict(_substring)), ("right", 2, _strict(_right)), ("locate", 3, _strict(_locate)),
        ("lpad", 3, _strict(_lpad)), ("rpad", 3, _strict(_rpad)), ("reverse", 1, _strict(lambda t: t[::-1])),
        ("repeat", 2, _strict(lambda t, n: t * n)), ("concat_ws", -1, _concat_ws),
        ("float_text", 1, _strict(_float_text)), ("text_float", 1, _strict(_text_float)),
        ("text_int", 1, _strict(_text_int)), ("to_int", 1, _strict(_to_int)), ("round", 1, _strict(_round)),
        ("whole", 1, _strict(_whole_number)), ("round_int", 2, _strict(_round_int)), ("sign", 1, _strict(_sign)),
        ("trunc", 1, _strict(lambda x: float(math.trunc(x)))), ("floor", 1, _strict(lambda x: float(math.floor(x)))),
        ("ceil", 1, _strict(lambda x: float(math.ceil(x)))), ("sqrt", 1, _math(math.sqrt)),
        ("exp", 1, _math(math.exp)), ("ln", 1, _math(math.log)), ("log10", 1, _math(math.log10)),
        ("log2", 1, _math(math.log2)), ("pow", 2, _math(math.pow)), ("sin", 1, _math(math.sin)),
        ("cos", 1, _math(math.cos)), ("tan", 1, _math(math.tan)), ("asin", 1, _math(math.asin)),
        ("acos", 1, _math(math.acos)), ("atan", 1, _math(math.atan)), ("atan2", 2, _math(math.atan2)),
        ("radians", 1, _math(math.radians)), ("degrees", 1, _math(math.degrees)),
        ("dec", 9, _strict(_dec)), ("dec_cast", 5, _strict(_dec_cast)), ("dec_round", 6, _strict(_dec_round)),
        ("dec_floor", 3, _strict(_dec_floor)), ("dec_ceil", 3, _strict(_dec_ceil)), ("dec_int", 3, _strict(_dec_int)),
        ("dec_real", 3, _strict(_dec_real)), ("dec_text", 3, _strict(_dec_text)), ("dec_read", 3, _strict(_dec_read)),
        ("datetime", 2, _strict(_datetime)), ("date", 1, _strict(_date)), ("time", 2, _strict(_time)),
        ("date_add", 4, _strict(_date_add)), ("timestampdiff", 3, _strict(_timestampdiff)),
        ("microsecond", 1, _strict(_microsecond)), ("date_format", 2, _strict(_date_format)),
        ("json_text", 2, _strict(_json_text)), ("float", 1, _strict(float)), ("unhex", 1, _strict(bytes.fromhex)),
    )
)  # fmt: skip
"""Name, number of arguments (-1: any), function, and whether it always gives the same for the same."""

AGGREGATES: Final[tuple[tuple[str, int, type[Any]], ...]] = (
    ("lw_var_pop", 1, _VarPop), ("lw_var_samp", 1, _VarSamp), ("lw_stddev_pop", 1, _StdPop),
    ("lw_stddev_samp", 1, _StdSamp), ("lw_dec_sum", 5, _DecSum), ("lw_group_concat", -1, _GroupConcat),
)  # fmt: skip
"""Name, number of arguments, class with ``step`` and ``finalize``."""


def install(raw: Any) -> None:
    """Make the functions known to a raw connection, and LIKE mind the case.

    Examples
    --------
    >>> import sqlite3
    >>> connection = sqlite3.connect(":memory:")
    >>> install(connection)
    >>> connection.execute("SELECT lw_upper('grün'), 'a' LIKE 'A'").fetchone()
    ('GRÜN', 0)
    """
    for name, nargs, function, deterministic in FUNCTIONS:
        raw.create_function(name, nargs, function, deterministic=deterministic)
    for name, nargs, kind in AGGREGATES:
        raw.create_aggregate(name, nargs, kind)
    raw.execute("PRAGMA case_sensitive_like = ON")
