"""From what users give to what an attribute holds: checked, never silently coerced.

`adapt` turns one value into the canonical Python value of a type, or raises `DataError`; a value is taken when
it says exactly the same (``"5"`` or ``5.0`` for an integer, ISO text for a date). `adapt_column` does it for a whole
column, and costs next to nothing when all values are canonical already.
"""

from __future__ import annotations

import datetime
import decimal
import json
import math
import operator
import struct
import uuid
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, NoReturn

from labwright.core.errors import DataError, did_you_mean
from labwright.core.types import INTEGER_BOUNDS, Type

FLOAT32_MAX: Final = 3.4028235677973366e38
"""Magnitudes from here on round to infinity in single precision."""
DAY: Final = datetime.timedelta(days=1)


class OutOfDomainError(DataError):
    """The value is of the right sort, but the type has no room for it: out of range, too long, not a label."""


def adapt(type_: Type, value: Any) -> Any:
    """Return `value` as the canonical Python value of `type_`.

    Raises
    ------
    DataError
        When the type cannot hold it; `OutOfDomainError` when it could not hold it for its size alone.

    Examples
    --------
    >>> adapt(Type("int8"), "12"), adapt(Type("date"), "2024-02-29")
    (12, datetime.date(2024, 2, 29))
    """
    return _ADAPTERS[type_.kind](type_, value)


def adapt_column(type_: Type, values: Sequence[Any]) -> Sequence[Any]:
    """Return `values`, each adapted to `type_`; None stays None.

    The error does not say which cell it was: the caller knows the row numbers and looks again.
    """
    if _is_canonical(type_, values):
        return values
    one = _ADAPTERS[type_.kind]
    return [None if v is None else one(type_, v) for v in values]


def _is_canonical(type_: Type, values: Sequence[Any]) -> bool:
    """Whether no value needs a change; decided from the set of their Python types and their extremes."""
    found = set(map(type, values))
    if found <= {type(None)}:
        return True
    if not found <= {type(None), type_.python_type}:
        return False
    check = canonical_check(type_)
    present = [v for v in values if v is not None] if type(None) in found else values
    return check is not None and check(type_, present)


def canonical_check(type_: Type) -> Callable[[Type, Sequence[Any]], bool] | None:
    """What tells whether values that are all of a type's Python type need no change; None where each is looked at."""
    return _COLUMN_CHECKS.get(type_.kind)


def has_none(values: Sequence[Any]) -> bool:
    """Whether one of them is None; ``None in values`` would ask values such as UUIDs whether they are equal to it."""
    return type(None) in set(map(type, values))


def refuse(type_: Type, value: Any, why: str, *, domain: bool = False) -> NoReturn:
    """Raise the error for a `value` that `type_` cannot hold."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    raise (OutOfDomainError if domain else DataError)(f"{type_} cannot hold {shown} ({type(value).__name__}): {why}")


_NUMPY_BOOLS: Final = ("bool", "bool_")


def _integer(type_: Type, value: Any) -> int:
    number = _exact_integer(type_, value)
    low, high = INTEGER_BOUNDS[type_.kind]
    if not low <= number <= high:
        refuse(type_, value, f"it must lie within {low} and {high}.", domain=True)
    return number


def _exact_integer(type_: Type, value: Any) -> int:
    if type(value) is int:
        return value
    try:
        if isinstance(value, str):
            return int(value)
        if isinstance(value, (float, decimal.Decimal)) and value == int(value):
            return int(value)
        if type(value).__name__ in _NUMPY_BOOLS:
            return int(value)
        return operator.index(value)
    except (TypeError, ValueError, OverflowError):
        refuse(type_, value, "give a whole number.")


def _float(type_: Type, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, decimal.Decimal, str)):
        value = _numpy_item(type_, value, "give a number.")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        refuse(type_, value, "give a number.")
    return number if type_.kind == "float64" else _single(type_, number)


def _single(type_: Type, number: float) -> float:
    if math.isfinite(number) and abs(number) >= FLOAT32_MAX:
        refuse(type_, number, "it is too large for single precision; use float64.", domain=True)
    single: float = struct.unpack("f", struct.pack("f", number))[0]
    return single


def _numpy_item(type_: Type, value: Any, why: str) -> Any:
    """The Python scalar inside a numpy scalar; 0 and 1 for truth values."""
    if isinstance(value, bool):
        return int(value)
    item = getattr(value, "item", None)
    if item is None or getattr(value, "ndim", 0) != 0:
        refuse(type_, value, why)
    inner = item()
    return int(inner) if isinstance(inner, bool) else inner


def _bool(type_: Type, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false", "0", "1"):
        return value.lower() in ("true", "1")
    inner = value if isinstance(value, (bool, int, float)) else getattr(value, "item", lambda: None)()
    if not isinstance(inner, (bool, int, float)) or inner not in (0, 1):
        refuse(type_, value, "give True or False.")
    return bool(inner)


def _text(type_: Type, value: Any) -> str:
    text = str(value) if isinstance(value, str) else _whole_number_as_text(type_, value)
    if type_.args and len(text) > type_.args[0]:
        refuse(type_, value, f"it has {len(text)} characters and there is room for {type_.args[0]}.", domain=True)
    if not text.isascii():
        _check_unicode(type_, text)
    return text


def _whole_number_as_text(type_: Type, value: Any) -> str:
    """A whole number has one way of being written; nothing else has."""
    whole = isinstance(value, int) or (type(value).__module__ == "numpy" and hasattr(value, "__index__"))
    if not whole or isinstance(value, bool) or getattr(value, "ndim", 0) != 0:
        refuse(type_, value, "give text, e.g. str(...) of it where that is what you mean.")
    return str(operator.index(value))


def _check_unicode(type_: Type, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        refuse(type_, value, "it has half a surrogate pair, which is not valid text.")


def _char(type_: Type, value: Any) -> str:
    text = _text(type_, value)
    if text.endswith(" "):
        refuse(type_, value, "databases cut the blanks at the end of a char; use varchar to keep them.")
    return text


def _enum(type_: Type, value: Any) -> str:
    if not isinstance(value, str):
        refuse(type_, value, f"give one of {', '.join(map(repr, type_.args))}.")
    if value not in type_.args:
        near = did_you_mean(value, type_.args)
        refuse(type_, value, f"it is not one of {', '.join(map(repr, type_.args))}.{near}", domain=True)
    return str(value)


def _python_time(type_: Type, value: Any) -> Any:
    """numpy's and pandas' times as Python's; microseconds at most."""
    if type(value).__name__ == "datetime64":
        value = value.astype("datetime64[us]").item()
        if value is None:
            refuse(type_, "NaT", "it is not a time; give None.")
    return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value


def _date(type_: Type, value: Any) -> datetime.date:
    value = _python_time(type_, value)
    if isinstance(value, str):
        value = _iso(type_, value, datetime.datetime.fromisoformat, "2024-02-29")
    if isinstance(value, datetime.datetime):
        if value.time() != datetime.time() or value.tzinfo is not None:
            refuse(type_, value, "it has a time of day; give .date() of it.")
        return value.date()
    if not isinstance(value, datetime.date):
        refuse(type_, value, "give a datetime.date or ISO text such as '2024-02-29'.")
    return value


def _iso(type_: Type, text: str, parse: Callable[[str], Any], example: str) -> Any:
    try:
        return parse(text.strip())
    except ValueError:
        refuse(type_, text, f"write it as ISO text, e.g. '{example}'.")


def _time(type_: Type, value: Any) -> datetime.time:
    if isinstance(value, str):
        value = _iso(type_, value, datetime.time.fromisoformat, "13:45:00")
    if isinstance(value, datetime.timedelta) and datetime.timedelta() <= value < DAY:
        value = (datetime.datetime.min + value).time()
    if not isinstance(value, datetime.time):
        refuse(type_, value, "give a datetime.time, or a timedelta shorter than a day.")
    if value.tzinfo is not None:
        refuse(type_, value, "it has a time zone; times are stored without one.")
    rounded = round_time(datetime.datetime.combine(datetime.date(2000, 1, 1), value), _digits(type_))
    if rounded.day != 1:
        refuse(type_, value, "it rounds up to midnight; declare more fractional digits, e.g. time(6).", domain=True)
    return rounded.time()


def _digits(type_: Type) -> int:
    return int(type_.args[0]) if type_.args else 0


def times_of_day(values: Sequence[Any]) -> Sequence[Any]:
    """The values of a time column; refused where MySQL holds a span that is no time of day."""
    for value in values:
        if isinstance(value, datetime.timedelta):
            raise DataError(
                f"{value} is not a time of day, as MySQL and MariaDB alone may hold it: fetch it by to_dicts(), which "
                "gives a timedelta, or correct the row."
            )
    return values


def round_time(moment: datetime.datetime, digits: int) -> datetime.datetime:
    """`moment` with `digits` fractional digits of the second; halves go up, as databases do.

    Examples
    --------
    >>> round_time(datetime.datetime(2024, 1, 1, 0, 0, 0, 1500), 3)
    datetime.datetime(2024, 1, 1, 0, 0, 0, 2000)
    """
    unit = 10 ** (6 - digits)
    excess = moment.microsecond % unit
    if not excess:
        return moment
    return moment + datetime.timedelta(microseconds=unit - excess if 2 * excess >= unit else -excess)


def _datetime(type_: Type, value: Any) -> datetime.datetime:
    moment = _moment(type_, value)
    if moment.tzinfo is not None:
        refuse(
            type_,
            value,
            "it has a time zone and the attribute keeps none: give .astimezone(UTC).replace(tzinfo=None), or declare "
            "the attribute as datetime_utc.",
        )
    return _rounded(type_, value, moment)


def _rounded(type_: Type, value: Any, moment: datetime.datetime) -> datetime.datetime:
    try:
        return round_time(moment, _digits(type_))
    except OverflowError:
        refuse(type_, value, "it rounds up to the year 10000.", domain=True)


def _moment(type_: Type, value: Any) -> datetime.datetime:
    value = _python_time(type_, value)
    if isinstance(value, str):
        value = _iso(type_, value, datetime.datetime.fromisoformat, "2024-02-29 13:45:00")
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime.combine(value, datetime.time())
    refuse(type_, value, "give a datetime.datetime or ISO text such as '2024-02-29 13:45:00'.")


def _datetime_utc(type_: Type, value: Any) -> datetime.datetime:
    moment = _moment(type_, value)
    if moment.tzinfo is None:
        refuse(type_, value, "it has no time zone: give .replace(tzinfo=UTC) if it is in UTC, else .astimezone().")
    try:
        moment = moment.astimezone(datetime.UTC)
    except OverflowError:
        refuse(type_, value, "in UTC it lies outside the years 1 to 9999.", domain=True)
    return _rounded(type_, value, moment)


def _decimal(type_: Type, value: Any) -> decimal.Decimal:
    precision, scale = type_.args
    number = _exact_decimal(type_, value)
    try:
        fitted = number.quantize(decimal.Decimal(1).scaleb(-scale), context=decimal.Context(prec=precision + scale + 2))
    except decimal.InvalidOperation:
        refuse(type_, value, f"there is room for {precision - scale} digits before the point.", domain=True)
    if fitted != number and not _is_binary(value):
        refuse(type_, value, f"it has more than {scale} digits after the point; .quantize() it first.", domain=True)
    if fitted and fitted.adjusted() >= precision - scale:
        refuse(type_, value, f"there is room for {precision - scale} digits before the point.", domain=True)
    return fitted or abs(fitted)


def _exact_decimal(type_: Type, value: Any) -> decimal.Decimal:
    if not isinstance(value, (decimal.Decimal, int, float, str)) or isinstance(value, bool):
        value = _numpy_item(type_, value, "give a decimal.Decimal or a number.")
    try:
        number = decimal.Decimal(float.__repr__(value) if isinstance(value, float) else value)
    except (decimal.InvalidOperation, TypeError):
        refuse(type_, value, "give a decimal.Decimal or a number.")
    if not number.is_finite():
        refuse(type_, value, "it is not a finite number.")
    return number


def _is_binary(value: Any) -> bool:
    """Whether it is a binary float, whose digits past the scale are an artefact and not data."""
    return isinstance(value, float) or hasattr(value, "dtype")


def _uuid(type_: Type, value: Any) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    if isinstance(value, (str, bytes, bytearray, memoryview)):
        try:
            return uuid.UUID(value) if isinstance(value, str) else uuid.UUID(bytes=bytes(value))
        except ValueError:
            pass
    refuse(type_, value, "give a uuid.UUID, its text, or its 16 bytes.")


def _json(type_: Type, value: Any) -> Any:
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        _check_json_keys(type_, value)
    except RecursionError:
        refuse(type_, "...", "it is nested too deeply.")
    except (TypeError, ValueError) as error:
        refuse(type_, value, f"{error}; JSON holds None, bool, int, float, str, lists, and dicts with text keys.")
    if not text.isascii():
        _check_unicode(type_, text)
    return value


def _check_json_keys(type_: Type, value: Any) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str):
                refuse(type_, name, "keys in JSON are text.")
            _check_json_keys(type_, item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_json_keys(type_, item)


def _bytes(type_: Type, value: Any) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        refuse(type_, value, "give bytes; for other values declare the attribute as <blob>.")
    if type_.args and len(value) > type_.args[0]:
        refuse(type_, value, f"it has {len(value)} bytes and there is room for {type_.args[0]}.", domain=True)
    return bytes(value)


def _year(type_: Type, value: Any) -> int:
    number = _exact_integer(type_, value)
    if number and not 1901 <= number <= 2155:
        refuse(type_, value, "a year lies within 1901 and 2155.", domain=True)
    return number


def _codec(type_: Type, value: Any) -> Any:
    refuse(type_, value, "a codec encodes it; it cannot be compared.")


_ADAPTERS: Final[dict[str, Callable[[Type, Any], Any]]] = dict.fromkeys(INTEGER_BOUNDS, _integer) | {
    "float32": _float,
    "float64": _float,
    "bool": _bool,
    "char": _char,
    "varchar": _text,
    "text": _text,
    "enum": _enum,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "timestamp": _datetime,
    "datetime_utc": _datetime_utc,
    "decimal": _decimal,
    "uuid": _uuid,
    "json": _json,
    "bytes": _bytes,
    "year": _year,
    "codec": _codec,
}


def _integers_fit(type_: Type, values: Sequence[Any]) -> bool:
    low, high = INTEGER_BOUNDS[type_.kind]
    return bool(low <= min(values) and max(values) <= high)


def _texts_fit(type_: Type, values: Sequence[Any]) -> bool:
    return (not type_.args or max(map(len, values)) <= type_.args[0]) and all(map(str.isascii, values))


def _times_fit(type_: Type, values: Sequence[Any]) -> bool:
    unit = 10 ** (6 - _digits(type_))
    return all(v.tzinfo is None and not v.microsecond % unit for v in values)


@cache
def _decimal_bounds(precision: int, scale: int) -> tuple[decimal.Decimal, decimal.Decimal]:
    return decimal.Decimal((0, (1,), -scale)), decimal.Decimal((0, (1,), precision - scale))


def _decimals_fit(type_: Type, values: Sequence[Any]) -> bool:
    """Exactly so many digits after the point, few enough before it; a zero may be a negative one."""
    quantum, limit = _decimal_bounds(*type_.args)
    return all(map(quantum.same_quantum, values)) and -limit < min(values) <= max(values) < limit and 0 not in values


_COLUMN_CHECKS: Final[dict[str, Callable[[Type, Sequence[Any]], bool]]] = dict.fromkeys(
    INTEGER_BOUNDS, _integers_fit
) | {
    "float64": lambda type_, values: True,
    "bool": lambda type_, values: True,
    "varchar": _texts_fit,
    "text": _texts_fit,
    "enum": lambda type_, values: set(values) <= set(type_.args),
    "date": lambda type_, values: True,
    "datetime": _times_fit,
    "timestamp": _times_fit,
    "decimal": _decimals_fit,
    "uuid": lambda type_, values: True,
}
