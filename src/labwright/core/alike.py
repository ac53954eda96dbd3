"""Whether two values are the same, down to each element, where ``==`` answers something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def alike(left: Any, right: Any) -> bool:
    """Return whether two values say the same.

    As ``==``, except that nan is the same as nan, a truth value is no number, and arrays and frames are compared as a
    whole, wherever they are. What cannot be compared is not the same.

    Examples
    --------
    >>> alike({"a": [1, float("nan")]}, {"a": [1.0, float("nan")]}), alike(1, True)
    (True, False)
    """
    if left is right:
        return True
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(alike(left[k], right[k]) for k in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(alike, left, right))
    if hasattr(left, "tolist") or hasattr(right, "tolist"):
        return _alike_arrays(left, right)
    try:
        same = left.equals(right) if hasattr(left, "equals") else left == right
        return bool(same) or bool(left != left and right != right)
    except Exception:  # noqa: BLE001 - whatever a type from elsewhere does when it is compared
        return False


def _alike_arrays(left: Any, right: Any) -> bool:
    if type(left) is not type(right) or left.dtype != right.dtype or left.shape != right.shape:
        return False
    return alike(left.tolist(), right.tolist()) if left.dtype.kind in "OV" else _alike_elements(left, right)


def _alike_elements(left: Any, right: Any) -> bool:
    same = (left == right) | ((left != left) & (right != right))
    return bool(same.all())
