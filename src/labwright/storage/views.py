"""What is stored, as other libraries read it: through a file system of fsspec, or a store of Zarr."""

from __future__ import annotations

from typing import Any, Final

from labwright.core.registry import Deferred
from labwright.storage.base import Store
from labwright.storage.handle import Handle
from labwright.storage.staging import StagingArea

_FSSPEC: Final = Deferred("labwright.storage.fsspec_files:StoreFiles", "labwright[fsspec]")
_STAGED: Final = Deferred("labwright.storage.staged_files:StagedFiles", "labwright[fsspec]")
_ZARR: Final = Deferred("labwright.storage.zarr_files:ZarrFiles", "labwright[zarr]")


def filesystem(store: Store) -> Any:
    """Return `store` as an ``fsspec.AbstractFileSystem`` to read from.

    Raises
    ------
    MissingPackageError
        When fsspec is not installed.
    """
    made: Any = _FSSPEC.load()
    return made(store)


def staged_files(area: StagingArea) -> Any:
    """Return a store as an ``fsspec.AbstractFileSystem`` in which what is being staged can be written.

    Raises
    ------
    MissingPackageError
        When fsspec is not installed.
    """
    made: Any = _STAGED.load()
    return made(area)


def zarr_store(folder: Handle, count: int | None = None) -> Any:
    """Return a stored folder, which had `count` files when it was stored, as a ``zarr.abc.store.Store`` to read from.

    Raises
    ------
    MissingPackageError
        When zarr is not installed.
    """
    made: Any = _ZARR.load()
    return made(folder, count)
