"""A store as codecs written for DataJoint use it: files by path, put so that the catalogue knows them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import IO, Any

from labwright.codecs.objects import Objects
from labwright.storage.base import Bytes
from labwright.storage.content import Content
from labwright.storage.download import download
from labwright.storage.handle import Handle
from labwright.storage.views import filesystem


class Backend:
    """One store.

    Parameters
    ----------
    objects : Objects
    store : str or None
        Its name; None is the default one.
    """

    def __init__(self, objects: Objects, store: str | None) -> None:
        self._objects = objects
        self._store = store or None

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        """The handle of what a row holds."""
        return self._objects.handle({**stored, "store": stored.get("store") or self._store}, filepath=filepath)

    def put_buffer(self, buffer: Bytes, remote_path: str | PurePath) -> None:
        """Put bytes."""
        self._put(buffer, remote_path)

    def put_file(self, local_path: str | Path, remote_path: str | PurePath, metadata: object = None) -> None:
        """Put a file."""
        self._put(Path(local_path), remote_path)

    def put_folder(self, local_path: str | Path, remote_path: str | PurePath) -> dict[str, Any]:
        """Put a folder with all that is in it."""
        put = self._put(Path(local_path), remote_path)
        return {"total_size": put.get("size"), "item_count": put.get("item_count")}

    def _put(self, content: Content, path: str | PurePath) -> dict[str, Any]:
        return self._objects.put(content, str(path), store=self._store)

    def get_buffer(self, remote_path: str | PurePath) -> bytes:
        """The bytes of a file."""
        return self._at(remote_path).read()

    def get_file(self, remote_path: str | PurePath, local_path: str | Path) -> None:
        """Fetch a file."""
        download(self._at(remote_path), Path(local_path))

    def exists(self, remote_path: str | PurePath) -> bool:
        """Whether there is a file or a folder."""
        return self._at(remote_path).exists() or self.isdir(remote_path)

    def isdir(self, remote_path: str | PurePath) -> bool:
        """Whether there is a folder."""
        return self._at(remote_path, is_dir=True).exists()

    def size(self, remote_path: str | PurePath) -> int:
        """How many bytes a file has."""
        return self._at(remote_path).info().size

    def open(self, remote_path: str | PurePath, mode: str = "rb") -> IO[bytes]:
        """A file to read from, or to write to, which is put when it is closed."""
        if "w" in mode:
            return _Upload(self, str(remote_path))
        return self._at(remote_path).open()

    @property
    def fs(self) -> Any:
        """The store as a file system of fsspec, to read from."""
        return filesystem(self._at("").store)

    def get_fsmap(self, remote_path: str | PurePath) -> Any:
        """The files of a folder as a mapping, as Zarr takes it."""
        return self.fs.get_mapper(str(remote_path))

    def get_url(self, path: str | PurePath) -> str:
        """The address of a file, as other programs write it."""
        return self._at(path).url

    def _at(self, path: str | PurePath, *, is_dir: bool = False) -> Handle:
        return self.handle({"path": str(path), "is_dir": is_dir})


class _Upload(io.BytesIO):
    """What is written is put when the file is closed, unless an error closes it."""

    def __init__(self, backend: Backend, path: str) -> None:
        super().__init__()
        self._backend = backend
        self._path = path

    def close(self) -> None:
        if not self.closed:
            content = self.getvalue()
            super().close()
            self._backend.put_buffer(content, self._path)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            super().close()

    def __del__(self) -> None:
        super().close()  # forgotten, e.g. after an error: nothing is put
