"""The reference to a stored array: shape and dtype are known, slices are read by ranges."""

from __future__ import annotations

import ast
import math
import os
import tempfile
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

from labwright.codecs.arrays import as_count, as_dtype, as_shape, is_plain
from labwright.codecs.npy_slices import read_selection
from labwright.codecs.object_ref import ObjectRef, damaged_format
from labwright.codecs.objects import NO_OBJECTS, Finder
from labwright.codecs.picture import thumbnail_of
from labwright.core.errors import CodecError
from labwright.storage.base import Bytes
from labwright.storage.checked import checked
from labwright.storage.handle import damaged
from labwright.storage.range_file import file_of

if TYPE_CHECKING:
    import numpy as np

_MAGIC = b"\x93NUMPY"


class ArrayLayout(NamedTuple):
    """How the data lie in a file: where they start, and whether by columns."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    fortran: bool

    @property
    def nbytes(self) -> int:
        """As many bytes as the file has."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


class NpyRef(ObjectRef):
    """An array in a store.

    What it is, is known from the row. Indexing reads the bytes that are asked for; numpy functions read the whole.

    Parameters
    ----------
    stored : mapping
        What the row holds: ``path``, ``store``, ``dtype``, ``shape``.
    objects : Finder
        Finds it in the store.

    Examples
    --------
    >>> import labwright as lw
    >>> ref = lw.NpyRef({"path": "_schema/lab/scan/scan=1/trace_k3.npy", "dtype": "float32", "shape": [1000, 64]})
    >>> ref
    NpyRef('_schema/lab/scan/scan=1/trace_k3.npy', store=None, shape=(1000, 64), dtype=float32)
    >>> ref.ndim, len(ref), ref.nbytes
    (2, 1000, 256000)
    """

    __slots__ = ("_layout",)

    def __init__(self, stored: Mapping[str, Any], objects: Finder = NO_OBJECTS) -> None:
        super().__init__(stored, objects)
        self._layout: ArrayLayout | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension."""
        return self.told("shape", as_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values."""
        import numpy as np

        found = self.told_if("descr", lambda descr: np.lib.format.descr_to_dtype(_as_descr(descr)))
        return self.told("dtype", as_dtype) if found is None else found

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of values, as of an array; `nbytes` is the number of bytes."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """As many bytes as the values have."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]

    def load(self, mmap_mode: Literal["r", "c"] | None = None) -> np.ndarray[Any, Any]:
        """Read the whole array.

        Parameters
        ----------
        mmap_mode : {'r', 'c'}, optional
            Map the file into memory instead: read-only, or with changes that are not kept. A file on another machine
            is fetched into a temporary one first.

        Raises
        ------
        DataError
            When the file is not the one that was put.
        """
        if mmap_mode is not None:
            return self._mapped(mmap_mode)
        with checked(self._file(None), self.hash) as data:
            return self._array_of(data)

    def _array_of(self, data: Bytes) -> np.ndarray[Any, Any]:
        """The array whose file has these bytes, in memory of its own."""
        import numpy as np

        layout = self._plain(self._header_in(file_of(data)))
        try:
            if not layout.dtype.itemsize:  # nothing to be copied, as often as a header likes
                return np.ndarray(layout.shape, layout.dtype)
            order: Literal["C", "F"] = "F" if layout.fortran else "C"
            array = np.ndarray(layout.shape, layout.dtype, data, layout.offset, order=order)
            return array if array.flags.writeable and array.flags.aligned else array.copy(order="K")
        except (TypeError, ValueError) as error:
            raise damaged_format(self, "a .npy file", error) from error

    def _mapped(self, mode: Literal["r", "c"]) -> np.ndarray[Any, Any]:
        import numpy as np

        if mode not in ("r", "c"):
            raise CodecError(f"mmap_mode is 'r' or 'c', not {mode!r}: what is stored stays as it is.")
        local = self.handle.local_path
        self.read_header()
        try:
            return np.asanyarray(np.load(local or self._fetched(), mmap_mode=mode, allow_pickle=False))
        except ValueError as error:
            raise damaged_format(self, "a .npy file", error) from error

    def _fetched(self) -> Path:
        """A temporary copy, which is gone with this reference."""
        number, name = tempfile.mkstemp(".npy")
        os.close(number)
        weakref.finalize(self, Path(name).unlink, missing_ok=True)
        return self.download(name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if copy is False:
            raise ValueError("an array in a store cannot be had without a copy of it")
        array = self.load()
        return array if dtype is None else array.astype(dtype)

    def __getitem__(self, index: Any) -> Any:
        """The values at `index`, as of an array; slices and whole numbers read what lies there alone."""
        return read_selection(self.handle, self.layout, index, self.load)

    @property
    def layout(self) -> ArrayLayout:
        """How the data lie in the file; its header is read where the row does not say."""
        if self._layout is None:
            known = "offset" in self._stored
            self._layout = self._known_layout() if known else self._plain(self.read_header())
        return self._layout

    def _plain(self, layout: ArrayLayout) -> ArrayLayout:
        """The layout, unless the bytes of the file would be taken for addresses in memory."""
        if not is_plain(layout.dtype):
            raise damaged(self.handle, "it holds Python objects, which are never read")
        return layout

    def _known_layout(self) -> ArrayLayout:
        offset, fortran = self.told("offset", as_count), self.told("fortran", bool)
        layout = self._plain(ArrayLayout(self.dtype, self.shape, offset, fortran))
        size = self.handle.info().size if self._bytes is None else self._bytes
        if layout.nbytes != size:
            raise CodecError(f"{self!r} is told to have {layout.nbytes} bytes by its row, and has {size}.")
        return layout

    def check_size(self, layout: ArrayLayout) -> None:
        """Raise DataError when the file has not as many bytes as its header says."""
        if self._bytes not in (None, layout.nbytes):
            raise damaged(self.handle, f"its header says that it has {layout.nbytes} bytes, and it has {self._bytes}")

    def read_header(self) -> ArrayLayout:
        """How the data lie in the file, as its header says.

        Raises
        ------
        DataError
            When it is no ``.npy`` file.
        """
        with self.handle.open(read_ahead=256) as file:
            return self._header_in(file)

    def _header_in(self, file: BinaryIO) -> ArrayLayout:
        import numpy as np

        head = file.read(8)
        if head[:6] != _MAGIC or len(head) < 8:
            raise damaged(self.handle, "it does not begin like a .npy file")
        length = int.from_bytes(file.read(2 if head[6] == 1 else 4), "little")
        try:
            header = ast.literal_eval(file.read(length).decode("utf-8" if head[6] > 2 else "latin-1"))
            dtype = np.lib.format.descr_to_dtype(header["descr"])
            return ArrayLayout(dtype, as_shape(header["shape"]), file.tell(), bool(header["fortran_order"]))
        except (ValueError, TypeError, KeyError, SyntaxError, MemoryError, RecursionError) as error:
            raise damaged_format(self, "a .npy file", error) from error

    def thumbnail(self, max_size: int = 256) -> bytes:
        """A small PNG picture of an array with two dimensions, dark for small values and bright for large ones."""
        if self.ndim != 2:
            raise CodecError(f"A picture is made of two dimensions; this array has {self.ndim}: take a part of it.")
        step = max(1, math.ceil(max(self.shape) / max_size))
        return thumbnail_of(self[::step, ::step], max_size)

    def _details(self) -> str:
        known = "shape" in self._stored
        return f", shape={self.shape}, dtype={self.dtype}" if known else super()._details()


def _as_descr(descr: Any) -> Any:
    """A description from JSON, where tuples became lists."""
    return [_as_field(*field) for field in descr] if isinstance(descr, list) else descr


def _as_field(name: Any, kind: Any, *shape: list[int]) -> tuple[Any, ...]:
    return (tuple(name) if isinstance(name, list) else name, _as_descr(kind), *map(tuple, shape))
