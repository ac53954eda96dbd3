"""The reference to a stored file or folder: known at once, read when it is asked for."""

from __future__ import annotations

import datetime
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, TypeVar

from labwright.codecs.arrays import as_count
from labwright.codecs.objects import NO_OBJECTS, Finder
from labwright.core.errors import CodecError, DataError, LabwrightError, MissingExternalFile, cut
from labwright.storage.base import check_key
from labwright.storage.digest import matches
from labwright.storage.download import download
from labwright.storage.handle import Handle, damaged
from labwright.storage.views import filesystem

Self_ = TypeVar("Self_", bound="ObjectRef")
T = TypeVar("T")
_NOT_SO: Final = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError
)  # fmt: skip
"""What is raised by those who read a value that cannot be."""


_PLACE: Final = frozenset("path store size sha256 hash schema url is_dir item_count ext timestamp mime_type".split())


class ObjectRef:
    """A file or folder in a store, as a fetched row refers to it.

    Parameters
    ----------
    stored : mapping
        What the row holds: ``path``, ``store``, ``size``, ...
    objects : Finder
        Finds it in the store.

    Examples
    --------
    >>> import labwright as lw
    >>> ref = lw.ObjectRef({"path": "_schema/lab/scan/scan=1/movie_k3.tif", "store": "main", "size": 4096})
    >>> ref
    ObjectRef('_schema/lab/scan/scan=1/movie_k3.tif', store='main', size=4096)
    >>> ref.ext, ref.is_dir
    ('.tif', False)
    """

    __slots__ = ("__weakref__", "_objects", "_stored")

    def __init__(self, stored: Mapping[str, Any], objects: Finder = NO_OBJECTS) -> None:
        if not isinstance(stored, Mapping):
            raise CodecError(f"A reference is made of a dict with 'path' and 'store', not of {cut(repr(stored))}.")
        self._stored = dict(stored)
        self._objects = objects

    @classmethod
    def from_json(cls: type[Self_], json_data: Mapping[str, Any] | str, backend: Finder | None = None) -> Self_:
        """The reference that JSON describes."""
        stored = json.loads(json_data) if isinstance(json_data, str) else json_data
        return cls(stored, NO_OBJECTS if backend is None else backend)

    def to_json(self) -> dict[str, Any]:
        """What the row holds."""
        return dict(self._stored)

    def told(self, name: str, read: Callable[[Any], T]) -> T:
        """Return what `read` makes of something that the row says.

        Raises
        ------
        CodecError
            When it says nothing, or what cannot be.
        """
        if name not in self._stored:
            raise CodecError(f"The row that refers to {self._stored.get('path')!r} does not say its {name!r}.")
        try:
            return read(self._stored[name])
        except _NOT_SO as error:
            said = cut(repr(self._stored[name]))
            raise CodecError(
                f"The row that refers to {self._stored.get('path')!r} is damaged: its {name!r} cannot be {said}."
            ) from error

    def told_if(self, name: str, read: Callable[[Any], T]) -> T | None:
        """The same; None where the row does not say it."""
        return None if self._stored.get(name) is None else self.told(name, read)

    @property
    def path(self) -> str:
        """The key in the store."""
        return self.told("path", text)

    @property
    def store(self) -> str | None:
        """The store's name; None is the default store."""
        return self.told_if("store", text) or None

    @property
    def size(self) -> int | None:
        """In bytes; of a folder that of all files. None where it was not noted."""
        return self._bytes

    @property
    def _bytes(self) -> int | None:
        return self.told_if("size", as_count)

    @property
    def hash(self) -> str | None:
        """The hash of the content; of a folder that of its manifest. None where it was not noted."""
        return self.told_if("sha256", text) or self.told_if("hash", text)

    @property
    def ext(self) -> str | None:
        """How the name ends: ``.tif``."""
        return self.told_if("ext", text) or PurePosixPath(self.path).suffix or None

    @property
    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return bool(self._stored.get("is_dir"))

    @property
    def item_count(self) -> int | None:
        """As many files as a folder has."""
        return self.told_if("item_count", as_count)

    @property
    def mime_type(self) -> str | None:
        """What it is, where that was noted."""
        return self.told_if("mime_type", text)

    @property
    def timestamp(self) -> datetime.datetime | None:
        """When it was put, where that was noted."""
        return self.told_if("timestamp", datetime.datetime.fromisoformat)

    @property
    def handle(self) -> Handle:
        """Where it is."""
        return self._objects.handle(self._stored)

    @property
    def described(self) -> dict[str, Any]:
        """What the row holds beside the place: what the codec's `describe` said."""
        return {name: value for name, value in self._stored.items() if name not in _PLACE}

    def check_copy(self, stored: Mapping[str, Any]) -> None:
        """Raise DataError when what was put as a copy of this has another hash."""
        known, found = self.told_if("sha256", text), stored.get("sha256")
        if known is not None and found is not None and known != found:
            raise damaged(self.handle, f"its hash is not {known!r}")

    def read(self) -> bytes:
        """The bytes of the file.

        Raises
        ------
        DataError
            When they are not those that were put.
        MissingExternalFile
            When they are gone.
        """
        data = self._file(None).read()
        if self.hash is not None and not matches(data, self.hash):
            raise damaged(self._file(None), f"its hash is not {self.hash!r}")
        return data

    def open(self, subpath: str | None = None, mode: str = "rb") -> IO[Any]:
        """The file, or a file of the folder, open for reading: what is not read is not fetched.

        Parameters
        ----------
        subpath : str, optional
            Path below the folder.
        mode : str
            ``rb``, or ``r`` for text in UTF-8.
        """
        if mode not in ("rb", "r", "rt"):
            raise CodecError(f"What is stored stays as it is: it can be opened with 'rb' or 'r', not with {mode!r}.")
        handle = self._file(subpath)
        file = handle.open()
        if not subpath and self._bytes is not None and file.seek(0, io.SEEK_END) != self._bytes:
            raise damaged(handle, f"it does not have {self._bytes} bytes")
        file.seek(0)
        return file if mode == "rb" else io.TextIOWrapper(file, "utf-8")

    def listdir(self, subpath: str = "") -> list[str]:
        """The names of the files and folders in the folder, or in one below it."""
        prefix = f"{subpath.strip('/')}/" if subpath.strip("/") else ""
        return sorted({path[len(prefix) :].partition("/")[0] for path in self._paths() if path.startswith(prefix)})

    def walk(self) -> Iterator[tuple[str, list[str], list[str]]]:
        """Yield the path of each folder with the names of its folders and of its files, like `os.walk`."""
        folders: dict[str, tuple[list[str], list[str]]] = {"": ([], [])}
        for path in self._paths():
            *above, name = path.split("/")
            for depth, part in enumerate(above):
                if "/".join(above[: depth + 1]) not in folders:
                    folders["/".join(above[: depth + 1])] = [], []
                    folders["/".join(above[:depth])][0].append(part)
            folders["/".join(above)][1].append(name)
        yield from ((folder, *found) for folder, found in sorted(folders.items()))

    def download(self, destination: str | os.PathLike[str], subpath: str | None = None) -> Path:
        """Write it to this machine, whole or not at all.

        Parameters
        ----------
        destination : path
            The file or folder to be made; a file goes into a folder that is there, under its own name.
        subpath : str, optional
            One file of the folder.

        Returns
        -------
        Path
            What was made.

        Raises
        ------
        DataError
            When the content is not what was put.
        MissingExternalFile
            When it is gone.
        """
        to, handle = Path(destination), self._file(subpath) if subpath or not self.is_dir else self._folder()
        if not handle.is_dir and to.is_dir():
            to /= PurePosixPath(handle.key).name
        return download(handle, to, sha256=None if subpath else self.told_if("sha256", text))

    def exists(self, subpath: str | None = None) -> bool:
        """Whether it, or a file or folder below it, is there."""
        if not subpath:
            return self.handle.exists()
        below = self.handle.child(subpath)
        return below.exists() or Handle(below.store, below.key, is_dir=True).exists()

    def verify(self) -> bool:
        """Read it and return True when it is what was put.

        Raises
        ------
        DataError
            When it is not; it says what is wrong.
        MissingExternalFile
            When it is gone.
        """
        handle, found = self._folder() if self.is_dir else self.handle, self.told_if("sha256", text)
        if not self.is_dir:
            self.read()
        elif found is not None and handle.digest().sha256 != found:
            raise damaged(handle, f"its files do not have the manifest {found!r}")
        if self._bytes is not None and self._size_now(handle) != self._bytes:
            raise damaged(handle, f"it does not have {self._bytes} bytes")
        return True

    @contextmanager
    def noticing(self, *errors: type[Exception]) -> Iterator[None]:
        """Tell of damage instead of what comes of it: what other libraries raise makes us look at the whole."""
        try:
            yield
        except LabwrightError:
            raise
        except errors:
            self.verify()
            raise

    @staticmethod
    def _size_now(handle: Handle) -> int:
        return sum(info.size for info in handle.files()) if handle.is_dir else handle.info().size

    @property
    def fs(self) -> Any:
        """The store as a file system of fsspec, to read from."""
        return filesystem(self.handle.store)

    @property
    def fsmap(self) -> Any:
        """The files of the folder as a mapping from path to bytes."""
        return self.fs.get_mapper(self.path)

    @property
    def full_path(self) -> str:
        """The path on this machine, or the address by which other programs find it."""
        local = self.handle.local_path
        return self.handle.url if local is None else os.fspath(local)

    def _file(self, subpath: str | None) -> Handle:
        if subpath and not self.is_dir:
            raise CodecError(f"{self!r} is one file: there is no {subpath!r} in it.")
        if self.is_dir and not subpath:
            raise CodecError(f"{self!r} is a folder: say which of its files, as in open('name'). See listdir().")
        return self.handle.child(check_key(subpath)) if subpath else self.handle

    def _paths(self) -> list[str]:
        if not self.is_dir:
            raise CodecError(f"{self!r} is one file: there is nothing in it to list.")
        return self._folder().paths()

    def _folder(self) -> Handle:
        """Where the folder is; stores know of a folder by its files alone."""
        handle = self.handle
        if self.item_count != 0 and not handle.exists():
            raise MissingExternalFile(f"The folder {handle.key!r} is not in the store {handle.store.name!r}.")
        return handle

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectRef) and type(other) is type(self) and other._stored == self._stored

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._stored, self._objects)

    def __deepcopy__(self: Self_, memo: object) -> Self_:
        return self  # it never changes

    def __hash__(self) -> int:
        return hash((self.store, self.path))

    def __repr__(self) -> str:
        try:
            return f"{type(self).__name__}({self.path!r}, store={self.store!r}{self._details()})"
        except CodecError:  # a damaged row can still be looked at
            return f"{type(self).__name__}({cut(repr(self._stored))})"

    def _details(self) -> str:
        return "" if self._bytes is None else f", size={self._bytes}"

    def __str__(self) -> str:
        return self.path


def text(value: Any) -> str:
    """Return `value` when it is text; raise TypeError otherwise."""
    if not isinstance(value, str):
        raise TypeError("it is no text")
    return value


def no_form(codec: str, value: object, takes: str) -> CodecError:
    """The error for a value that a codec does not take."""
    return CodecError(f"<{codec}@> takes {takes}, not a value of type {type(value).__name__}.")


def local_file(codec: str, value: str | os.PathLike[str]) -> Path:
    """Return the path of a file that is to be put.

    Raises
    ------
    CodecError
        When there is none.
    """
    path = Path(value)
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise CodecError(f"<{codec}@> finds {what} {os.fspath(path)!r}, looking from {os.fspath(Path.cwd())!r}.")
    return path


def damaged_format(ref: ObjectRef, what: str, error: Exception) -> DataError:
    """The error for a stored file that is not of its format."""
    return DataError(f"{ref!r} cannot be read as {what}: {error}")
