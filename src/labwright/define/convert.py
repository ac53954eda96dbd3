"""What becomes of a value when its attribute gets another type: the same value, or an error; never a near one."""

from __future__ import annotations

import datetime
import json
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.define.default_values import default_value, digits_of, text_of

Convert = Callable[[Type, Any], Any]

_FAMILIES: Final[Mapping[str, str]] = {
    **dict.fromkeys((*INTEGER_BOUNDS, "year"), "int"),
    **dict.fromkeys(("float32", "float64"), "float"),
    **dict.fromkeys(("char", "varchar", "text", "enum"), "text"),
    **dict.fromkeys(("datetime", "timestamp"), "moment"),
}
_EXACT: Final = {"float32": 1 << 24, "float64": 1 << 53}
"""Up to here every whole number is a float."""


def family(type_: Type) -> str:
    """Return the kinds that hold the same sort of value as one word.

    Examples
    --------
    >>> family(Type("int8")), family(Type("enum", ("a",))), family(Type("uuid"))
    ('int', 'text', 'uuid')
    """
    return "codec" if type_.codec is not None else _FAMILIES.get(type_.kind, type_.kind)


def converter(old: Type, new: Type) -> Callable[[Any], Any] | None:
    """Return what turns values of `old` into those of `new`, or raises `ValueError`; None where no value can be turned.

    Examples
    --------
    >>> converter(Type("int32"), Type("int8"))(12), converter(Type("varchar", (8,)), Type("int8"))("12")
    (12, 12)
    >>> converter(Type("json"), Type("uuid")) is None
    True
    """
    if family(old) == "codec" or family(new) == "codec":
        return _same if _coded(old) == _coded(new) else None
    if family(old) == family(new) and family(old) not in _CONVERT:
        return _same
    rule = _CONVERT.get(family(new), {}).get(family(old)) if family(new) in _CONVERT else None
    return None if rule is None else lambda value: rule(new, value)


def fits(turn: Callable[[Any], Any], value: Any) -> bool:
    """Whether a converter turns a value.

    Examples
    --------
    >>> turn = converter(Type("varchar", (8,)), Type("int8"))
    >>> fits(turn, "12"), fits(turn, "012"), fits(turn, "300")
    (True, False, False)
    """
    try:
        turn(value)
    except (ValueError, ArithmeticError):
        return False
    return True


def widens(old: Type, new: Type) -> bool:
    """Whether every value of `old` is one of `new`, so that none need be looked at.

    Examples
    --------
    >>> widens(Type("int8"), Type("int32")), widens(Type("varchar", (9,)), Type("varchar", (8,)))
    (True, False)
    """
    if (old.kind, old.args, _coded(old)) == (new.kind, new.args, _coded(new)):
        return True
    test = _WIDENS.get((family(old), family(new)))
    return test is not None and "codec" not in (old.kind, new.kind) and test(old, new)


def _coded(type_: Type) -> tuple[str | None, bool]:
    """What says how stored bytes are read; a store is where they are."""
    return type_.codec, type_.store is not None


def _same(value: Any) -> Any:
    return value


def _refuse(type_: Type, value: Any) -> ValueError:
    return ValueError(f"{value!r} is not a value of {type_}")


def _whole(type_: Type, value: Any) -> int:
    number = int(value)
    low, high = INTEGER_BOUNDS.get(type_.kind, (1901, 2155))
    if number != value or not (low <= number <= high or (type_.kind == "year" and number == 0)):
        raise _refuse(type_, value)
    return number


def _float(type_: Type, value: Any) -> float:
    number = float(value)
    if isinstance(value, Decimal):
        exact = Decimal(repr(number)) == value and type_.kind == "float64"
    elif isinstance(value, int):
        exact = abs(value) <= _EXACT[type_.kind]
    else:
        exact = type_.kind == "float64" or number != number or _as_single(number) == number
    if not exact:
        raise _refuse(type_, value)
    return number


def _as_single(number: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return float("nan")


def _decimal(type_: Type, value: Any) -> Decimal:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    digits, scale = type_.args
    if not exact.is_finite() or abs(exact) >= Decimal(10) ** (digits - scale) or exact != round(exact, scale):
        raise _refuse(type_, value)
    return Decimal(default_value(type_, f"{exact:f}"))


def _bool(type_: Type, value: Any) -> bool:
    if value not in (0, 1):
        raise _refuse(type_, value)
    return bool(value)


def _text(type_: Type, value: Any) -> str:
    text = value if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    if type_.kind == "enum":
        fits = text in type_.args
    elif type_.kind == "char":
        fits = len(text) <= type_.args[0] and text == text.rstrip(" ")
    else:
        fits = not type_.args or len(text) <= type_.args[0]
    if not fits:
        raise _refuse(type_, value)
    return text


def _read(type_: Type, value: str) -> Any:
    """A text that is written as the value is, and in no other way."""
    found = default_value(type_, value)
    if text_of(type_, found) != value:
        raise _refuse(type_, value)
    return found


def _moment(type_: Type, value: datetime.datetime) -> datetime.datetime:
    if value.microsecond % 10 ** (6 - digits_of(type_)):
        raise _refuse(type_, value)
    return value


def _midnight(_type: Type, value: datetime.date) -> datetime.datetime:
    return datetime.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - columns are naive


def _day(type_: Type, value: datetime.datetime) -> datetime.date:
    if value.time() != datetime.time(0):
        raise _refuse(type_, value)
    return value.date()


def _json(_type: Type, value: str) -> Any:
    return json.loads(value)


def _read_whole(type_: Type, value: str) -> int:
    return _whole(type_, _read(type_, value))


_NUMBERS: Final = ("int", "bool", "float", "decimal")
_CONVERT: Final[Mapping[str, Mapping[str, Convert]]] = {
    "int": {**dict.fromkeys(_NUMBERS, _whole), "text": _read_whole},
    "float": {**dict.fromkeys(_NUMBERS, _float), "text": _read},
    "decimal": {**dict.fromkeys(_NUMBERS, _decimal), "text": _read},
    "bool": {"int": _bool, "bool": _bool, "decimal": _bool},
    "text": dict.fromkeys(("text", "int", "decimal", "uuid", "date"), _text),
    "moment": {"moment": _moment, "date": _midnight, "text": _read},
    "datetime_utc": {"datetime_utc": _moment},
    "time": {"time": _moment},
    "date": {"date": lambda _, v: v, "moment": _day, "text": _read},
    "uuid": {"uuid": lambda _, v: v, "text": _read},
    "json": {"json": lambda _, v: v, "text": _json},
}
"""By what the value is to be, then by what it is."""


def _wider_text(old: Type, new: Type) -> bool:
    if new.kind == "enum" or (new.kind == "char" and old.kind != "char"):
        return old.kind == "enum" and new.kind == "enum" and set(old.args) <= set(new.args)
    longest = max(map(len, old.args)) if old.kind == "enum" else old.args[0] if old.args else None
    return not new.args or (longest is not None and longest <= new.args[0])


def _wider_decimal(old: Type, new: Type) -> bool:
    return bool(old.args[1] <= new.args[1] and old.args[0] - old.args[1] <= new.args[0] - new.args[1])


def _wider_integer(old: Type, new: Type) -> bool:
    if "year" in (old.kind, new.kind):
        return False
    (low, high), (least, most) = INTEGER_BOUNDS[old.kind], INTEGER_BOUNDS[new.kind]
    return least <= low and high <= most


_WIDENS: Final[Mapping[tuple[str, str], Callable[[Type, Type], bool]]] = {
    ("int", "int"): _wider_integer,
    ("text", "text"): _wider_text,
    ("decimal", "decimal"): _wider_decimal,
    ("float", "float"): lambda old, new: new.kind == "float64",
    ("bool", "int"): lambda old, new: new.kind != "year",
    ("date", "moment"): lambda old, new: True,
}
