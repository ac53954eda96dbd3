"""What codecs ask of the stores, answered by one store alone: for tests of codecs, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from labwright.codecs.objects import NoObjects, Place, Stored
from labwright.core.errors import DataError, DuplicateError
from labwright.storage.base import Bytes, Store
from labwright.storage.content import Content, chunks_of, files_of
from labwright.storage.digest import Hasher, digest
from labwright.storage.handle import Handle
from labwright.storage.layout import StoreLayout
from labwright.storage.manifest import Entry, manifest_of

R = TypeVar("R")


class StoreObjects(NoObjects):
    """An `Objects` that keeps everything in one store.

    Parameters
    ----------
    store : Store
    layout : StoreLayout

    Examples
    --------
    >>> from labwright.testing.memory_store import MemoryStore
    >>> objects = StoreObjects(MemoryStore())
    >>> stored = objects.put(b"calm", "notes/a.txt", store=None)
    >>> stored["size"], objects.handle(stored).read()
    (4, b'calm')
    """

    def __init__(self, store: Store, layout: StoreLayout | None = None) -> None:
        self._store = store
        self._layout = layout or StoreLayout()

    def keep(self, *data: Bytes, store: str | None, schema: str) -> Stored:
        found = digest(*data)
        path = self._layout.hash_key(schema, found.sha256)
        try:
            self._store.put_stream(path, data)
        except DuplicateError:
            pass  # the same bytes
        return {"hash": found.sha256, "path": path, "schema": schema, "store": self._store.name, "size": found.size}

    def store_name(self, store: str | None) -> str:
        return self._store.name

    def new_path(self, place: Place, *, store: str | None) -> str:
        return self._layout.object_key(place.schema, place.table, place.key, place.field, place.ext)

    def put(self, content: Content, path: str, *, store: str | None, media_type: str | None = None) -> Stored:
        files = files_of(content)
        if files is None:
            found = self._put_file(path, content)
            return {"path": path, "store": self._store.name, "size": found.size, "sha256": found.sha256}
        entries = [self._put_file(f"{path}/{inner}", file)._replace(path=inner) for inner, file in files.items()]
        whole = manifest_of(entries)
        folder = {"is_dir": True, "item_count": len(entries)}
        return {"path": path, "store": self._store.name, "size": whole.size, "sha256": whole.sha256} | folder

    def _put_file(self, path: str, content: Content) -> Entry:
        hasher = Hasher()
        self._store.put_stream(path, hasher.passing(chunks_of(content)))
        found = hasher.digest()
        return Entry(path, found.sha256, found.size)

    def refer(self, path: str, *, store: str | None) -> Handle:
        return Handle(self._store, self._layout.check_filepath(path))

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        if not isinstance(stored.get("path"), str):
            raise DataError(f"The row names no path in a store: {dict(stored)!r}.")
        return Handle(self._store, stored["path"], bool(stored.get("is_dir")))

    def ahead(self, work: Iterable[tuple[int, Callable[[], R]]]) -> Iterator[R]:
        return (run() for _, run in work)
