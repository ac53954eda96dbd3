"""The store in a local folder."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from labwright.core.errors import BucketInaccessible, DataError, DuplicateError, MissingExternalFile
from labwright.storage.base import (
    ByteRange,
    Bytes,
    Capabilities,
    ObjectInfo,
    cannot,
    check_key,
    check_range,
    delete_each,
)
from labwright.storage.folders import SharedSync, make_folder
from labwright.storage.layout import PARTS, new_token

_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What a file system answers that has no hard links."""
_RENAMING: Final = threading.Lock()
"""There, only the threads of one process are kept apart when they put the same key at the same moment."""
_TRIES: Final = 50
_LARGE: Final = 1024 * 1024
_AT_ONCE: Final = 256 * 1024
"""So many bytes are written in one call: for more, Linux may look for memory in one piece, which can take ten times as
long as the writing."""


class FileStore:
    """A `Store` in a local folder, which is made when the first object is put.

    An object is written to a part file in ``_labwright/part``, which is then linked to its name: that refuses to
    replace another file, also between clients, and an object appears whole or not at all. File and folder are on
    the disk (fsync) before a put returns, because the row that refers to the object may outlive a power failure.

    Parameters
    ----------
    name : str
    folder : Path
        An absolute path.

    Examples
    --------
    >>> import tempfile
    >>> store = FileStore("local", Path(tempfile.mkdtemp()) / "store")
    >>> store.put_create("a/b", b"calm").size
    4
    >>> [info.key for info in store.list()]
    ['a/b']
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._seen = False
        self._syncs = SharedSync()

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    def local_path(self, key: str) -> Path:
        """Return the path of an object, for libraries that read files."""
        return self.path(key)

    def url(self, key: str) -> str:
        """Return the address of an object."""
        return self.path(key).as_uri()

    @property
    def folder(self) -> Path:
        """Where the objects are."""
        return self._folder

    def __repr__(self) -> str:
        return f"<FileStore {self._name!r}>"

    def path(self, key: str) -> Path:
        """Return the file of an object.

        Raises
        ------
        DataError
            When a symbolic link leads out of the store.
        """
        path = self._folder / check_key(key)
        if self._has_link(key) and not os.path.realpath(path).startswith(self._root()):
            raise DataError(f"In the store {self._name!r} a symbolic link leads from {key!r} out of {self._folder}.")
        return path

    def _root(self) -> str:
        return os.path.realpath(self._folder).rstrip(os.sep) + os.sep

    def _has_link(self, key: str) -> bool:
        """Whether there is a symbolic link on the way to the file, which could lead anywhere."""
        place = os.fspath(self._folder)
        for part in key.split("/"):
            place = f"{place}{os.sep}{part}"
            try:
                found = os.lstat(place)
            except OSError:
                return False  # what is not there leads nowhere
            if stat.S_ISLNK(found.st_mode) or os.name == "nt":  # where there are other links too
                return True
        return False

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        def fill(file: FileIO) -> None:
            with self._telling(key):
                _write(file, data)

        return self._put_new(key, fill)

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        return self._put_new(key, lambda file: self._fill(key, file, chunks))

    def _put_new(self, key: str, fill: Callable[[FileIO], None]) -> ObjectInfo:
        target = self.path(key)
        with self._telling(key):
            self._refuse_present(key, target)
        return self._put(key, fill, lambda: (key, target))

    def put_while(self, chunks: Iterable[Bytes], name: Callable[[], str]) -> ObjectInfo:
        """Put bytes whose key is worked out while they are written, e.g. from their hash."""

        def fill(file: FileIO) -> None:
            with self._telling("its part files"):
                for chunk in chunks:
                    _write(file, chunk)

        def place() -> tuple[str, Path]:
            key = name()
            return key, self.path(key)

        return self._put("its part files", fill, place)

    def _put(self, told: str, fill: Callable[[FileIO], None], place: Callable[[], tuple[str, Path]]) -> ObjectInfo:
        """Have a part file filled, and then give it its name; `told` stands for the name until it is known."""
        with self._telling(told):
            part, file = self._new_part()
        try:
            with file:
                fill(file)
                with self._telling(told):
                    os.fsync(file.fileno())
                    found = os.fstat(file.fileno())
            key, target = place()
            with self._telling(key):
                self._publish(key, part, target)
        finally:
            part.unlink(missing_ok=True)
        return _info(key, found)

    def _refuse_present(self, key: str, target: Path) -> None:
        if os.path.lexists(target):
            raise DuplicateError(f"The store {self._name!r} has an object {key!r} already.")

    def _new_part(self) -> tuple[Path, FileIO]:
        part = self._folder / PARTS / new_token(16)
        try:
            file = part.open("xb", buffering=0)
        except FileNotFoundError:
            if self._seen and not self._folder.is_dir():
                self._vanished()
            make_folder(part.parent)
            file = part.open("xb", buffering=0)
        self._seen = True
        return part, file

    def _fill(self, key: str, file: FileIO, chunks: Iterable[Bytes]) -> None:
        """Write the chunks; while one is written, the next is read and hashed."""
        with ThreadPoolExecutor(1, "labwright-file") as pool:
            writing: Future[None] | None = None
            for chunk in chunks:
                with self._telling(key):
                    if writing is not None:
                        writing = writing.result()
                    if _lasts(chunk):
                        writing = pool.submit(_write, file, chunk)
                    else:
                        _write(file, chunk)
            with self._telling(key):
                if writing is not None:
                    writing.result()

    def _publish(self, key: str, part: Path, target: Path) -> None:
        for left in reversed(range(_TRIES)):
            try:
                _link(part, target)
                break
            except FileExistsError:
                self._refuse_present(key, target)
                raise
            except FileNotFoundError:  # or the folder was empty, and another client's deletion took it away
                if not left:
                    raise
                with suppress(FileNotFoundError):  # a deletion may take a folder above it away meanwhile, too
                    make_folder(target.parent)
        try:
            self._syncs.sync(target.parent)
        except FileNotFoundError:  # who deletes the object now takes the folder along, but not that of the store
            if not self._folder.is_dir():
                raise

    @contextmanager
    def opened(self, key: str) -> Iterator[FileIO]:
        """The file of an object, to be read from within a block."""
        with self._reading(key), self._open(key) as file:
            yield file

    def get(self, key: str) -> bytes:
        with self.opened(key) as file:
            return file.readall()

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        with self.opened(key) as file:
            info = _info(key, os.fstat(file.fileno()))
            return [self._part(file, info, check_range(part, info)) for part in ranges]

    def _part(self, file: FileIO, info: ObjectInfo, part: ByteRange) -> bytes:
        file.seek(part.start)
        data = file.read(part.stop - part.start)
        if len(data) < part.stop - part.start:
            raise BucketInaccessible(f"{info.key!r} in the store {self._name!r} was cut off while it was read.")
        return data

    def _open(self, key: str) -> FileIO:
        return self.path(key).open("rb", buffering=0)

    def head(self, key: str) -> ObjectInfo:
        path = self.path(key)
        with self._reading(key):
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise IsADirectoryError(errno.EISDIR, "It is a folder")
            return _info(key, found)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        if self._seen and not self._folder.is_dir():
            self._vanished()
        with self._telling(prefix):
            yield from self._walk(self._folder, "", prefix)

    def _walk(self, folder: Path, before: str, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what is below a folder; sorted so, its keys are in order, and only one folder is in memory."""
        for name, entry in sorted(self._entries(folder)):
            key = before + name
            if name.endswith("/"):
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._walk(folder / entry.name, key, prefix)
            elif key.startswith(prefix):
                with _unless_gone():
                    yield _info(key, entry.stat(follow_symlinks=False))

    def _entries(self, folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
        """Yield files, and folders with a slash behind them, whose names can be in a key."""
        with _unless_gone(), os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.isprintable() or "\\" in entry.name:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield f"{entry.name}/", entry
                elif entry.is_file(follow_symlinks=False):
                    yield entry.name, entry

    def delete(self, key: str) -> None:
        path = self.path(key)
        try:
            with self._reading(key):
                path.unlink()
        except MissingExternalFile:
            return
        self._remove_empty(path.parent)

    def delete_many(self, keys: Iterable[str]) -> None:
        delete_each(self, keys)

    def _remove_empty(self, folder: Path) -> None:
        while folder != self._folder:
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        raise cannot(self, f"give a URL to {method} {key!r}")

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        """Translate what the system raises."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise BucketInaccessible(
                f"The store {self._name!r} cannot be used, at {key!r} in {self._folder}: {reason}."
            ) from error

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        """Translate what the system raises about a file that is to be there."""
        with self._telling(key):
            try:
                yield
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                self._missing(key, error)

    def _missing(self, key: str, error: OSError) -> NoReturn:
        there = self._folder.is_dir()
        if self._seen and not there:
            self._vanished()
        hint = "" if there else f" Its folder {self._folder} is not there: is a disk not mounted?"
        raise MissingExternalFile(f"The store {self._name!r} has no object {key!r}.{hint}") from error

    def _vanished(self) -> NoReturn:
        raise BucketInaccessible(f"The folder {self._folder} of the store {self._name!r} was there, and is gone.")


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    modified = datetime.fromtimestamp(found.st_mtime, UTC)
    return ObjectInfo(key, found.st_size, modified, f"{found.st_mtime_ns:x}-{found.st_size:x}")


def _lasts(chunk: Bytes) -> bool:
    """Whether a chunk is worth writing in another thread, and cannot be changed meanwhile."""
    view = memoryview(chunk)
    return view.readonly and view.nbytes >= _LARGE


def _write(file: FileIO, chunk: Bytes) -> None:
    left = memoryview(chunk).cast("B")
    while left:
        left = left[file.write(left[:_AT_ONCE]) or 0 :]


def _link(part: Path, target: Path) -> None:
    """Give a file its name unless another has it."""
    try:
        os.link(part, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with _RENAMING:
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "It is there already") from error
            part.rename(target)


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Pass over what others delete meanwhile."""
    with suppress(FileNotFoundError):
        yield


def open_file(name: str, settings: Mapping[str, Any]) -> FileStore:
    """Open a local folder as a store. Nothing is made before the first object is put."""
    return FileStore(name, Path(settings["location"]).absolute())
