"""``<tiff@store>``: images and stacks of any numbers, of which the pages that are asked for are read alone."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labwright.codecs.arrays import as_count, check_array
from labwright.codecs.npy_ref import ArrayLayout
from labwright.codecs.npy_slices import read_selection, select
from labwright.codecs.object_ref import damaged_format, local_file, no_form
from labwright.codecs.packages import package
from labwright.codecs.picture import thumbnail_of
from labwright.codecs.pixels_ref import PixelsRef
from labwright.codecs.schema_codec import SchemaCodec
from labwright.codecs.tiff_tiles import read_page
from labwright.core.errors import CodecError
from labwright.storage.content import Content
from labwright.storage.handle import Handle

if TYPE_CHECKING:
    import numpy as np


class TiffRef(PixelsRef):
    """A TIFF file in a store: shape and dtype are known, pages are read when they are asked for.

    Examples
    --------
    >>> import labwright as lw
    >>> ref = lw.TiffRef({"path": "stack_k3.tif", "shape": [900, 512, 512], "dtype": "uint16", "pages": 900})
    >>> ref.shape, ref.pages
    ((900, 512, 512), 900)
    """

    __slots__ = ()

    @property
    def pages(self) -> int:
        """The number of pages."""
        return self.told("pages", as_count)

    def __len__(self) -> int:
        return self.shape[0]

    @contextmanager
    def tiff(self) -> Iterator[Any]:
        """The file as a ``tifffile.TiffFile``, which reads from the store what it is asked for."""
        with self.open() as stream, self._opened(stream) as file:
            yield file

    @contextmanager
    def _opened(self, stream: Any) -> Iterator[Any]:
        tifffile = package("tifffile", "images")
        try:
            file = tifffile.TiffFile(stream)
        except tifffile.TiffFileError as error:
            raise damaged_format(self, "TIFF", error) from error
        with file:
            yield file

    def load(self) -> np.ndarray[Any, Any]:
        """Read all pages.

        Raises
        ------
        DataError
            When the file is not the one that was put.
        """
        with self._opened(io.BytesIO(self.read())) as file:
            return _whole(file)

    def __getitem__(self, index: Any) -> Any:
        """The pixels at `index`; only what is asked for is read, or the strips or tiles it is in."""
        select(self.shape, index)  # an index that cannot be says so before anything is read
        with self.noticing(Exception), self.tiff() as file:
            series = file.series[0]
            if series.dataoffset is not None:
                layout = ArrayLayout(series.dtype.newbyteorder(file.byteorder), series.shape, series.dataoffset, False)
                return read_selection(self.handle, layout, index, self.load)
            return _from_pages(self.handle, series, index, self.load)

    def thumbnail(self, max_size: int = 256) -> bytes:
        """A small PNG picture of the first page."""
        import numpy as np

        with self.tiff() as file:
            page = np.squeeze(file.pages[0].asarray())
        step = max(1, math.ceil(max(page.shape) / (4 * max_size)))
        return thumbnail_of(page[::step, ::step], max_size)


def _whole(file: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.asarray(file.series[0].asarray())


def _from_pages(handle: Handle, series: Any, index: Any, whole: Any) -> Any:
    """Read the pages that hold what is asked for, of each the strips or tiles."""
    import numpy as np

    shape, chosen = series.shape, select(series.shape, index)
    outer = len(shape) - len(series.keyframe.shape)
    if chosen is None or outer < 0 or math.prod(shape[:outer]) != len(series.pages):
        return whole()[index]
    places = itertools.product(*chosen.ranges[:outer])
    numbers = [np.ravel_multi_index(place, shape[:outer]) if outer else 0 for place in places]
    pages = [read_page(handle, series.pages[number], chosen.ranges[outer:]) for number in numbers]
    if not pages:
        return whole()[index]
    return np.stack(pages).reshape(*map(len, chosen.ranges))[chosen.view]


class TiffCodec(SchemaCodec, register=False):
    """An array with at least two dimensions, or a TIFF file, kept as it is; a `TiffRef` comes back."""

    name = "tiff"
    ext = ".tif"
    media_type = "image/tiff"
    reference = TiffRef

    def validate(self, value: Any) -> None:
        """Raise when `value` is no image that TIFF can hold."""
        import numpy as np

        if isinstance(value, (str, Path)):
            _described(local_file("tiff", value))
        elif isinstance(value, np.ndarray):
            check_array("tiff", value)
            if not _is_held(value):
                raise CodecError(
                    f"<tiff@> takes arrays of numbers with two dimensions or more, not {value.dtype} of shape "
                    f"{value.shape}. <npy@> takes any array."
                )
        elif not isinstance(value, TiffRef):
            raise no_form("tiff", value, "a numpy array or the path of a TIFF file")

    def content(self, value: Any) -> Content:
        if isinstance(value, (str, Path)):
            return Path(value)
        file = io.BytesIO()
        package("tifffile", "images").imwrite(file, value, photometric="rgb" if _is_colour(value) else "minisblack")
        return file.getbuffer()

    def describe(self, value: Any) -> Mapping[str, Any]:
        if isinstance(value, (str, Path)):
            return _described(Path(value))
        pages = math.prod(value.shape[: -3 if _is_colour(value) else -2])
        return {"shape": list(value.shape), "dtype": str(value.dtype.newbyteorder("=")), "pages": pages}

    def describe_stored(self, ref: TiffRef) -> Mapping[str, Any]:
        with ref.tiff() as file:
            return _first_series(file)


def _is_held(array: np.ndarray[Any, Any]) -> bool:
    """Whether what is made of an array can be read again; tifffile fails at one pixel in five dimensions or more."""
    numbers = array.dtype.kind in "uifc" and array.dtype.itemsize <= 8
    return numbers and array.ndim >= 2 and array.size > (array.ndim > 4)


def _is_colour(array: np.ndarray[Any, Any]) -> bool:
    return array.ndim >= 3 and array.shape[-1] in (3, 4) and array.dtype.name in ("uint8", "uint16")


def _described(path: Path) -> dict[str, Any]:
    """What a file holds: its first series of pages."""
    tifffile = package("tifffile", "images")
    try:
        with tifffile.TiffFile(path) as file:
            return _first_series(file)
    except (tifffile.TiffFileError, IndexError) as error:
        raise CodecError(f"{str(path)!r} is no TIFF file that can be read: {error}") from error


def _first_series(file: Any) -> dict[str, Any]:
    series = file.series[0]
    dtype = str(series.dtype.newbyteorder("="))
    return {"shape": list(map(int, series.shape)), "dtype": dtype, "pages": len(series.pages)}
