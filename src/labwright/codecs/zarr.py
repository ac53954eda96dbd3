"""``<zarr@store>``: arrays and groups in chunks, opened in the store where they are."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.arrays import as_dtype, as_shape, check_array
from labwright.codecs.object_ref import ObjectRef, damaged_format, no_form
from labwright.codecs.packages import package
from labwright.codecs.picture import thumbnail_of
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError
from labwright.storage.base import Bytes
from labwright.storage.content import Content
from labwright.storage.views import zarr_store

if TYPE_CHECKING:
    import numpy as np

LEAST: Final = 64 * 1024
MOST: Final = 1024 * 1024
"""So many bytes a chunk has, at least and at most: the least that is read of an array."""
PER_SHARD: Final = 32
"""So many chunks make a file."""
_TAKES: Final = "a numpy array, a zarr.Array or zarr.Group, or the path of a .zarr folder"
_METADATA: Final = ("zarr.json", ".zarray", ".zgroup")


class ZarrRef(ObjectRef):
    """A Zarr array or group in a store.

    What it is, is known from the row; chunks are read when values are asked for.

    Examples
    --------
    >>> import labwright as lw
    >>> ref = lw.ZarrRef({"path": "movie_k3.zarr", "store": "main", "shape": [900, 512, 512], "dtype": "uint16"})
    >>> ref.shape, ref.dtype
    ((900, 512, 512), dtype('uint16'))
    """

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The length of each dimension; None of a group."""
        return self.told_if("shape", as_shape)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The type of the values; None of a group. The array is opened where the row has no name for it."""
        known = self.told_if("dtype", as_dtype)
        return self.zarr.dtype if known is None and self.shape is not None else known

    @property
    def zarr(self) -> Any:
        """The ``zarr.Array`` or ``zarr.Group``, opened in the store to read from.

        Raises
        ------
        MissingPackageError
            When zarr is not installed.
        """
        zarr = package("zarr", "zarr")
        try:
            return zarr.open(zarr_store(self.handle, self.item_count), mode="r")
        except (ArithmeticError, AttributeError, FileNotFoundError, KeyError, TypeError, ValueError) as error:
            raise damaged_format(self, "Zarr", error) from error

    def __getitem__(self, index: Any) -> Any:
        """The values at `index`; of a group the array or group of that name."""
        try:
            return self.zarr[index]
        except (ValueError, RuntimeError) as error:  # indices that cannot be are an IndexError
            raise damaged_format(self, "Zarr", error) from error

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        import numpy as np

        if not hasattr(self.zarr, "ndim"):
            raise CodecError(f"{self!r} is a group, and no array: take one of its arrays, ref['name'].")
        return np.asarray(self[...], dtype)

    def thumbnail(self, max_size: int = 256) -> bytes:
        """A small PNG picture of an array with two dimensions."""
        array = self.zarr
        if getattr(array, "ndim", 0) != 2:
            raise CodecError(f"A picture is made of an array with two dimensions; this is {self!r}: take a part of it.")
        step = max(1, -(-max(array.shape) // max_size))
        return thumbnail_of(array[::step, ::step], max_size)

    def _details(self) -> str:
        known = self.told_if("dtype", as_dtype)
        named = "" if known is None else f", dtype={known}"
        return ", group" if self.shape is None else f", shape={self.shape}{named}"


class ZarrCodec(SchemaCodec, register=False):
    """A Zarr array or group, or a numpy array, which becomes one; a `ZarrRef` comes back."""

    name = "zarr"
    ext = ".zarr"
    reference = ZarrRef

    def validate(self, value: Any) -> None:
        """Raise when `value` is nothing that Zarr holds."""
        import numpy as np

        if isinstance(value, (str, Path)):
            _check_folder(Path(value))
        elif isinstance(value, np.ndarray):
            check_array("zarr", value)
            if value.dtype.kind not in "biufcmM" or value.dtype.char in "gG":
                raise CodecError(
                    f"<zarr@> takes no array of {value.dtype}, which Zarr has no standard for. <npy@> takes text and "
                    "fields, <blob@> most objects."
                )
        elif not isinstance(value, ZarrRef) and not _is_zarr(value):
            raise no_form("zarr", value, _TAKES)

    def content(self, value: Any) -> Content:
        import numpy as np

        if isinstance(value, (str, Path)):
            return Path(value)
        return _files(_chunked(value) if isinstance(value, np.ndarray) else value)

    def describe(self, value: Any) -> Mapping[str, Any]:
        import numpy as np

        if isinstance(value, (str, Path)):
            value = package("zarr", "zarr").open(Path(value), mode="r")
        shape = getattr(value, "shape", None)
        if shape is None:
            return {}
        swapped = isinstance(value, np.ndarray)  # what is made of an array is in the order of this machine
        dtype = value.dtype.newbyteorder("=") if swapped else value.dtype
        return {"shape": list(shape)} | ({"dtype": str(dtype)} if _has_name(dtype) else {})

    def describe_stored(self, ref: ZarrRef) -> Mapping[str, Any]:
        return self.describe(ref.zarr)


def _has_name(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is known by its name again: one with fields, or text of any length, is not."""
    return dtype.names is None and dtype.kind != "T"


def _check_folder(path: Path) -> None:
    if not any((path / name).is_file() for name in _METADATA):
        raise CodecError(f"<zarr@> finds no Zarr array or group at {str(path)!r}, looking from {str(Path.cwd())!r}.")


def _is_zarr(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "zarr" and hasattr(value, "store_path")


def _chunked(array: np.ndarray[Any, Any]) -> Any:
    """A Zarr array in memory."""
    zarr = package("zarr", "zarr")
    chunks = chunks_of(array.shape, array.dtype.itemsize)
    shards = (
        (min(PER_SHARD, -(-array.shape[0] // chunks[0])) * chunks[0], *chunks[1:])
        if array.shape and array.size
        else None
    )
    checked = zarr.codecs.ZstdCodec(level=0, checksum=True)
    made = zarr.create_array(
        {}, shape=array.shape, dtype=array.dtype, zarr_format=3, chunks=chunks, shards=shards, compressors=checked
    )
    made[...] = array
    return made


def chunks_of(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return the shape of the chunks of an array: as many of the first rows as are read well at once.

    Examples
    --------
    >>> chunks_of((100_000, 20), 8), chunks_of((900, 2048, 2048), 2), chunks_of((), 8)
    ((409, 20), (1, 256, 2048), ())
    """
    size = itemsize * math.prod(shape)
    most, chunks, inner = min(max(size // 256, LEAST), MOST), list(map(int, shape)), max(size, 1)
    for axis, length in enumerate(shape):
        inner //= max(length, 1)
        chunks[axis] = max(1, min(length, most // max(inner, 1)))
        if inner <= most:
            break
    return tuple(max(1, length) for length in chunks)


def _files(value: Any) -> dict[str, Bytes]:
    """The files of a Zarr array or group, by their paths below it."""
    from zarr.core.sync import sync

    return sync(_collected(value))


async def _collected(value: Any) -> dict[str, Bytes]:
    return {path: data async for path, data in _each(value.store_path.store, value.store_path.path)}


async def _each(store: Any, path: str) -> AsyncIterator[tuple[str, Bytes]]:
    from zarr.core.buffer import default_buffer_prototype

    prefix = f"{path}/" if path else ""
    async for key in store.list_prefix(prefix):
        found = await store.get(key, default_buffer_prototype())
        if found is not None:
            yield key.removeprefix(prefix), memoryview(found.as_numpy_array())
