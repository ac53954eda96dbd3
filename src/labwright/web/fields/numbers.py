"""Fields of numbers."""

from __future__ import annotations

import math
import re
import struct
from decimal import Context, Decimal
from typing import Any, ClassVar, Final

from labwright.web.fields.cleaning import plain
from labwright.web.fields.error import FieldError, shown
from labwright.web.fields.field import ORDERED, Field
from labwright.web.fields.input import Input

MAX_DIGITS: Final = 400
"""No number of any type is written with so many characters."""
FLOAT32_MAX: Final = 3.4028235677973366e38
"""Magnitudes from here on round to infinity in single precision."""
EXACT: Final = Context(prec=MAX_DIGITS)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_COMMA: Final = re.compile(r"([+-]?)([0-9]*),([0-9]+)((?:[eE][+-]?[0-9]{1,4})?)")
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,' \u00a0\u202f\u2009_][0-9]{3})*(?:[.,][0-9]*)?")
_WITH_UNIT: Final = re.compile(r"((?>[+-]?[0-9.,]+(?:[eE][+-]?[0-9]+)?))\s*([^\W\d_].*|[%°‰].*)")


def exact(text: str, unit: str = "") -> Decimal:
    """Return the number that `text` stands for, exactly.

    A comma is a decimal comma where it cannot separate thousands. The unit of the field may stand behind the number.

    Raises
    ------
    FieldError
        When it is no number, or could be two.

    Examples
    --------
    >>> exact(" 1e3 "), exact("1,5"), exact("12 g", "g")
    (Decimal('1E+3'), Decimal('1.5'), Decimal('12'))
    >>> exact("1,500")
    Traceback (most recent call last):
    ...
    labwright.web.fields.error.FieldError: '1,500' could be 1500 or 1.500: write one of these.
    """
    found = plain(text)
    if len(found) > MAX_DIGITS:
        raise FieldError(f"Give a number; this has {len(found):,} characters.")
    found = _without_unit(found, unit)
    if comma := _COMMA.fullmatch(found):
        found = _with_point(found, *comma.groups())
    if _NUMBER.fullmatch(found):
        return Decimal(found)
    raise _no_number(found)


def _without_unit(text: str, unit: str) -> str:
    """`text` without the unit of the field; another unit is refused."""
    found = _WITH_UNIT.fullmatch(text)
    if found is None:
        return text
    if found[2] == unit:
        return found[1]
    expected = f"in {unit}, as a number" if unit else "as a number alone"
    raise FieldError(f"Give it {expected}: there is {shown(found[2])} behind the number.")


def _with_point(text: str, sign: str, whole: str, part: str, exponent: str) -> str:
    if len(part) == 3 and whole.lstrip("0") and len(whole) <= 3 and not exponent:
        raise FieldError(f"'{text}' could be {sign}{whole}{part} or {sign}{whole}.{part}: write one of these.")
    return f"{sign}{whole}.{part}{exponent}"


def _no_number(text: str) -> FieldError:
    if text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        return FieldError(f"{shown(text)} is not a number that can be kept: leave it empty where nothing is known.")
    if _GROUPED.fullmatch(text):
        return FieldError(f"Write {shown(text)} without separators of thousands, with a decimal point: 1234.5.")
    return FieldError(f"{shown(text)} is not a number. Write it as 12, 0.5 or 1e-3.")


def from_python(value: Any) -> Decimal:
    """Return the number that a value of Python is, exactly as it is written."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise FieldError(f"Give a number, not {described(value)}.")
    if isinstance(value, int) and value.bit_length() > 1000:
        raise FieldError("Give a number; this is larger than any that can be kept.")
    if not math.isfinite(value):
        raise _no_number(str(value))
    return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)


def described(value: Any) -> str:
    """Return what a value is in the words of somebody who sees a spreadsheet."""
    return _WORDS.get(type(value).__name__, "a value of another kind")


_WORDS: Final = {
    "bool": "yes or no",
    "int": "a number",
    "float": "a number",
    "Decimal": "a number",
    "str": "text",
    "date": "a date",
    "datetime": "a date",
    "time": "a time",
    "timedelta": "a time",
    "bytes": "a file",
    "list": "a list",
    "dict": "an object",
}


class _NumberField(Field):
    comparisons: ClassVar[tuple[str, ...]] = ORDERED
    align: ClassVar[str] = "end"

    def read(self, text: str) -> Any:
        return self.fit(exact(text, self.unit))

    def take(self, value: Any) -> Any:
        return self.fit(from_python(value))

    def fit(self, number: Decimal) -> Any:
        """Return `number` as a value of the type."""
        raise NotImplementedError


class IntegerField(_NumberField):
    """Whole numbers within the bounds of the type."""

    kind: ClassVar[str] = "number"

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest."""
        kind = self.attribute.type.kind if self.attribute.type else ""
        bits = int(kind.lstrip("uint") or 64)
        return (0, 2**bits - 1) if kind.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)

    def fit(self, number: Decimal) -> int:
        least, most = self.bounds
        if abs(number.adjusted()) < 30 and number != number.to_integral_value(context=EXACT):
            raise FieldError(f"Give a whole number from {least} to {most}.")
        if number.adjusted() > 30 or not least <= number <= most:
            raise FieldError(f"Give a whole number from {least} to {most}: {shown(f'{number:.20g}')} is outside.")
        return int(number)

    def dump(self, value: Any) -> int:
        return int(value)

    def draw(self) -> Input:
        least, most = self.bounds
        return Input("number", inputmode="numeric", min=str(least), max=str(most), step="1")


class YearField(IntegerField):
    """Years as MySQL has them."""

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest, beside 0."""
        return 1901, 2155

    def fit(self, number: Decimal) -> int:
        return 0 if not number else super().fit(number)


class FloatField(_NumberField):
    """Numbers in double or single precision."""

    kind: ClassVar[str] = "number"

    @property
    def is_single(self) -> bool:
        """Whether it keeps some 7 digits."""
        return self.attribute.type is not None and self.attribute.type.kind == "float32"

    def fit(self, number: Decimal) -> float:
        value = float(number)
        if abs(value) >= (FLOAT32_MAX if self.is_single else math.inf):
            raise FieldError(f"Give a number up to {'3.4e38' if self.is_single else '1.7e308'}: this is too large.")
        value = single(value) if self.is_single else value
        if number and not value:
            raise FieldError(f"This is nearer to 0 than {'1e-45' if self.is_single else '5e-324'}, which is the least.")
        return value

    def write(self, value: Any) -> str:
        return shortest_single(value) if self.is_single else repr(float(value))

    def show(self, value: Any) -> str:
        text = self.write(value)
        return text.removesuffix(".0")

    def dump(self, value: Any) -> float | str:
        number = float(value)
        return number if math.isfinite(number) else _INFINITE.get(number, "NaN")

    def load(self, value: Any) -> Any:
        return float(value) if value in _NOT_FINITE and isinstance(value, str) else super().load(value)

    def draw(self) -> Input:
        return Input("number", inputmode="decimal", step="any")


_INFINITE: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}
_NOT_FINITE: Final = ("NaN", "Infinity", "-Infinity")
"""What JSON has no numbers for, as the interface writes it; PostgreSQL keeps them."""


def single(number: float) -> float:
    """Return `number` in single precision."""
    found: float = struct.unpack("f", struct.pack("f", number))[0]
    return found


def shortest_single(number: float) -> str:
    """Return the shortest text that stands for a number in single precision.

    Examples
    --------
    >>> shortest_single(0.10000000149011612)
    '0.1'
    """
    if not math.isfinite(number):
        return repr(number)
    near = (repr(float(f"{number:.{digits}g}")) for digits in range(1, 10))
    return next((text for text in near if _is_single(float(text), number)), repr(number))


def _is_single(near: float, number: float) -> bool:
    return abs(near) < FLOAT32_MAX and single(near) == number


class DecimalField(_NumberField):
    """Numbers with so many digits, exactly."""

    kind: ClassVar[str] = "decimal"

    @property
    def digits(self) -> tuple[int, int]:
        """How many digits there are, and how many of them behind the point."""
        precision, scale = self.attribute.type.args if self.attribute.type else (65, 30)
        return precision, scale

    def fit(self, number: Decimal) -> Decimal:
        precision, scale = self.digits
        if number and number.adjusted() >= precision - scale:
            raise FieldError(f"Give at most {_digits(precision - scale)} before the point.")
        behind = _behind(number)
        if behind > scale:
            raise FieldError(f"Give at most {_digits(scale)} behind the point; this has {behind:,}. Round it first.")
        fitted = number.quantize(Decimal(1).scaleb(-scale), context=EXACT)
        return fitted or abs(fitted)

    def write(self, value: Any) -> str:
        return f"{value:f}"

    def draw(self) -> Input:
        precision, scale = self.digits
        most = str(Decimal(10) ** (precision - scale) - Decimal(1).scaleb(-scale)) if precision < 20 else ""
        step = f"{Decimal(1).scaleb(-scale):f}"
        return Input("decimal", inputmode="decimal", min=most and f"-{most}", max=most, step=step)


def _digits(count: int) -> str:
    return f"{count} digit{'' if count == 1 else 's'}" if count else "no digits"


def _behind(number: Decimal) -> int:
    """As many digits as there are behind the point, without the zeros at the end."""
    if not number:
        return 0
    _, digits, exponent = number.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -int(exponent) - zeros)
