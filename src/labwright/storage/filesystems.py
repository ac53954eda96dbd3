"""Stores on file systems of fsspec: SFTP, WebDAV, SMB and the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Literal

from labwright.core.errors import (
    BucketInaccessible,
    ConfigError,
    DuplicateError,
    LabwrightError,
    MissingExternalFile,
    MissingPackageError,
)
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
from labwright.storage.layout import PARTS, StoreLayout, new_token

Settings = Mapping[str, Any]
Rename = Callable[[Any, str, str], None]
"""Gives a file of a file system its new name, unless another has it: then it raises."""

_NO_OPTIONS: Final = frozenset({"protocol", "filesystem", "location", "stage", *StoreLayout.__dataclass_fields__})
_PATIENCE: Final = 30
_CONNECTING: Final = 10


class FilesystemStore:
    """A `Store` in a folder of a file system of fsspec.

    An object is written to a part file in ``_labwright/part``, which is then renamed, so that it appears whole or not
    at all. Most file systems replace a file of that name; there the key is looked at before, and two clients that put
    the same key at the same moment are not kept apart.

    Parameters
    ----------
    name : str
    connect : callable
        Returns an fsspec.AbstractFileSystem when one is first used, and again after it has failed.
    folder : str
        The folder in the file system.
    rename : callable, optional
        For file systems that can rename without replacing.
    """

    def __init__(self, name: str, connect: Callable[[], Any], folder: str, rename: Rename | None = None) -> None:
        self._name = name
        self._connect = connect
        self._connected: Any = None
        self._lock = threading.Lock()
        self._folder = folder.rstrip("/")
        self._rename = rename

    @property
    def name(self) -> str:
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(create_only=self._rename is not None)

    @property
    def filesystem(self) -> Any:
        """The file system, for libraries that read from one."""
        with self._lock, _connecting(self._name):
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def __repr__(self) -> str:
        return f"<FilesystemStore {self._name!r}>"

    def path(self, key: str) -> str:
        """Return where in the file system an object is."""
        return f"{self._folder}/{check_key(key)}"

    def put_create(self, key: str, data: Bytes) -> ObjectInfo:
        return self.put_stream(key, [data])

    def put_stream(self, key: str, chunks: Iterable[Bytes]) -> ObjectInfo:
        self._refuse_present(key)
        part = self.path(f"{PARTS}/{new_token(16)}")
        try:
            size = self._write(key, part, chunks)
            with self._telling(key):
                found = self._whole(key, part, size)
                self._publish(key, part)
        except BaseException:
            with suppress(Exception):  # the first error is the one to be seen
                self.filesystem.rm_file(part)
            raise
        return found

    def _whole(self, key: str, part: str, size: int) -> ObjectInfo:
        """What is known of a part file, unless the file system has lost some of it without a word."""
        self.filesystem.invalidate_cache()
        found = _info(key, self.filesystem.info(part))
        if found.size != size:
            raise BucketInaccessible(f"Of {size} bytes at {key!r} the store {self._name!r} has kept {found.size}.")
        return found

    def _refuse_present(self, key: str) -> None:
        try:
            self.head(key)
        except MissingExternalFile:
            return
        raise DuplicateError(f"The store {self._name!r} has an object {key!r} already.")

    def _write(self, key: str, part: str, chunks: Iterable[Bytes]) -> int:
        """Write a part file, and return how many bytes that were."""
        size = 0
        with self._telling(key):
            self._make_parent(part)
            file = self.filesystem.open(part, "wb")
        try:
            for chunk in chunks:
                with self._telling(key):
                    file.write(chunk)
                size += memoryview(chunk).nbytes
        finally:
            with self._telling(key):
                file.close()
        return size

    def _publish(self, key: str, part: str) -> None:
        target = self.path(key)
        self._make_parent(target)
        if self._rename is None:
            self._refuse_present(key)
            self.filesystem.mv(part, target)
            return
        try:
            self._rename(self.filesystem, part, target)
        except Exception:  # what a server answers does not tell why
            self._refuse_present(key)
            raise

    def _make_parent(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        try:
            self.filesystem.makedirs(folder, exist_ok=True)
        except Exception:
            self.filesystem.invalidate_cache()
            if not self.filesystem.isdir(folder):  # otherwise another client was faster
                raise

    def get(self, key: str) -> bytes:
        path = self.path(key)
        try:
            with self._telling(key), self.filesystem.open(path, "rb") as file:
                return bytes(file.read())
        except BucketInaccessible:
            self.head(key)  # it may be a folder
            raise

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        info = self.head(key)
        wanted = [check_range(part, info) for part in ranges]
        with self._telling(key), self.filesystem.open(self.path(key), "rb") as file:
            return [self._part(file, key, part) for part in wanted]

    def _part(self, file: Any, key: str, part: ByteRange) -> bytes:
        file.seek(part.start)
        data = bytes(file.read(part.stop - part.start))
        if len(data) < part.stop - part.start:
            raise BucketInaccessible(f"{key!r} in the store {self._name!r} was cut off while it was read.")
        return data

    def head(self, key: str) -> ObjectInfo:
        path = self.path(key)
        with self._telling(key):
            self.filesystem.invalidate_cache()
            found = self.filesystem.info(path)
            if found["type"] != "file":
                raise FileNotFoundError(path)
            return _info(key, found)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self._telling(prefix):
            self.filesystem.invalidate_cache()
            yield from self._walk("", prefix)

    def _walk(self, before: str, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what is below a folder; sorted so, its keys are in order, and only one folder is in memory."""
        for key, found in sorted(self._entries(before), key=lambda entry: entry[0]):
            if found["type"] == "directory":
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._walk(key, prefix)
            elif found["type"] == "file" and key.startswith(prefix):
                yield _info(key, found)

    def _entries(self, before: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        folder = f"{self._folder}/{before}".rstrip("/")
        with suppress(FileNotFoundError):
            for found in self.filesystem.ls(folder or "/", detail=True):
                name = found["name"].rstrip("/").rpartition("/")[2]
                yield f"{before}{name}{'/' if found['type'] == 'directory' else ''}", found

    def delete(self, key: str) -> None:
        path = self.path(key)
        with suppress(MissingExternalFile), self._telling(key):
            self.filesystem.rm_file(path)

    def delete_many(self, keys: Iterable[str]) -> None:
        delete_each(self, keys)

    def sign(self, key: str, *, method: Literal["GET", "PUT"] = "GET", expires: timedelta) -> str:
        raise cannot(self, f"give a URL to {method} {key!r}")

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        """Translate what the file system raises, without its cause, which may show credentials."""
        try:
            yield
        except (LabwrightError, GeneratorExit):
            raise
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise MissingExternalFile(f"The store {self._name!r} has no object {key!r}.") from None
        except Exception as error:  # noqa: BLE001 - each file system has errors of its own
            self._connected = None  # the connection may be what is broken
            raise BucketInaccessible(
                f"The store {self._name!r} cannot be used, at {key!r}: {_reason(error)}."
            ) from None


def _reason(error: Exception) -> str:
    """Say why without what an error was given, which may be a password."""
    said = str(error) if isinstance(error, OSError) else type(error).__name__
    return getattr(error, "strerror", None) or getattr(error, "reason", None) or said


def _info(key: str, found: Mapping[str, Any]) -> ObjectInfo:
    times = (found.get(name) for name in ("mtime", "modified", "LastModified", "last_modified", "created"))
    etag = found.get("etag") or found.get("ETag")
    return ObjectInfo(key, int(found["size"]), _time(next((t for t in times if t), None)), etag)


def _time(value: Any) -> datetime | None:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


def open_sftp(name: str, settings: Settings) -> FilesystemStore:
    """Open a folder of an SSH server, whose key has to be known."""
    options = {
        "host": settings["host"],
        "port": settings.get("port"),
        "username": settings.get("username"),
        "password": settings.get("password"),
        "client_keys": [settings["key_file"]] if settings.get("key_file") else None,
        "connect_timeout": _CONNECTING,
        "login_timeout": _PATIENCE,
        "keepalive_interval": _PATIENCE,
    }
    given = {key: value for key, value in options.items() if value is not None}
    # sshfs would trust any server: () stands for the file where ssh keeps the keys of those that it knows
    given["known_hosts"] = settings.get("known_hosts") or ()
    return FilesystemStore(name, _system("ssh", given), settings.get("location") or ".", _rename_by_sftp)


def _rename_by_sftp(files: Any, part: str, target: str) -> None:
    """Rename as SFTP does, which never replaces a file. What fsspec offers is an extension that does."""
    from fsspec.asyn import sync

    async def rename() -> None:
        async with files._pool.get() as channel:
            await channel.rename(part, target)

    sync(files.loop, rename, timeout=_PATIENCE)


def open_fsspec(name: str, settings: Settings) -> FilesystemStore:
    """Open a folder of any file system that fsspec knows; settings that are not a store's are its options."""
    options = {key: value for key, value in settings.items() if key not in _NO_OPTIONS}
    return FilesystemStore(name, _system(settings["filesystem"], options), settings.get("location") or "")


def open_adapted(adapter: Any, name: str, settings: Settings) -> FilesystemStore:
    """Open a store through a `StorageAdapter` that a package made for DataJoint."""
    adapter.validate_spec(dict(settings))
    return FilesystemStore(name, partial(adapter.create_filesystem, dict(settings)), adapter.full_path(settings, ""))


def _system(protocol: str, options: Settings) -> Callable[[], Any]:
    def connect() -> Any:
        import fsspec

        return fsspec.filesystem(protocol, skip_instance_cache=True, **options)

    return connect


def _fault(error: Exception) -> str:
    """Say what is wrong where that names an option, and not its value."""
    return str(error) if isinstance(error, TypeError) else type(error).__name__


@contextmanager
def _connecting(name: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise MissingPackageError(
            f"The store {name!r} needs a package that is not installed: {error.name or error}.\n"
            "Install it:  pip install 'labwright[sftp]' for SFTP, 'labwright[fsspec]' and what the file system needs "
            "for others"
        ) from None
    except LabwrightError:
        raise
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"The store {name!r} cannot be opened with its settings ({_fault(error)}): look for one that is "
            f"missing or misspelt in [stores.{name}]."
        ) from None
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        raise BucketInaccessible(f"The store {name!r} cannot be reached: {_reason(error)}.") from None
