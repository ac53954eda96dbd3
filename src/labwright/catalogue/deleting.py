"""Deleting the bytes of objects that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from labwright.storage.stores import OpenStore, Stores


class Gone(Protocol):
    """What is known of an object that is to go."""

    @property
    def store(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def is_dir(self) -> bool: ...


def delete_copies(stores: Stores, copies: Iterable[Gone]) -> None:
    """Delete the bytes of objects, and all files of folders; what is gone already is passed over."""
    futures = [stores.background(0, delete_object, stores(c.store), c.path, is_dir=c.is_dir) for c in copies]
    for future in futures:
        future.result()


def delete_object(opened: OpenStore, path: str, *, is_dir: bool) -> None:
    """Delete an object, or all files of a folder, from a store."""
    keys = [info.key for info in opened.store.list(f"{path}/")] if is_dir else [path]
    for key in keys:
        opened.store.delete(key)
