"""``<npy@store>``: a numpy array as a ``.npy`` file, of which a fetched row reads no more than is asked for."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labwright.codecs.arrays import is_array, is_plain
from labwright.codecs.npy_ref import NpyRef
from labwright.codecs.object_ref import no_form
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError
from labwright.storage.base import Bytes
from labwright.storage.content import Content
from labwright.storage.digest import CHUNK

if TYPE_CHECKING:
    import numpy as np


class NpyCodec(SchemaCodec, register=False):
    """A numpy array of any shape, order and dtype but objects; an `NpyRef` comes back."""

    name = "npy"
    ext = ".npy"
    reference = NpyRef

    def get_dtype(self, is_store: bool) -> str:
        if not is_store:
            raise CodecError("<npy> keeps files in a store: write <npy@> or <npy@store>. In the table, write <blob>.")
        return "json"

    def validate(self, value: Any) -> None:
        """Raise when `value` is no plain array, or one whose values a file cannot hold."""
        if isinstance(value, NpyRef):
            return
        if not is_array(value):
            raise no_form("npy", value, "a numpy array (numpy.asarray makes one)")
        if not is_plain(value.dtype):
            raise CodecError(
                f"<npy@> takes no array of {value.dtype}: its values have no form as plain numbers or text."
            )

    def content(self, value: Any) -> Content:
        return npy_parts(value)

    def describe(self, value: Any) -> Mapping[str, Any]:
        header = npy_header(value)
        place = {"offset": len(header), "fortran": is_fortran(value)} if header else {}
        return _array(value.dtype, value.shape) | place

    def describe_stored(self, ref: NpyRef) -> Mapping[str, Any]:
        layout = ref.read_header()
        if not is_plain(layout.dtype):
            raise CodecError(
                f"<npy@> takes no array of {layout.dtype}: its values have no form as plain numbers or text."
            )
        ref.check_size(layout)
        return _array(layout.dtype, layout.shape) | {"offset": layout.offset, "fortran": layout.fortran}


def _array(dtype: np.dtype[Any], shape: tuple[int, ...]) -> dict[str, Any]:
    import numpy as np

    descr = {} if _is_named(dtype) else {"descr": _lists(np.lib.format.dtype_to_descr(dtype))}
    return {"dtype": str(dtype), "shape": list(shape), **descr}


def is_fortran(array: np.ndarray[Any, Any]) -> bool:
    """Whether a file holds the array by columns."""
    return bool(array.flags.f_contiguous and not array.flags.c_contiguous)


def npy_header(array: np.ndarray[Any, Any]) -> bytes:
    """Return what stands before the data in a ``.npy`` file; nothing where that is not of the common form."""
    import numpy as np

    header = io.BytesIO()
    try:
        np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    except ValueError:  # it is too long, or has names in other scripts
        return b""
    return header.getvalue() if array.dtype.itemsize else b""


def npy_parts(array: np.ndarray[Any, Any]) -> list[Bytes]:
    """Return a ``.npy`` file in pieces; the memory of an array that lies in one piece is not copied."""
    import numpy as np

    header = npy_header(array)
    if not header:
        file = io.BytesIO()
        np.lib.format.write_array(file, array, version=(3, 0), allow_pickle=False)
        return [file.getvalue()]
    flat = (array.T if is_fortran(array) else np.ascontiguousarray(array)).reshape(-1)
    data = flat.view(np.ndarray).view(np.uint8).data
    return [header, *(data[i : i + CHUNK] for i in range(0, len(data), CHUNK))]


def _is_named(dtype: np.dtype[Any]) -> bool:
    """Whether the name of a dtype tells all of it: there are no fields."""
    return dtype.names is None


def _lists(descr: Any) -> Any:
    """A description of fields as JSON has it, without tuples."""
    return [_lists(part) for part in descr] if isinstance(descr, (list, tuple)) else descr
