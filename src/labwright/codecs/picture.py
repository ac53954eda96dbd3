"""Small pictures of what is stored, for people who look through it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from labwright.codecs.packages import package
from labwright.core.errors import CodecError

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image


@runtime_checkable
class Thumbnail(Protocol):
    """What can be shown as a small picture: references to images, videos, arrays with two dimensions.

    Examples
    --------
    >>> import labwright as lw
    >>> isinstance(lw.NpyRef({"path": "a.npy", "dtype": "uint8", "shape": [8, 8]}), lw.Thumbnail)
    True
    """

    def thumbnail(self, max_size: int = 256) -> bytes:
        """The bytes of a PNG picture of at most `max_size` pixels in width and height."""


def thumbnail_of(array: np.ndarray[Any, Any], max_size: int) -> bytes:
    """Return a small PNG picture of an array: gray, or with 3 or 4 colours in its last dimension."""
    if not array.size:
        raise CodecError(f"There is no picture of an array of shape {array.shape}: it has no values.")
    return shrunk(package("PIL.Image", "images").fromarray(as_bytes(array)), max_size)


def shrunk(image: Image, max_size: int) -> bytes:
    """Return an image as a PNG of at most so many pixels in each direction."""
    small = image.copy()
    small.thumbnail((max_size, max_size))
    file = io.BytesIO()
    small.save(file, "PNG")
    return file.getvalue()


def as_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return values from 0 to 255: the smallest that are there become 0, the largest 255.

    Whole numbers of 8 bits stay as they are; what is no finite number becomes 0.
    """
    import numpy as np

    if array.dtype == np.uint8 or not array.size:
        return array.astype(np.uint8)
    numbers = (np.abs(array) if array.dtype.kind == "c" else array).astype(np.float64)
    finite = np.isfinite(numbers)
    low, high = (numbers[finite].min(), numbers[finite].max()) if finite.any() else (0.0, 1.0)
    scaled = np.where(finite, (numbers - low) / ((high - low) or 1.0), 0.0)
    return (scaled * 255).round().astype(np.uint8)
