"""What codecs ask of the stores: to keep content beside the row, and to find it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from labwright.core.errors import CodecError
from labwright.storage.base import Bytes
from labwright.storage.handle import Handle

Content = Bytes | Path
"""Bytes, or the path of a local file or folder."""
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


class Objects(Protocol):
    """The stores, while values of a table are on their way in or out.

    Whatever is kept or placed appears in the catalogue in the transaction of the rows; when that does not come about,
    nothing refers to it, and it is garbage.
    """

    def keep(self, data: Bytes, *, store: str | None, schema: str) -> Stored:
        """Keep bytes under their hash; the same bytes are there once.

        Returns
        -------
        dict
            ``hash``, ``path``, ``schema``, ``store``, ``size``.
        """

    def place(self, content: Content, place: Place, *, store: str | None, media_type: str | None = None) -> Stored:
        """Keep content under a key of its own, made of the row's key.

        Returns
        -------
        dict
            ``path``, ``store``, ``size``; for a folder ``is_dir`` and ``item_count`` too.
        """

    def refer(self, path: str, *, store: str | None) -> Handle:
        """Return the handle of a file of the user's own, when ``<filepath@>`` may refer to it."""

    def handle(self, stored: Mapping[str, Any]) -> Handle:
        """Return the handle of what a row holds."""


class Rehearsal:
    """Takes everything and keeps nothing: values are looked at, and not stored."""

    def keep(self, data: Bytes, *, store: str | None, schema: str) -> Stored:
        return {}

    def place(self, content: Content, place: Place, *, store: str | None, media_type: str | None = None) -> Stored:
        return {}

    def refer(self, path: str, *, store: str | None) -> NoReturn:
        _refuse(store)

    def handle(self, stored: Mapping[str, Any]) -> NoReturn:
        _refuse(stored.get("store"))


class NoObjects:
    """Where there are no stores, e.g. when a codec is called by itself: says so."""

    def keep(self, data: Bytes, *, store: str | None, schema: str) -> NoReturn:
        _refuse(store)

    def place(self, content: Content, place: Place, *, store: str | None, media_type: str | None = None) -> NoReturn:
        _refuse(store)

    def refer(self, path: str, *, store: str | None) -> Handle:
        _refuse(store)

    def handle(self, stored: Mapping[str, Any]) -> Handle:
        _refuse(stored.get("store"))


def _refuse(store: str | None) -> NoReturn:
    raise CodecError(
        f"There is no store {store or 'at hand'!r} where codecs are called by themselves. "
        "Insert the value into a table, or give the codec a context with objects."
    )


NO_OBJECTS: Final[Objects] = NoObjects()
REHEARSAL: Final[Objects] = Rehearsal()
