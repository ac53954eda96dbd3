"""Which bytes of an array in a file hold what an index asks for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from labwright.storage.base import ByteRange
from labwright.storage.handle import Handle

if TYPE_CHECKING:
    import numpy as np

    from labwright.codecs.npy_ref import ArrayLayout

REQUEST: Final = 16 * 1024
"""A request costs about as much as so many bytes."""
AT_ONCE: Final = 1000
"""So many ranges are asked for in one call."""
ALL_AT_ONCE: Final = 64 * 1024 * 1024
"""So many bytes are asked for in one call."""

Whole = Callable[[], "np.ndarray[Any, Any]"]


class Selection(NamedTuple):
    """What a basic index chooses: a range along each axis, the axes that go, and where new ones come."""

    ranges: tuple[range, ...]
    view: tuple[Any, ...]


def read_selection(handle: Handle, layout: ArrayLayout, index: Any, whole: Whole) -> Any:
    """Return ``array[index]`` of the array in a file.

    Parameters
    ----------
    handle : Handle
    layout : ArrayLayout
    index : object
        As numpy takes it. Slices, whole numbers, Ellipsis and None read what is needed; so do lists of rows; any
        other index reads the whole.
    whole : callable
        Reads the whole array.
    """
    import numpy as np

    rows = _rows(layout, index)
    if rows is not None:
        order, places = np.unique(rows, return_inverse=True)
        if len(order) * (REQUEST + _row_bytes(layout)) < layout.shape[0] * _row_bytes(layout):
            return _read_rows(handle, layout, order.tolist())[places.reshape(rows.shape)]
        return whole()[index]
    chosen = select(layout.shape, index)
    if chosen is None or not layout.dtype.itemsize:
        return whole()[index]
    return _read_ordered(handle, layout, chosen.ranges)[chosen.view]


def _read_ordered(handle: Handle, layout: ArrayLayout, ranges: tuple[range, ...]) -> np.ndarray[Any, Any]:
    if not layout.fortran:
        return _read(handle, layout, ranges)
    turned = layout._replace(shape=layout.shape[::-1], fortran=False)
    return _read(handle, turned, ranges[::-1]).T


def _row_bytes(layout: ArrayLayout) -> int:
    return math.prod(layout.shape[1:]) * layout.dtype.itemsize


def _rows(layout: ArrayLayout, index: Any) -> np.ndarray[Any, Any] | None:
    """The numbers of the rows that a list or a mask asks for; None for another index."""
    import numpy as np

    if layout.fortran or not layout.shape or not isinstance(index, (list, np.ndarray)):
        return None
    asked = np.asarray(index)
    if asked.dtype == bool and asked.shape == layout.shape[:1]:
        return np.flatnonzero(asked)
    if asked.dtype.kind not in "iu" or not asked.size:
        return None
    if asked.min() < -layout.shape[0] or asked.max() >= layout.shape[0]:
        raise IndexError(f"there is no row {index!r} in an array with {layout.shape[0]} of them")
    return np.where(asked < 0, asked + layout.shape[0], asked)


def select(shape: tuple[int, ...], index: Any) -> Selection | None:
    """Return what a basic index chooses, or None for another one.

    Raises
    ------
    IndexError
        For too many indices, or one that is not there.

    Examples
    --------
    >>> select((10, 20), (3, slice(0, 4)))
    Selection(ranges=(range(3, 4), range(0, 4)), view=(0, slice(None, None, None)))
    """
    items = list(index) if isinstance(index, tuple) else [index]
    if not all(item is None or item is Ellipsis or isinstance(item, slice) or _is_number(item) for item in items):
        return None
    given = sum(item is not None and item is not Ellipsis for item in items)
    if given > len(shape) or sum(item is Ellipsis for item in items) > 1:
        raise IndexError(f"{given} indices are too many, or the ellipsis is there twice, for {len(shape)} dimensions")
    rest: list[Any] = [slice(None)] * (len(shape) - given)
    at = next((i for i, item in enumerate(items) if item is Ellipsis), len(items))
    more = at < len(items)
    items[at : at + 1] = rest
    lengths, ranges, view = iter(shape), list[range](), list[Any]()
    for item in items:
        if item is not None:
            ranges.append(_range(item, next(lengths)))
        view.append(None if item is None else 0 if _is_number(item) else slice(None))
    if more:
        view.append(Ellipsis)  # with it, what has no dimensions left is an array still
    return Selection(tuple(ranges), tuple(view))


def _is_number(item: Any) -> bool:
    return hasattr(item, "__index__") and not isinstance(item, bool) and not getattr(item, "shape", ())


def _range(item: Any, length: int) -> range:
    if isinstance(item, slice):
        return range(length)[item]
    number = item.__index__()
    if not -length <= number < length:
        raise IndexError(f"there is no index {number} in a dimension of length {length}")
    return range(length)[number : number + 1] if number >= 0 else range(length)[number:][:1]


def _read(handle: Handle, layout: ArrayLayout, ranges: Sequence[range]) -> np.ndarray[Any, Any]:
    """The chosen block of an array that lies by rows."""
    import numpy as np

    shape = tuple(map(len, ranges))
    result = np.empty(shape, layout.dtype)
    if result.size:
        steps = _steps(layout)
        level = _level(ranges, steps, layout.dtype.itemsize)
        inner = _Block(ranges[level:], steps[level:], layout.dtype)
        starts = _starts(ranges[:level], steps[:level], layout.offset + inner.first)
        _fill(result.reshape(-1, *shape[level:]), handle, starts, inner)
    return result


def _read_rows(handle: Handle, layout: ArrayLayout, rows: Sequence[int]) -> np.ndarray[Any, Any]:
    """Some rows of an array that lies by rows."""
    import numpy as np

    result, steps = np.empty((len(rows), *layout.shape[1:]), layout.dtype), _steps(layout)
    inner = _Block([*map(range, layout.shape[1:])], steps[1:], layout.dtype)
    _fill(result, handle, (layout.offset + row * steps[0] for row in rows), inner)
    return result


def _fill(blocks: np.ndarray[Any, Any], handle: Handle, starts: Iterator[int], inner: _Block) -> None:
    """Read the blocks that start at these places."""
    at_once = max(1, min(AT_ONCE, ALL_AT_ONCE // inner.length))
    number = 0
    while some := list(itertools.islice(starts, at_once)):
        for data in handle.read_ranges([ByteRange(start, start + inner.length) for start in some]):
            blocks[number] = inner.view(data)
            number += 1


def _steps(layout: ArrayLayout) -> list[int]:
    """How far neighbours along each axis are from each other, in bytes."""
    return [layout.dtype.itemsize * math.prod(layout.shape[axis + 1 :]) for axis in range(len(layout.shape))]


def _starts(ranges: Sequence[range], steps: Sequence[int], first: int) -> Iterator[int]:
    """Where each of the blocks starts that the outer axes choose."""
    return (first + sum(map(int.__mul__, place, steps)) for place in itertools.product(*ranges))


def _level(ranges: Sequence[range], steps: Sequence[int], item: int) -> int:
    """From which axis on blocks are read in one piece, what is not asked for included: the cheapest way."""
    cost = {}
    for level in range(len(ranges) + 1):
        span = item + sum(abs(r[-1] - r[0]) * s for r, s in zip(ranges[level:], steps[level:], strict=True))
        cost[level] = math.prod(map(len, ranges[:level])) * (REQUEST + span)
    return min(cost, key=lambda level: cost[level])


class _Block:
    """A block that is read in one piece, and how the chosen values lie in it."""

    def __init__(self, ranges: Sequence[range], steps: Sequence[int], dtype: np.dtype[Any]) -> None:
        self._shape = tuple(map(len, ranges))
        self._strides = tuple(r.step * s for r, s in zip(ranges, steps, strict=True))
        self._dtype = dtype
        self.first = sum(min(r[0], r[-1]) * s for r, s in zip(ranges, steps, strict=True))
        self._offset = sum(r[0] * s for r, s in zip(ranges, steps, strict=True)) - self.first
        self.length = dtype.itemsize + sum(abs(r[-1] - r[0]) * s for r, s in zip(ranges, steps, strict=True))

    def view(self, data: bytes) -> np.ndarray[Any, Any]:
        import numpy as np

        return np.ndarray(self._shape, self._dtype, data, self._offset, self._strides)
