"""``<hdf5@store>``: HDF5 files, of which the datasets that are asked for are read alone."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.arrays import check_array
from labwright.codecs.object_ref import ObjectRef, damaged_format, local_file, no_form
from labwright.codecs.packages import package
from labwright.codecs.schema_codec import SchemaCodec
from labwright.core.errors import CodecError
from labwright.storage.content import Content

if TYPE_CHECKING:
    import numpy as np

_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
_TAKES: Final = "the path of an HDF5 file, an open h5py.File or Group, or a dict of arrays by name"


class Hdf5Ref(ObjectRef):
    """An HDF5 file in a store.

    Examples
    --------
    >>> import labwright as lw
    >>> lw.Hdf5Ref({"path": "session_k3.h5", "store": "main", "size": 81920})
    Hdf5Ref('session_k3.h5', store='main', size=81920)
    """

    __slots__ = ()

    @contextmanager
    def hdf5(self) -> Iterator[Any]:
        """The file as an ``h5py.File``, which reads from the store what it is asked for."""
        h5py = package("h5py", "hdf5")
        with self.open() as stream:
            try:
                file = h5py.File(stream, "r")
            except OSError as error:
                raise damaged_format(self, "HDF5", error) from error
            with file:
                yield file

    def __getitem__(self, name: str | tuple[Any, ...]) -> Any:
        """The values of a dataset, or of a part of it: ``ref["traces", :100]``; of a group the names in it."""
        path, *index = name if isinstance(name, tuple) and name else (name,)
        if not isinstance(path, str):
            raise CodecError(f"{self!r} holds datasets by name: ref['traces'], or a part of one, ref['traces', :100].")
        with self.noticing(OSError, RuntimeError), self.hdf5() as file:
            if path not in file:
                raise KeyError(f"{self!r} has no {path!r}; at the top it has: {', '.join(file)}")
            found = file[path]
            return list(found) if hasattr(found, "keys") else found[tuple(index)]

    def keys(self) -> list[str]:
        """The names at the top of the file."""
        with self.noticing(OSError, RuntimeError), self.hdf5() as file:
            return list(file)


class Hdf5Codec(SchemaCodec, register=False):
    """An HDF5 file, or a dict of arrays, which becomes one; an `Hdf5Ref` comes back."""

    name = "hdf5"
    ext = ".h5"
    media_type = "application/x-hdf5"
    reference = Hdf5Ref

    def validate(self, value: Any) -> None:
        """Raise when `value` is no HDF5 file and cannot become one."""
        if isinstance(value, (str, Path)):
            _check_file(local_file("hdf5", value))
        elif isinstance(value, Mapping) and not _is_h5py(value):
            _check_names(value)
        elif not isinstance(value, Hdf5Ref) and not _is_h5py(value):
            raise no_form("hdf5", value, _TAKES)

    def content(self, value: Any) -> Content:
        if isinstance(value, (str, Path)):
            return Path(value)
        file = io.BytesIO()
        with package("h5py", "hdf5").File(file, "w") as made:
            (_copy if _is_h5py(value) else _fill)(value, made)
        return file.getbuffer()


def _is_h5py(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "h5py" and hasattr(value, "attrs")


def _check_file(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE and not package("h5py", "hdf5").is_hdf5(path):
            raise CodecError(f"{str(path)!r} is no HDF5 file.")


def _check_names(value: Mapping[Any, Any]) -> None:
    import numpy as np

    for name, item in value.items():
        if not isinstance(name, str) or not name or "/" in name or name == ".":
            raise CodecError(f"{name!r} is no name in an HDF5 file: write text without '/', and a dict for a group.")
        if isinstance(item, Mapping):
            _check_names(item)
        elif not isinstance(item, (np.ndarray, np.generic, int, float, complex, str, bytes)):
            raise CodecError(
                f"<hdf5@> takes arrays, numbers, text and bytes in a dict, and {name!r} is a value of type "
                f"{type(item).__name__}."
            )
        elif np.asarray(item).dtype.kind in "OMm" or getattr(item, "dtype", None) == "U":
            raise CodecError(f"{name!r} is an array of {np.asarray(item).dtype}, which HDF5 does not have.")
        elif isinstance(item, np.ndarray):
            check_array("hdf5", item)
            _check_text(name, item)


def _check_text(name: str, array: np.ndarray[Any, Any]) -> None:
    if array.dtype.kind == "U":
        raise CodecError(f"{name!r} is an array of text, which HDF5 does not have; numpy.char.encode makes bytes.")


def _fill(value: Mapping[str, Any], group: Any) -> None:
    for name, item in value.items():
        if isinstance(item, Mapping):
            _fill(item, group.create_group(name))
        else:
            group[name] = item


def _copy(value: Any, group: Any) -> None:
    """Everything below an open group."""
    for name in value:
        value.copy(name, group)
    for name, attribute in value.attrs.items():
        group.attrs[name] = attribute
