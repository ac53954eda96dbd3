"""Equality that tells what ``==`` does not: classes, dtypes, shapes, NaN and the sign of zero."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np


def identical(a: Any, b: Any) -> bool:
    """Return whether two values are of the same class and hold the same, down to each element.

    Examples
    --------
    >>> 1 == 1.0, identical(1, 1.0)
    (True, False)
    >>> identical([float("nan")], [float("nan")])
    True
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, (np.ndarray, np.generic)):
        return _same_array(np.asarray(a), np.asarray(b))
    return _COMPARE.get(type(a), _same)(a, b)


def _same(a: Any, b: Any) -> bool:
    return bool(a == b)


def _same_float(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or struct.pack("d", a) == struct.pack("d", b)


def _same_complex(a: complex, b: complex) -> bool:
    return _same_float(a.real, b.real) and _same_float(a.imag, b.imag)


def _same_decimal(a: Decimal, b: Decimal) -> bool:
    return a.as_tuple() == b.as_tuple()


def _same_items(a: Any, b: Any) -> bool:
    return len(a) == len(b) and all(map(identical, a, b))


def _same_dict(a: dict[Any, Any], b: dict[Any, Any]) -> bool:
    return _same_items(list(a), list(b)) and _same_items(list(a.values()), list(b.values()))


def _same_set(a: Any, b: Any) -> bool:
    left = list(b)
    for item in a:
        found = next((i for i, other in enumerate(left) if identical(item, other)), None)
        if found is None:
            return False
        del left[found]
    return not left


def _same_array(a: Any, b: Any) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.names is not None:
        return all(_same_array(np.asarray(a[name]), np.asarray(b[name])) for name in a.dtype.names)
    if a.dtype.kind == "O":
        return _same_items(a.ravel().tolist(), b.ravel().tolist())
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fcM"))


_COMPARE: Final[Mapping[type, Callable[[Any, Any], bool]]] = {
    float: _same_float,
    complex: _same_complex,
    Decimal: _same_decimal,
    list: _same_items,
    tuple: _same_items,
    dict: _same_dict,
    set: _same_set,
    frozenset: _same_set,
}
