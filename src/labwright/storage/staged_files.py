"""The class behind `labwright.storage.views.staged_files`: its base is a package that is not always installed."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any, ClassVar

from labwright.storage.digest import CHUNK
from labwright.storage.fsspec_files import StoreFiles
from labwright.storage.staging import StagingArea


class StagedFiles(StoreFiles):
    """The objects of a store as files, of which those that are being staged can be written."""

    protocol: ClassVar[str] = "labwright-staging"

    def __init__(self, area: StagingArea) -> None:
        super().__init__(area.store)
        self._area = area

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Write a file."""
        if mode == "create" and self.exists(path):
            raise FileExistsError(path)
        self._area.write(path.strip("/"), value)

    def _open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any:
        if mode in ("wb", "xb"):
            return self._area.open(path.strip("/"))
        if mode != "rb":
            raise io.UnsupportedOperation(f"{path!r} can be opened with 'rb' or 'wb', not with {mode!r}.")
        return super()._open(path, mode, **kwargs)

    def put_file(self, lpath: str, rpath: str, *_: Any, **__: Any) -> None:
        """Write what a file on this machine holds."""
        with Path(lpath).open("rb") as source, self._area.open(rpath.strip("/")) as target:
            shutil.copyfileobj(source, target, CHUNK)

    def rm_file(self, path: str) -> None:
        """Delete a file."""
        self._area.delete(path.strip("/"))

    def rm(self, path: str | list[str], recursive: bool = False, maxdepth: int | None = None) -> None:
        """Delete files, with what is in folders."""
        for one in [path] if isinstance(path, str) else path:
            found = [info.key for info in self._area.files(one.strip("/"))]
            if not recursive and found != [one.strip("/")]:
                raise FileNotFoundError(one) if not found else IsADirectoryError(one)
            for key in found:
                self._area.delete(key)

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> None:
        """Nothing: folders are there with what is in them."""

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Nothing: folders are there with what is in them."""

    def rmdir(self, path: str) -> None:
        """Nothing: folders are gone with what was in them."""
