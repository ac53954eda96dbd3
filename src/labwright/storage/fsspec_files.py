"""The class behind `labwright.storage.views.filesystem`: its base is a package that is not always installed."""

from __future__ import annotations

import io
from typing import Any, ClassVar

from fsspec.spec import AbstractFileSystem

from labwright.core.errors import MissingExternalFile
from labwright.storage.base import ByteRange, ObjectInfo, Store
from labwright.storage.handle import Handle


class StoreFiles(AbstractFileSystem):  # type: ignore[misc]  # the package carries no types
    """The objects of a store as files. Nothing can be written: what rows refer to stays as it is."""

    protocol: ClassVar[str] = "labwright"
    cachable: ClassVar[bool] = False

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """What is in a folder."""
        prefix = f"{path.strip('/')}/".lstrip("/")
        found = self._children(prefix)
        if not found:
            found = [self._file(self._head(path))]
        return found if detail else [entry["name"] for entry in found]

    def _children(self, prefix: str) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for info in self._store.list(prefix):
            name, _, below = info.key[len(prefix) :].partition("/")
            entry = {"name": prefix + name, "size": 0, "type": "directory"} if below else self._file(info)
            found.setdefault(name, entry)
        return list(found.values())

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is known of a file or folder."""
        path = path.strip("/")
        try:
            return self._file(self._head(path))
        except FileNotFoundError:
            if next(iter(self._store.list(f"{path}/")), None) is None:
                raise
            return {"name": path, "size": 0, "type": "directory"}

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """The bytes of a file, or some of them."""
        if start is None and end is None:
            return self._found(path).read()
        first, last, _step = slice(start, end).indices(self._head(path).size)
        (data,) = self._store.get_ranges(path.strip("/"), [ByteRange(first, max(first, last))])
        return data

    def _open(self, path: str, mode: str = "rb", **_: Any) -> io.BufferedReader:
        if mode != "rb":
            raise PermissionError(f"{path!r} cannot be opened for writing: what rows refer to stays as it is.")
        return self._found(path).open()

    def _found(self, path: str) -> Handle:
        return Handle(self._store, self._head(path).key)

    def _head(self, path: str) -> ObjectInfo:
        try:
            return self._store.head(path.strip("/"))
        except MissingExternalFile as error:
            raise FileNotFoundError(str(error)) from error

    @staticmethod
    def _file(info: ObjectInfo) -> dict[str, Any]:
        return {"name": info.key, "size": info.size, "type": "file", "modified": info.modified, "etag": info.etag}
