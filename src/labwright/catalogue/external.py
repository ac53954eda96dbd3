"""Objects in the classic layout: found by the rows of ``~external_<store>``, and put with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from labwright.core.errors import ConfigError, DataError, DuplicateError
from labwright.sql.acting import now_text
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.external import delete_entry, entry_values, find_entries, read_entry, touch_entry
from labwright.sql.objects import STORE, held_by, let_copy_go
from labwright.storage.content import Content, chunks_of
from labwright.storage.digest import Digest, Hasher
from labwright.storage.external import Entry, checked
from labwright.storage.handle import Handle
from labwright.storage.stores import OpenStore, Stores

AT_ONCE = 500
"""So many rows are looked for in one statement."""


class ExternalReader:
    """What a store holds for a schema: an `External`, to be read.

    Parameters
    ----------
    database : Database
    opened : OpenStore
    schema : str
    """

    def __init__(self, database: Database, opened: OpenStore, schema: str) -> None:
        self.database = database
        self.opened = opened
        self.schema = schema

    @property
    def stage(self) -> Path:
        """The local folder that mirrors the files that are kept by their paths."""
        if self.opened.external.stage is None:
            raise ConfigError(
                f"filepath@{self.opened.name} keeps files in a local folder on their way in and out. Name it: "
                f"stores.{self.opened.name}.stage = 'path/to/a/folder'."
            )
        return self.opened.external.stage

    def find(self, hashes: Sequence[UUID]) -> Mapping[UUID, Entry]:
        """What is known of objects; those that are not known are not among it."""
        wanted = list(dict.fromkeys(hashes))
        return {e.hash: e for start in range(0, len(wanted), AT_ONCE) for e in self._find(wanted[start:][:AT_ONCE])}

    def _find(self, hashes: Sequence[UUID], *, lock: bool = False) -> Iterator[Entry]:
        dialect = self.database.dialect
        statement = find_entries(dialect, self.schema, self.opened.name, hashes, lock=lock)
        return (read_entry(dialect, row) for row in self.database.fetch(statement))

    def key(self, entry: Entry, *, by_path: bool = False) -> str:
        """Where an object is: under its hash, or at its own path."""
        return str(entry.filepath) if by_path else self.opened.external.key(self.schema, entry)

    def handle(self, entry: Entry, *, by_path: bool = False) -> Handle:
        """The handle of an object."""
        return Handle(self.opened.store, self.key(entry, by_path=by_path))


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that is being put, and what it was made from."""

    entry: Entry
    content: Content
    put: Future[tuple[Digest, bool]]


class ExternalWriter(ExternalReader):
    """The same while rows are inserted or changed."""

    def __init__(self, database: Database, stores: Stores, opened: OpenStore, schema: str) -> None:
        super().__init__(database, opened, schema)
        self._stores = stores
        self._kept: dict[UUID, Kept] = {}

    def keep(self, entry: Entry, content: Content) -> None:
        """Put an object in the background; the same content is there once.

        Raises
        ------
        DataError
            When another file is kept at the same path.
        """
        known = self._kept.get(entry.hash)
        if known is None and entry.contents_hash is not None:
            _check_same(self, entry, self.find([entry.hash]).get(entry.hash))
        if known is None:
            future = self._stores.background(entry.size, self._put, entry, content)
            self._kept[entry.hash] = Kept(entry, content, future)
        else:
            _check_same(self, entry, known.entry)

    def _put(self, entry: Entry, content: Content) -> tuple[Digest, bool]:
        """Put an object unless it is there; return whether it was."""
        was_there = False
        hasher, key = Hasher(), self.key(entry, by_path=entry.contents_hash is not None)
        try:
            self.opened.store.put_stream(key, checked(entry, hasher.passing(chunks_of(content))))
        except DuplicateError:
            was_there = True
            there = Handle(self.opened.store, key)
            hasher = Hasher()
            if entry.contents_hash is not None or there.info().size != entry.size:
                for _ in checked(entry, there.chunks()):
                    pass
            for _ in hasher.passing(chunks_of(content)):
                pass
        return hasher.digest(), was_there

    def finished(self) -> list[tuple[str, Digest, Content, bool]]:
        """Wait until all bytes are in the store.

        Returns
        -------
        list of tuple
            Of what is kept by its hash: key, digest, content, and whether it was there.
        """
        done = [(kept, kept.put.result()) for kept in self._kept.values()]
        return [(self.key(k.entry), found, k.content, was) for k, (found, was) in done if k.entry.contents_hash is None]

    def note(self) -> None:
        """Note the objects, within the transaction of the rows that refer to them; their rows are locked by it."""
        if not self._kept:
            return
        database, dialect = self.database, self.database.dialect
        entries = [self._kept[hash_].entry for hash_ in sorted(self._kept)]
        sql = touch_entry(dialect, self.schema, self.opened.name)
        database.connection.executemany(sql, [entry_values(dialect, entry) for entry in entries])
        for entry in entries:
            if entry.contents_hash is None:
                continue
            _check_same(self, entry, next(self._find([entry.hash], lock=True)))
            if not self.handle(entry, by_path=True).exists():  # somebody has deleted it meanwhile
                self._put(entry, self._kept[entry.hash].content)


def _check_same(external: ExternalReader, entry: Entry, known: Entry | None) -> None:
    if known is not None and known.contents_hash != entry.contents_hash:
        raise DataError(
            f"The store {external.opened.name!r} has another version of the file {entry.filepath!r} already, and rows "
            "may refer to it. Give the file another name."
        )


def forget_object(external: ExternalReader, entry: Entry, *, delete: bool) -> None:
    """Take the row of an object away, and the object with it.

    Both happen under lock: who puts the same content meanwhile waits, and then puts it again.

    Raises
    ------
    IntegrityError
        When a row refers to it after all.
    DataError
        When it is held for what is not a row, such as a backup.
    """
    database, store, schema = external.database, external.opened.name, external.schema
    dialect, key = database.dialect, external.key(entry, by_path=entry.filepath is not None)
    with database.connection.atomic():
        database.execute(delete_entry(dialect, schema, store, entry.hash))
        if not delete:
            return
        if STORE in table_names(database.connection, dialect, schema):
            holders = database.fetch(held_by(dialect, schema, store, key, now_text()))
            if holders:
                raise DataError(f"The object {key!r} in the store {store!r} is held for {holders[0][0]}.")
            database.execute(let_copy_go(dialect, schema, store, key, now_text()))
        external.opened.store.delete(key)
