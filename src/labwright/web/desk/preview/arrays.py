"""A look at an array: a line of one axis, a picture of two, the middle of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.preview.png import as_bytes, png_of
from labwright.web.desk.preview.preview import MOST, SIDE, Axis, Line, Preview, nothing
from labwright.web.desk.screens.figures import Listing
from labwright.web.fields import excerpt

if TYPE_CHECKING:
    import numpy as np

POINTS: Final = 1000
HEAD: Final = 20
ASPECT: Final = 8
_NUMBERS: Final = "biufc"


def look(array: Any, at: Sequence[int] = (), *, in_chunks: bool = False) -> Preview:
    """A look at an array, of which nothing but the part that is shown is read.

    Parameters
    ----------
    array : array-like
        With ``shape`` and ``dtype``; it is indexed with slices and whole numbers.
    at : sequence of int
        Places along the axes that are not drawn; their middle where nothing is said.
    in_chunks : bool
        Whether to read some values costs those around them as well.
    """
    shape, dtype = tuple(array.shape), array.dtype
    facts = [("shape", " x ".join(map(str, shape)) or "one value"), ("type", str(dtype))]
    if math.prod(shape) == 0:
        return nothing("It has no values.", facts)
    if dtype.kind not in _NUMBERS:
        return _listed(array, shape, facts)
    if not shape:
        return Preview("text", facts, text=str(array[()]))
    drawn = _drawn(shape, dtype)
    axes = [Axis(f"axis {n}", length, _place(at, n, length)) for n, length in enumerate(shape[: len(shape) - drawn])]
    place = tuple(axis.at for axis in axes)
    if drawn == 1:
        return _line(array, place, shape[-1], facts, axes, in_chunks=in_chunks)
    return _picture(array, place, shape[-drawn:], facts, axes, in_chunks=in_chunks)


def _drawn(shape: tuple[int, ...], dtype: Any) -> int:
    """How many of the last axes are drawn: one of a line, two of a picture, three of one in colours."""
    has_colours = len(shape) >= 3 and shape[-1] in (3, 4) and dtype == "uint8"
    return min(len(shape), 3 if has_colours else 2)


def _place(at: Sequence[int], number: int, length: int) -> int:
    return min(max(at[number], 0), length - 1) if number < len(at) else length // 2


def _line(
    array: Any, place: tuple[int, ...], length: int, facts: Any, axes: Sequence[Axis], *, in_chunks: bool
) -> Preview:
    size = length * array.dtype.itemsize
    first, last = _window(length, MOST // (8 * array.dtype.itemsize)) if in_chunks and size > MOST else (0, length)
    step = max(1, (last - first) // POINTS)
    values = _real(array[(*place, slice(first, last, step))])
    note = f"Every {step}th value from {first} to {last - 1} of {length}." if step > 1 or last - first < length else ""
    return Preview("line", [*facts, *_figures(values)], axes, line=_drawn_line(values, first, last - 1), note=note)


def _window(length: int, wanted: int) -> tuple[int, int]:
    """The middle of an axis."""
    first = max(0, (length - wanted) // 2)
    return first, min(length, first + wanted)


def _picture(
    array: Any, place: tuple[int, ...], sides: tuple[int, ...], facts: Any, axes: Sequence[Axis], *, in_chunks: bool
) -> Preview:
    height, width, *colours = sides
    down, across = _steps(height, width)
    cost = math.prod(sides) * array.dtype.itemsize // (1 if in_chunks else down)
    if max(down, across) > 1 and cost > MOST:
        (top, bottom), (left, right) = _window(height, SIDE), _window(width, SIDE)
        index: tuple[Any, ...] = (slice(top, bottom), slice(left, right))
        note = f"The middle: rows {top} to {bottom - 1} of {height}, columns {left} to {right - 1} of {width}."
    else:
        index = (slice(None, None, down), slice(None, None, across))
        note = f"Every {down}th row and every {across}th column." if max(down, across) > 1 else ""
    pixels = _real(array[(*place, *index, *(slice(None) for _ in colours))])
    return Preview("picture", [*facts, *_figures(pixels)], axes, png=png_of(as_bytes(pixels)), note=note)


def _steps(height: int, width: int) -> tuple[int, int]:
    """How many pixels apart those are that are seen: as many in both directions, but where one side is very long."""
    down, across = (max(1, math.ceil(side / SIDE)) for side in (height, width))
    is_long = max(down, across) > ASPECT * min(down, across)
    return (down, across) if is_long else (max(down, across),) * 2


def _real(values: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    found: np.ndarray[Any, Any] = np.asarray(values)
    if found.dtype.kind == "c":
        found = np.abs(found)
    return found.astype(np.uint8) * 255 if found.dtype.kind == "b" else found


def _figures(values: np.ndarray[Any, Any]) -> list[tuple[str, str]]:
    """Least, greatest and mean of what is shown."""
    import numpy as np

    numbers = values.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return [("values", "none that is a finite number")]
    return [
        (name, f"{made(finite):.6g}") for name, made in (("least", np.min), ("greatest", np.max), ("mean", np.mean))
    ]


def _drawn_line(values: np.ndarray[Any, Any], first: int, last: int) -> Line:
    import numpy as np

    numbers = values.astype(np.float64)
    finite = np.isfinite(numbers)
    low, high = (numbers[finite].min(), numbers[finite].max()) if finite.any() else (0.0, 1.0)
    across = np.linspace(0, 1000, len(numbers)) if len(numbers) > 1 else np.array([500.0])
    down = 295 - (numbers - low) / ((high - low) or 1.0) * 290
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y, is_one in zip(across, down, finite, strict=True) if is_one)
    return Line(points, f"{low:.6g}", f"{high:.6g}", first, last)


def _listed(array: Any, shape: tuple[int, ...], facts: Any) -> Preview:
    """The first values of texts, dates, or fields."""
    head = array[(slice(0, HEAD), *(slice(0, 1) for _ in shape[1:]))] if shape else array[()].reshape(1)
    names = array.dtype.names
    rows = [[excerpt(str(v)) for v in (row if names else [row])] for row in head.ravel().tolist()]
    listing = Listing("", names or ["value"], rows)
    note = f"The first {len(rows)}." if math.prod(shape) > len(rows) else ""
    return Preview("table", facts, listing=listing, note=note)
