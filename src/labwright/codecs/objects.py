"""What codecs ask of the stores: to keep content beside the row, and to find it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol, TypeVar
from uuid import UUID

from labwright.core.errors import CodecError
from labwright.storage.base import Bytes
from labwright.storage.content import Content
from labwright.storage.digest import Digest
from labwright.storage.external import Entry
from labwright.storage.handle import Handle
from labwright.storage.layout import StoreLayout
from labwright.storage.manifest import Manifest

R = TypeVar("R")
Stored = dict[str, Any]
"""What a row holds of an object, as JSON: ``path``, ``store``, ``size`` and more."""


@dataclass(frozen=True, slots=True)
class Place:
    """The value that an object is.

    Parameters
    ----------
    schema, table, field : str
        The attribute it belongs to; the table by its name in the database.
    key : mapping
        The primary key of its row.
    ext : str
        How the object's name ends: ``.npy``.
    """

    schema: str
    table: str
    field: str
    key: Mapping[str, Any]
    ext: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A value that is in the store already, under the key of its row, before the row is there.

    Parameters
    ----------
    store, path, ext : str
    digest : Digest
        For a folder that of its manifest, with the size of all files.
    manifest : Manifest or None
        Of a folder.
    """

    store: str
    path: str
    ext: str
    digest: Digest
    manifest: Manifest | None = None

    @property
    def stored(self) -> Stored:
        """What the row holds of it."""
        found = {"path": self.path, "store": self.store, "size": self.digest.size, "sha256": self.digest.sha256}
        folder = {"is_dir": True, "item_count": len(self.manifest.entries)} if self.manifest else {}
        return found | folder


class Finder(Protocol):
    """Finds what rows hold."""

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        """Return the handle of what a row holds; `filepath` says that it is a file of the user's own."""


class External(Protocol):
    """What a store holds for a schema in the classic layout, where rows hold a uuid."""

    @property
    def stage(self) -> Path:
        """The local folder that mirrors the files that are kept by their paths."""

    def find(self, hashes: Sequence[UUID]) -> Mapping[UUID, Entry]:
        """Return what is known of objects; those that are not known are not among it."""

    def handle(self, entry: Entry, *, by_path: bool = False) -> Handle:
        """Return the handle of an object that is kept under its hash, or at its own path."""


class Objects(Finder, Protocol):
    """The stores, while values of a table are on their way in or out.

    Whatever is kept or put appears in the catalogue in the transaction of the rows; when that does not come about,
    nothing refers to it, and it is garbage.
    """

    def at(self, attribute: str, cell: int) -> None:
        """Be told which value of which column comes next, to name it in errors."""

    def told(self, stored: Any) -> None:
        """Be told what the row will hold of that value.

        Raises
        ------
        CodecError
            When something was put that it does not say by its ``path``: nobody could find it, and it would be garbage.
        """

    def keep(self, *data: Bytes, store: str | None, schema: str) -> Stored:
        """Keep bytes, in one piece or several, under their hash; the same bytes are there once.

        Returns
        -------
        dict
            ``hash``, ``path``, ``schema``, ``store``, ``size``; where the hash is MD5, ``sha256`` too.
        """

    def store_name(self, store: str | None) -> str:
        """Return the name of the store; None is the default one."""

    def new_path(self, place: Place, *, store: str | None) -> str:
        """Return a key of its own for a value, made of the row's key."""

    def put(self, content: Content, path: str, *, store: str | None, media_type: str | None = None) -> Stored:
        """Keep content under a key where nothing is yet.

        Returns
        -------
        dict
            ``path``, ``store``, ``size``, ``sha256``; for a folder ``is_dir`` and ``item_count`` too.
        """

    def take(self, staged: Staged) -> Stored:
        """Take over what is in the store already, as if it were put now."""

    def refer(self, path: str, *, store: str | None) -> Handle:
        """Return the handle of a file of the user's own, when ``<filepath@>`` may refer to it."""

    def external(self, schema: str, *, store: str | None) -> External:
        """Return what a store holds for a schema in the classic layout."""

    def keep_external(self, entry: Entry, content: Content, *, schema: str, store: str | None) -> None:
        """Keep content in the classic layout; the same content is there once."""

    def ahead(self, work: Iterable[tuple[int, Callable[[], R]]]) -> Iterator[R]:
        """Yield what functions return that read so many bytes each; the next ones run meanwhile."""


class Rehearsal:
    """Takes everything and keeps nothing: values are looked at, and not stored."""

    def at(self, attribute: str, cell: int) -> None:
        pass

    def told(self, stored: Any) -> None:
        pass

    def keep(self, *data: Bytes, store: str | None, schema: str) -> Stored:
        return {}

    def store_name(self, store: str | None) -> str:
        return store or ""

    def new_path(self, place: Place, *, store: str | None) -> str:
        return StoreLayout().object_key(place.schema, place.table, place.key, place.field, place.ext)

    def put(self, content: Content, path: str, *, store: str | None, media_type: str | None = None) -> Stored:
        return {}

    def take(self, staged: Staged) -> Stored:
        return {}

    def refer(self, path: str, *, store: str | None) -> NoReturn:
        _refuse(store)

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> NoReturn:
        _refuse(stored.get("store"))

    def external(self, schema: str, *, store: str | None) -> NoReturn:
        _refuse(store)

    def keep_external(self, entry: Entry, content: Content, *, schema: str, store: str | None) -> None:
        pass

    def ahead(self, work: Iterable[tuple[int, Callable[[], R]]]) -> Iterator[R]:
        return (run() for _, run in work)


class NoObjects:
    """Where there are no stores, e.g. when a codec is called by itself: says so."""

    def at(self, attribute: str, cell: int) -> None:
        pass

    def told(self, stored: Any) -> None:
        pass

    def keep(self, *data: Bytes, store: str | None, schema: str) -> Stored:
        _refuse(store)

    def store_name(self, store: str | None) -> str:
        return store or ""

    def new_path(self, place: Place, *, store: str | None) -> str:
        _refuse(store)

    def put(self, content: Content, path: str, *, store: str | None, media_type: str | None = None) -> Stored:
        _refuse(store)

    def take(self, staged: Staged) -> Stored:
        _refuse(staged.store)

    def refer(self, path: str, *, store: str | None) -> Handle:
        _refuse(store)

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        _refuse(stored.get("store"))

    def external(self, schema: str, *, store: str | None) -> External:
        _refuse(store)

    def keep_external(self, entry: Entry, content: Content, *, schema: str, store: str | None) -> None:
        _refuse(store)

    def ahead(self, work: Iterable[tuple[int, Callable[[], R]]]) -> Iterator[R]:
        return (run() for _, run in work)


def _refuse(store: str | None) -> NoReturn:
    raise CodecError(
        f"There is no store {store or 'at hand'!r} where codecs are called by themselves. "
        "Insert the value into a table, or give the codec a context with objects."
    )


NO_OBJECTS: Final[Objects] = NoObjects()
REHEARSAL: Final[Objects] = Rehearsal()
