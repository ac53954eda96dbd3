"""Decimals in SQLite: integers scaled by 10**s up to 18 digits, beyond that texts that sort as numbers do."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Final

BIG: Final = 18
"""The most digits that are kept as a scaled integer."""

_EXACT: Final = Context(prec=200, rounding=ROUND_HALF_UP)
_COMPLEMENT: Final = str.maketrans("0123456789", "9876543210")


def encode_text(value: Decimal, precision: int, scale: int) -> str:
    """Write `value` so that the order of the texts is the order of the numbers.

    A sign (``0`` negative, ``1`` not) and `precision` digits; those of negative numbers are complemented to nines.

    Raises
    ------
    ValueError
        When `value` does not fit, or is not a finite number.

    Examples
    --------
    >>> encode_text(Decimal("1.5"), 5, 2), encode_text(Decimal("-1.5"), 5, 2)
    ('100150', '099849')
    """
    digits = str(scaled(value.copy_abs(), scale)).zfill(precision)
    if len(digits) > precision:
        raise ValueError(f"{value} has more than {precision - scale} digits before the point")
    return f"0{digits.translate(_COMPLEMENT)}" if value < 0 else f"1{digits}"


def decode_text(text: str, precision: int, scale: int) -> Decimal:
    """Read what `encode_text` wrote.

    Examples
    --------
    >>> decode_text("099849", 5, 2)
    Decimal('-1.50')
    """
    if len(text) != precision + 1 or text[0] not in "01":
        raise ValueError(f"{text!r} is not a stored decimal({precision},{scale})")
    if text[0] == "1":
        return Decimal(int(text[1:])).scaleb(-scale, _EXACT)
    return Decimal(-int(text[1:].translate(_COMPLEMENT))).scaleb(-scale, _EXACT)


def scaled(value: Decimal, scale: int) -> int:
    """Multiply `value` by 10**scale, which must give a whole number.

    Raises
    ------
    ValueError
        When digits would be lost.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not a finite number")
    shifted = value.scaleb(scale, _EXACT)
    whole = int(shifted)
    if whole != shifted:
        raise ValueError(f"{value} has more than {scale} digits after the point")
    return whole


def to_stored(value: Decimal, precision: int, scale: int) -> int | str:
    """Give the stored form of `value`, rounded half away from zero to `scale` digits."""
    rounded = value.quantize(Decimal(1).scaleb(-scale, _EXACT), context=_EXACT)
    return scaled(rounded, scale) if precision <= BIG else encode_text(rounded, precision, scale)


def from_stored(value: int | str | float, precision: int, scale: int) -> Decimal:
    """Read a stored form; integers are scaled, texts as `encode_text` wrote them, floats mean themselves."""
    if isinstance(value, str):
        return decode_text(value, precision, scale)
    if isinstance(value, float):
        return Decimal(repr(value))
    return Decimal(value).scaleb(-scale, _EXACT)


def calculate(op: str, a: Decimal, b: Decimal) -> Decimal | None:
    """Add, subtract, multiply, or take the remainder (None by zero), exactly."""
    with localcontext(_EXACT):
        if op == "%":
            return a % b if b else None
        return a + b if op == "+" else a - b if op == "-" else a * b
