"""Whether two values are the same: exactly, or as far as a tolerance for numbers goes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Number
from pathlib import Path
from typing import Any


def same(a: Any, b: Any, rtol: float = 0.0) -> bool:
    """Return whether two values hold the same, down to each element.

    Parameters
    ----------
    rtol : float
        How far numbers may differ, relative to the larger of them.

    Examples
    --------
    >>> same([1.0, {"x": float("nan")}], [1.0, {"x": float("nan")}])
    True
    >>> same(1.0, 1.0 + 1e-12), same(1.0, 1.0 + 1e-12, rtol=1e-9)
    (False, True)
    """
    if _is_array(a) or _is_array(b):
        return _is_array(a) and _is_array(b) and _same_arrays(a, b, rtol)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(v, b[k], rtol) for k, v in a.items())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(x, y, rtol) for x, y in zip(a, b, strict=True))
    if isinstance(a, Path) or isinstance(b, Path):
        return _same_files(Path(a), Path(b))
    if isinstance(a, Number) and isinstance(b, Number):
        return _same_numbers(a, b, rtol)
    return bool(a == b)


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape")


def _same_arrays(a: Any, b: Any, rtol: float) -> bool:
    import numpy as np

    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.names is not None:
        return all(_same_arrays(a[n], b[n], rtol) for n in a.dtype.names)
    if a.dtype.kind == "O":
        return same(a.ravel().tolist(), b.ravel().tolist(), rtol)
    if a.dtype.kind in "fc" and rtol:
        return bool(np.allclose(a, b, rtol=rtol, atol=0.0, equal_nan=True))
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fcmM"))


def _same_numbers(a: Any, b: Any, rtol: float) -> bool:
    if a == b or (a != a and b != b):
        return True
    return bool(rtol) and not isinstance(a, complex) and not isinstance(b, complex) and math.isclose(a, b, rel_tol=rtol)


def _same_files(a: Path, b: Path) -> bool:
    """Files that were attached: by what is in them."""
    return a.is_file() and b.is_file() and a.read_bytes() == b.read_bytes()
