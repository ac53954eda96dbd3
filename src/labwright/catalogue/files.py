"""Stores by themselves, beside the catalogue: what is put there is known only once a row refers to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labwright.catalogue.reading import handle_of
from labwright.codecs.objects import NoObjects, Stored
from labwright.storage.content import Content, chunks_of, files_of
from labwright.storage.handle import Handle
from labwright.storage.stores import Stores


class PlainObjects(NoObjects):
    """Stores in which files are put and found by their paths: an `Objects`.

    Parameters
    ----------
    stores : Stores
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def store_name(self, store: str | None) -> str:
        """The name of the store."""
        return self._stores(store).name

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        """The handle of what a row holds."""
        return handle_of(self._stores, stored, filepath=filepath)

    def put(self, content: Content, path: str, *, store: str | None, media_type: str | None = None) -> Stored:
        """Put content where nothing is yet."""
        opened, files = self._stores(store), files_of(content)
        put = opened.store.put_stream
        if files is None:
            return {"path": path, "store": opened.name, "size": put(path, chunks_of(content)).size}
        size = sum(put(f"{path}/{inner}", chunks_of(file)).size for inner, file in files.items())
        return {"path": path, "store": opened.name, "size": size, "is_dir": True, "item_count": len(files)}
