"""Which arrays a file holds as they are."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Final

from labwright.core.errors import CodecError

if TYPE_CHECKING:
    import numpy as np

_EXACT: Final = ("numpy.ndarray", "numpy.memmap")


def is_array(value: Any) -> bool:
    """Whether it is an array and no more: one with a mask, or units, would come back without them."""
    return f"{type(value).__module__}.{type(value).__qualname__}" in _EXACT


def check_array(codec: str, value: np.ndarray[Any, Any]) -> None:
    """Raise CodecError when an array would come back as one of another class."""
    if not is_array(value):
        raise CodecError(
            f"<{codec}@> takes plain arrays; one of class {type(value).__name__} would come back as such. "
            "numpy.asarray makes one."
        )


def as_count(value: Any) -> int:
    """Return `value` when it is a whole number that may count something; raise ValueError otherwise."""
    if type(value) is not int or value < 0:
        raise ValueError("it is no count")
    return value


def as_shape(value: Any) -> tuple[int, ...]:
    """Return the shape of an array; raise ValueError when there is no such array."""
    if not isinstance(value, (tuple, list)) or math.prod(as_count(n) or 1 for n in value) > sys.maxsize:
        raise ValueError(f"its shape is {str(value)[:40]!r}")
    return tuple(value)


def as_dtype(value: Any) -> np.dtype[Any]:
    """Return the dtype of a name."""
    import numpy as np

    if not isinstance(value, str):
        raise TypeError("it is no text")
    if "," in value or "(" in value:
        raise ValueError("it names several")  # which numpy would read, with a warning for some
    return np.dtype(value)


def is_plain(dtype: np.dtype[Any]) -> bool:
    """Whether the bytes of an array are its values, rather than where these are in memory."""
    return not dtype.hasobject and dtype.char != "T"
