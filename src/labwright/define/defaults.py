"""Whether a default fits its type, before any database sees it."""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from labwright.core.errors import DefinitionError, did_you_mean
from labwright.core.types import INTEGER_BOUNDS, Default, Type

BOOLEANS: Final[Mapping[str, bool]] = MappingProxyType({"true": True, "false": False, "1": True, "0": False})
"""The texts of a boolean default, in lower case."""

_MOMENTS: Final = ("datetime", "timestamp", "datetime_utc")
_NULL_ONLY: Final = ("json", "bytes", "codec")
_Check = Callable[[Type, str], str]


def check_default(type_: Type, default: Default | None) -> None:
    """Raise `DefinitionError` when `default` is not a value of `type_`.

    Examples
    --------
    >>> check_default(Type("int8"), Default("literal", "12"))
    >>> check_default(Type("int8"), Default("literal", "300"))
    Traceback (most recent call last):
    ...
    labwright.core.errors.DefinitionError: the default '300' does not fit int8: it must be from -128 to 127
    """
    if default is not None and (problem := _problem(type_, default)):
        raise DefinitionError(problem)


def _problem(type_: Type, default: Default) -> str:
    if type_.auto:
        return f"{type_} counts by itself and takes no default"
    if default.kind == "null":
        return ""
    if type_.kind in _NULL_ONLY:
        return f"the default of {type_} can only be null"
    return _now_problem(type_, default) if default.kind == "now" else _literal_problem(type_, default.value)


def _now_problem(type_: Type, default: Default) -> str:
    if type_.kind not in _MOMENTS:
        return f"CURRENT_TIMESTAMP does not fit {type_}: it is a default of {', '.join(_MOMENTS)}"
    if default.value and int(default.value) > 6:
        return "CURRENT_TIMESTAMP takes from 0 to 6 digits of a second"
    return ""


def _literal_problem(type_: Type, value: str) -> str:
    try:
        reason = _CHECKS[type_.kind](type_, value)
    except (ValueError, InvalidOperation) as error:
        reason = _EXPECTED.get(type_.kind, str(error))
    return f"the default {value!r} does not fit {type_}: {reason}" if reason else ""


def _integer(type_: Type, value: str) -> str:
    least, most = INTEGER_BOUNDS[type_.kind]
    return "" if least <= int(value) <= most else f"it must be from {least} to {most}"


def _float(_type: Type, value: str) -> str:
    return "" if math.isfinite(float(value)) else "not every database has nan and infinity"


def _decimal(type_: Type, value: str) -> str:
    number = Decimal(value)
    if not number.is_finite():
        return "it must be a finite number"
    digits, scale = type_.args
    behind = len(f"{number:f}".partition(".")[2].rstrip("0"))  # to normalize it would round it to 28 digits
    before = number.adjusted() + 1 if number else 0
    return "" if behind <= scale and before <= digits - scale else f"it has more than {digits},{scale} digits"


def _boolean(_type: Type, value: str) -> str:
    return "" if value.lower() in BOOLEANS else "write True or False"


def _string(type_: Type, value: str) -> str:
    length = type_.args[0]
    return "" if len(value) <= length else f"it has {len(value)} characters, and {length} is the limit"


def _text(_type: Type, _value: str) -> str:
    return ""


def _label(type_: Type, value: str) -> str:
    labels = ", ".join(map(repr, type_.args))
    return "" if value in type_.args else f"the labels are {labels}.{did_you_mean(value, type_.args)}"


def _year(_type: Type, value: str) -> str:
    return "" if int(value) == 0 or 1901 <= int(value) <= 2155 else "it must be from 1901 to 2155"


def _date(_type: Type, value: str) -> str:
    datetime.date.fromisoformat(value)
    return ""


def _time(_type: Type, value: str) -> str:
    datetime.time.fromisoformat(value)
    return ""


def _moment(type_: Type, value: str) -> str:
    aware = datetime.datetime.fromisoformat(value).tzinfo is not None
    return "leave the time zone out" if aware and type_.kind != "datetime_utc" else ""


def _uuid(_type: Type, value: str) -> str:
    uuid.UUID(value)
    return ""


_CHECKS: Final[Mapping[str, _Check]] = MappingProxyType(
    dict.fromkeys(INTEGER_BOUNDS, _integer)
    | dict.fromkeys(("float32", "float64"), _float)
    | dict.fromkeys(("char", "varchar"), _string)
    | dict.fromkeys(_MOMENTS, _moment)
    | {"decimal": _decimal, "bool": _boolean, "text": _text, "enum": _label, "year": _year, "uuid": _uuid}
    | {"date": _date, "time": _time}
)
_EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys((*INTEGER_BOUNDS, "year"), "write a whole number")
    | dict.fromkeys(("float32", "float64", "decimal"), "write a number")
    | dict.fromkeys(_MOMENTS, "write it as 2024-05-31 12:30:00")
    | {"date": "write it as 2024-05-31", "time": "write it as 12:30:00", "uuid": "write 32 hexadecimal digits"}
)
