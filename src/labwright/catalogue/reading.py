"""Finding objects again for the rows that hold where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from labwright.catalogue.external import ExternalReader
from labwright.codecs.objects import NoObjects
from labwright.core.errors import DataError, cut
from labwright.sql.database import Database
from labwright.storage.handle import Handle
from labwright.storage.stores import OpenStore, Stores

R = TypeVar("R")


class ObjectReader(NoObjects):
    """The stores while rows are read: an `Objects` that keeps nothing.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stores = database.stores

    def refer(self, path: str, *, store: str | None) -> Handle:
        """The handle of a file of the user's own."""
        opened = self._stores(store, filepath=True)
        return Handle(opened.store, opened.layout.check_filepath(path))

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        """The handle of what a row holds."""
        return handle_of(self._stores, stored, filepath=filepath)

    def external(self, schema: str, *, store: str | None) -> ExternalReader:
        """What a store holds for a schema in the classic layout."""
        return ExternalReader(self._database, self._stores(store), schema)

    def ahead(self, work: Iterable[tuple[int, Callable[[], R]]]) -> Iterator[R]:
        """What functions return that read, the next ones running meanwhile."""
        return self._stores.ahead(work)


def handle_of(stores: Stores, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
    """Return the handle of what a row holds.

    Raises
    ------
    DataError
        When it does not say where the object is, as after a migration by DataJoint that was not finished.
    """
    if not isinstance(stored.get("path"), str):
        raise DataError(
            f"The row names no path in a store: {dict(stored)!r}. Where DataJoint has migrated the column, the one "
            "that it was made from still leads to the object: it ends in _v1."
        )
    store = stored.get("store")
    if not (store is None or isinstance(store, str)):
        raise DataError(f"The row names no store: {cut(repr(store))}.")
    opened: OpenStore = stores(store, filepath=filepath)
    return Handle(opened.store, str(stored["path"]), bool(stored.get("is_dir")))
