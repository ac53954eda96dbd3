"""``<image@store>``: pictures, as PNG or in the file they came in."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.arrays import check_array
from labwright.codecs.object_ref import damaged_format, local_file, no_form
from labwright.codecs.packages import package
from labwright.codecs.picture import as_bytes, shrunk
from labwright.codecs.pixels_ref import PixelsRef
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError, LabwrightError
from labwright.storage.content import Content

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

_Failure = Callable[[Exception], LabwrightError]
_TAKES: Final = "a numpy array or the path of an image file"


class ImageRef(PixelsRef):
    """A picture in a store: shape and dtype are known, the pixels are read when they are asked for.

    Image files are compressed as a whole, so any of the pixels cost the whole file. A picture of which parts are
    wanted is kept by ``<tiff@>`` or ``<zarr@>``.

    Examples
    --------
    >>> import labwright as lw
    >>> ref = lw.ImageRef({"path": "field_k3.png", "store": "main", "shape": [480, 640, 3], "dtype": "uint8"})
    >>> ref
    ImageRef('field_k3.png', store='main', shape=(480, 640, 3), dtype=uint8)
    """

    __slots__ = ()

    @contextmanager
    def image(self) -> Iterator[Image]:
        """The picture as Pillow has it."""
        with _opened(io.BytesIO(self.read()), self._damaged) as image:
            yield image

    def _damaged(self, error: Exception) -> LabwrightError:
        return damaged_format(self, "an image", error)

    def load(self) -> np.ndarray[Any, Any]:
        """Read the pixels."""
        with self.image() as image, _decoding(self._damaged):
            return _pixels(image)

    def __getitem__(self, index: Any) -> Any:
        """The pixels at `index`; the whole picture is read."""
        return self.load()[index]

    def thumbnail(self, max_size: int = 256) -> bytes:
        """A small PNG picture."""
        with self.image() as image, _decoding(self._damaged):
            return shrunk(image if image.mode in ("1", "L", "LA", "RGB", "RGBA") else _drawn(image), max_size)


class ImageCodec(SchemaCodec, register=False):
    """A picture as an array, kept as PNG, or an image file, kept as it is; an `ImageRef` comes back."""

    name = "image"
    ext = ".png"
    reference = ImageRef

    def validate(self, value: Any) -> None:
        """Raise when `value` is no picture, or one that PNG cannot hold as it is."""
        import numpy as np

        if isinstance(value, (str, Path)):
            _file_shape(local_file("image", value))
        elif isinstance(value, np.ndarray):
            check_array("image", value)
            _check_png(value)
        elif not isinstance(value, ImageRef):
            raise no_form("image", value, _TAKES)

    def content(self, value: Any) -> Content:
        if isinstance(value, (str, Path)):
            return Path(value)
        import numpy as np

        file = io.BytesIO()
        package("PIL.Image", "images").fromarray(np.ascontiguousarray(value)).save(file, "PNG")
        return file.getvalue()

    def extension(self, value: Any) -> str:
        return Path(value).suffix.lower() if isinstance(value, (str, Path)) else self.ext

    def describe(self, value: Any) -> Mapping[str, Any]:
        shape, dtype = _file_shape(Path(value)) if isinstance(value, (str, Path)) else (value.shape, value.dtype)
        return {"shape": list(shape), "dtype": str(dtype)}

    def describe_stored(self, ref: ImageRef) -> Mapping[str, Any]:
        pixels = ref.load()
        return {"shape": list(pixels.shape), "dtype": str(pixels.dtype)}


def _check_png(array: np.ndarray[Any, Any]) -> None:
    colours = array.shape[2] if array.ndim == 3 else 1
    fits = array.ndim == 2 or (array.ndim == 3 and colours in (2, 3, 4) and array.dtype == "uint8")
    if not fits or not array.size or array.dtype not in ("bool", "uint8", "<u2"):
        raise CodecError(
            f"<image@> keeps pictures as PNG: uint8 with up to four colours, or gray uint16 or bool, not "
            f"{array.dtype} of shape {array.shape}. <tiff@> takes other numbers and stacks, <npy@> any array."
        )


def _file_shape(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype of an image file."""

    def failure(error: Exception) -> LabwrightError:
        return CodecError(f"{str(path)!r} is no image that can be read: {error}")

    with _opened(path, failure) as image, _decoding(failure):
        one = _pixels(image.crop((0, 0, 1, 1)))
        return (image.height, image.width, *one.shape[2:]), one.dtype


@contextmanager
def _opened(source: Any, failure: _Failure) -> Iterator[Image]:
    pillow = package("PIL.Image", "images")
    try:
        image = pillow.open(source)
    except (OSError, ValueError, pillow.DecompressionBombError) as error:
        raise failure(error) from error
    with image:
        yield image


@contextmanager
def _decoding(failure: _Failure) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow says of files that are cut or damaged
        raise failure(error) from error


def _pixels(image: Image) -> np.ndarray[Any, Any]:
    import numpy as np

    return np.array(image.convert("RGBA" if image.has_transparency_data else "RGB") if image.mode == "P" else image)


def _drawn(image: Image) -> Image:
    """The same in colours that a small picture has."""
    made: Image = package("PIL.Image", "images").fromarray(as_bytes(_pixels(image)))
    return made
