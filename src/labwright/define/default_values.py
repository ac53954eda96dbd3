"""What a default means: the Python value, and one text for all spellings of it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from labwright.core.types import INTEGER_BOUNDS, Default, Type
from labwright.define.defaults import BOOLEANS

MOMENTS: Final = frozenset({"datetime", "timestamp", "datetime_utc"})


def default_value(type_: Type, text: str) -> Any:
    """Return the value that the default `text` stands for.

    Parameters
    ----------
    type_ : Type
        The type of the attribute.
    text : str
        A literal without quotes.

    Raises
    ------
    ValueError
        When it is not one of `type_`.

    Examples
    --------
    >>> default_value(Type("decimal", (8, 2)), "1.5"), default_value(Type("bool"), "1")
    (Decimal('1.50'), True)
    """
    try:
        return _VALUES.get(type_.kind, _text)(type_, text)
    except (ArithmeticError, KeyError) as exc:
        raise ValueError(f"{text!r} is not a value of {type_}") from exc


def canonical_default(type_: Type | None, default: Default | None) -> Default | None:
    """Return the default in the one spelling that a database gives back.

    Examples
    --------
    >>> canonical_default(Type("bool"), Default("literal", "1")).value
    'True'
    """
    if type_ is None or default is None or default.kind == "null":
        return default
    if default.kind == "now":
        digits = digits_of(type_)
        return Default("now", str(digits) if digits else "")
    return Default("literal", text_of(type_, default_value(type_, default.value)), quoted=is_quoted(type_))


def text_of(type_: Type, value: Any) -> str:
    """Return the text of a default whose value is `value`."""
    return _TEXTS.get(type_.kind, str)(value)


def is_quoted(type_: Type) -> bool:
    """Whether a definition puts quotes around a default of this type."""
    return not (type_.is_numeric or type_.kind == "bool")


def digits_of(type_: Type) -> int:
    """The fractional digits of a second that a time of this type keeps.

    Examples
    --------
    >>> digits_of(Type("datetime", (3,))), digits_of(Type("datetime"))
    (3, 0)
    """
    return int(type_.args[0]) if type_.args else 0


def _whole(_type: Type, text: str) -> int:
    return int(text)


def _float(_type: Type, text: str) -> float:
    return float(text) + 0.0  # not every database gives a default of -0.0 back with its sign


def _decimal(type_: Type, text: str) -> Decimal:
    value = f"{Decimal(text):.{type_.args[1]}f}"
    return Decimal(value) if Decimal(value) else abs(Decimal(value))


def _boolean(_type: Type, text: str) -> bool:
    return BOOLEANS[text.lower()]


def _padded(_type: Type, text: str) -> str:
    return text.rstrip(" ")


def _text(_type: Type, text: str) -> str:
    return text


def _date(_type: Type, text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _time(type_: Type, text: str) -> datetime.time:
    value = datetime.time.fromisoformat(text)
    return value.replace(microsecond=_cut(type_, value.microsecond))


def _moment(type_: Type, text: str) -> datetime.datetime:
    value = datetime.datetime.fromisoformat(text)
    value = value.replace(microsecond=_cut(type_, value.microsecond))
    if type_.kind != "datetime_utc":
        return value
    return value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)


def _cut(type_: Type, microsecond: int) -> int:
    unit = 10 ** (6 - digits_of(type_))
    return int(microsecond // unit * unit)


def _uuid(_type: Type, text: str) -> uuid.UUID:
    return uuid.UUID(text)


def _moment_text(value: datetime.datetime) -> str:
    return value.replace(tzinfo=None).isoformat(" ")


_VALUES: Final[Mapping[str, Callable[[Type, str], Any]]] = MappingProxyType(
    dict.fromkeys((*INTEGER_BOUNDS, "year"), _whole)
    | dict.fromkeys(("float32", "float64"), _float)
    | dict.fromkeys(MOMENTS, _moment)
    | {"decimal": _decimal, "bool": _boolean, "char": _padded, "date": _date, "time": _time, "uuid": _uuid}
)
_TEXTS: Final[Mapping[str, Callable[[Any], str]]] = MappingProxyType(
    dict.fromkeys(MOMENTS, _moment_text)
    | {"float32": repr, "float64": repr, "decimal": "{:f}".format, "time": datetime.time.isoformat}
)
