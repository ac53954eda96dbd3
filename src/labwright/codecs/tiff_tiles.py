"""Which strips or tiles of a page of a TIFF file hold what an index asks for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from labwright.storage.base import ByteRange
from labwright.storage.handle import Handle

if TYPE_CHECKING:
    import numpy as np

_AXES: Final = ("YX", "YXS")
"""Pages whose strips or tiles lie in the order of their places."""


def read_page(handle: Handle, page: Any, ranges: Sequence[range]) -> np.ndarray[Any, Any]:
    """Return a part of a page; the strips or tiles that it is in are read, and no others where they can be told.

    Parameters
    ----------
    handle : Handle
        The file.
    page : tifffile.TiffPage or tifffile.TiffFrame
    ranges : sequence of range
        What is chosen along each axis.
    """
    import numpy as np

    frame = page.keyframe
    chosen = tuple(map(_slice, ranges))
    if frame.axes not in _AXES or len(frame.chunks) != len(frame.shape) or not math.prod(map(len, ranges)):
        return np.asarray(page.asarray()[chosen])
    boxes = [range(min(r[0], r[-1]) // c, max(r[0], r[-1]) // c + 1) for r, c in zip(ranges, frame.chunks, strict=True)]
    starts = [box[0] * c for box, c in zip(boxes, frame.chunks, strict=True)]
    part = np.full([len(b) * c for b, c in zip(boxes, frame.chunks, strict=True)], frame.nodata, frame.dtype)
    for place, values in _segments(handle, page, list(itertools.product(*boxes))):
        corner = [p * c - start for p, c, start in zip(place, frame.chunks, starts, strict=True)]
        part[tuple(slice(at, at + n) for at, n in zip(corner, values.shape, strict=True))] = values
    return part[tuple(_slice(range(r.start - s, r.stop - s, r.step)) for r, s in zip(ranges, starts, strict=True))]


def _segments(handle: Handle, page: Any, places: Sequence[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The decoded strips or tiles at these places of their grid; those that are not in the file are left out."""
    import numpy as np

    frame = page.keyframe
    numbers = [(place, int(np.ravel_multi_index(place, frame.chunked))) for place in places]
    there = [(place, n, page.dataoffsets[n], page.databytecounts[n]) for place, n in numbers if page.databytecounts[n]]
    found = handle.read_ranges([ByteRange(offset, offset + count) for _, _, offset, count in there])
    tables = getattr(page, "jpegtables", None)
    for (place, number, _, _), data in zip(there, found, strict=True):
        values, _, _ = frame.decode(data, number, jpegtables=tables, jpegheader=frame.jpegheader)
        yield place, values.reshape(values.shape[1 : 1 + len(place)])


def _slice(chosen: range) -> slice:
    return slice(chosen.start, chosen.stop if chosen.stop >= 0 else None, chosen.step)
