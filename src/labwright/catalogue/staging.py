"""Objects that are made in stores before their rows are there, each under the key of its row."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from labwright.catalogue.staging_records import (
    StagingRecord,
    put_record,
    read_records,
    spares_folder,
    staging_folder,
)
from labwright.catalogue.writing import ensure_catalogue, ensure_claims, known_places, may_be_known
from labwright.codecs.objects import Place, Staged
from labwright.core.errors import DataError, LabwrightError
from labwright.sql.acting import current, now_text, os_user
from labwright.sql.database import Database
from labwright.storage.base import ObjectInfo
from labwright.storage.digest import Digest
from labwright.storage.layout import encoded_value, new_token
from labwright.storage.manifest import Entry, manifest_of
from labwright.storage.staging import StagingArea
from labwright.storage.stores import OpenStore, Stores

logger = logging.getLogger(__name__)
_END: Final = "end"


class Staging:
    """What is staged under one token, in whatever stores.

    Parameters
    ----------
    database : Database
    stores : Stores
    schema : str
    token : str
    """

    def __init__(self, database: Database, stores: Stores, schema: str, token: str) -> None:
        self._database = database
        self._stores = stores
        self._schema = schema
        self._token = token
        self._areas: dict[str, StagingArea] = {}
        self._found: dict[str, dict[str, StagingRecord]] = {}
        self._records: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._ended = False

    def begin(self, place: Place, store: str | None) -> tuple[str, str]:
        """Return store and path for a value: new ones, or those where an earlier attempt has begun."""
        opened = self._stores(store)
        with self._lock:
            area = self._areas.get(opened.name) or self._enter(opened)
            record = self._record(opened, place)
            found = next((key for key, known in self._found[opened.name].items() if known.place == record.place), None)
            path = record.path if found is None else self._found[opened.name].pop(found).path
            self._records[opened.name, path] = found or put_record(opened, self._token, record)
            area.own(path)
            if found is not None:
                area.mend()
        return opened.name, path

    def _record(self, opened: OpenStore, place: Place) -> StagingRecord:
        path = opened.layout.object_key(place.schema, place.table, place.key, place.field, place.ext)
        key = {name: encoded_value(value) for name, value in place.key.items()}
        user = current.get().user or os_user()
        return StagingRecord(place.schema, place.table, place.field, key, path, place.ext, user, now_text())

    def _enter(self, opened: OpenStore) -> StagingArea:
        """Begin to use a store: say so there, and look what an earlier attempt has left."""
        ensure_catalogue(self._database, self._schema)
        ensure_claims(self._database, self._schema, [opened])
        known = dict(read_records(opened, self._token))
        taken = known_places(self._database, self._schema, [(opened.name, r.path) for r in known.values()])
        self._found[opened.name] = {key: r for key, r in known.items() if (opened.name, r.path) not in taken}
        self._areas[opened.name] = StagingArea(opened.store, spares_folder(self._token))
        return self._areas[opened.name]

    def area(self, store: str | None) -> StagingArea:
        """The part of a store in which files may be written."""
        opened = self._stores(store)
        with self._lock:
            return self._areas.get(opened.name) or self._enter(opened)

    def finish(self) -> None:
        """Let nothing be written any more, and make sure that nobody has taken what is there for garbage.

        Raises
        ------
        DataError
            When a file is still open, or somebody has.
        """
        for area in self._areas.values():
            if area.unfinished:
                raise DataError(f"{area.unfinished[0]!r} is still open for writing. Close it within the block.")
            area.close()
        for name in self._areas:
            self._stores(name).store.put_create(f"{staging_folder(self._token)}/{new_token(16)}.{_END}", b"")
        for (name, path), key in self._records.items():
            if next(iter(self._stores(name).store.list(key)), None) is None:
                raise DataError(
                    f"What was staged at {path!r} was idle for so long that a collection of garbage has removed it."
                )

    def staged(self, store: str, path: str, ext: str) -> Staged:
        """What is at a path, to be taken over by a codec.

        Raises
        ------
        DataError
            When there is nothing, or both a file and a folder.
        """
        area = self._areas[store]
        files = area.files(path)
        if not files:
            raise DataError("Nothing was written.")
        if [info.key for info in files] == [path]:
            return Staged(store, path, ext, area.digest(files[0]))
        if path in (info.key for info in files):
            raise DataError(f"{path!r} is both a file and a folder.")
        found = zip(files, self._digests(area, files), strict=True)
        manifest = manifest_of(Entry(info.key[len(path) + 1 :], d.sha256, d.size) for info, d in found)
        return Staged(store, path, ext, Digest(manifest.sha256, manifest.size), manifest)

    def _digests(self, area: StagingArea, files: Sequence[ObjectInfo]) -> list[Digest]:
        return list(self._stores.ahead((0, partial(area.digest, info)) for info in files))

    def close(self) -> None:
        """Let nothing be written any more."""
        for area in self._areas.values():
            area.close()

    def remove(self) -> None:
        """Remove all that was staged, unless rows refer to it."""
        self.close()
        if not self._ended and not may_be_known(self._database, self._schema, list(self._records)):
            self._clear()

    def _clear(self) -> None:
        try:
            for area in self._areas.values():
                area.clear()
        except LabwrightError as error:
            logger.warning(
                "What was staged as %s could not be removed. It is removed with: labwright store gc --scan (%s)",
                self._token, error, extra={"action": "staging"},
            )  # fmt: skip
        else:
            self.forget()

    def forget(self) -> None:
        """Take back what the stores say of the staging: it has ended."""
        for name in self._areas:
            with suppress(LabwrightError):  # a record of what is a row, or is gone, does no harm
                forget(self._stores(name), self._token, self._records.values())
        self._ended = True


def forget(opened: OpenStore, token: str, records: Collection[str]) -> None:
    """Delete records of a staging, and with the last of them all that a store says of it."""
    opened.store.delete_many([key for key in records if key.startswith(f"{staging_folder(token)}/")])
    if next(read_records(opened, token), None) is None:
        opened.store.delete_many([info.key for info in opened.store.list(f"{staging_folder(token)}/")])
