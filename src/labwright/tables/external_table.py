"""What a store of the classic generation holds for a schema, as a table with the verbs that programs use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from labwright.catalogue.external import ExternalReader, forget_object
from labwright.catalogue.writing import ObjectWriter
from labwright.codecs.base import CodecContext
from labwright.codecs.classic_stores import ClassicAttach, ClassicFilepath, read_blob, staged
from labwright.core.errors import DataError, LabwrightError
from labwright.core.heading import Heading
from labwright.core.verb import verb
from labwright.define.classic import external_store
from labwright.define.service_tables import EXTERNAL
from labwright.define.table import TableId
from labwright.query import expr
from labwright.query.conditions import InQuery, disjunction, negate
from labwright.query.expr import Node
from labwright.sql.history import shadow_columns, shadow_source
from labwright.storage.download import download
from labwright.storage.external import Entry, uuid_of
from labwright.tables.service_tables import ServiceTable
from labwright.tables.table import answers_for_classes


@answers_for_classes
class ExternalTable(ServiceTable):
    """What a store of the classic generation holds for a schema: one row per object."""

    @property
    def store(self) -> str:
        """The store's name."""
        return self.table_name.removeprefix(EXTERNAL)

    @property
    def spec(self) -> dict[str, Any]:
        """The store's settings."""
        return self.project.config.get_store_spec(self.store)

    @property
    def references(self) -> list[tuple[TableId, str]]:
        """The tables and attributes of the schema whose values are in the store."""
        return [
            (table.id, attribute.name)
            for table in self.db.tables(self.id.schema).values()
            for attribute in table.heading.values()
            if external_store(attribute.type) == self.store
        ]

    @verb
    def used(self) -> ExternalTable:
        """The objects that some row refers to, or one that history keeps."""
        return self._where(in_use=True)

    @verb
    def unused(self) -> ExternalTable:
        """The objects that no row refers to any more, and none that history keeps."""
        return self._where(in_use=False)

    def _where(self, *, in_use: bool) -> ExternalTable:
        held = disjunction(InQuery(("hash",), node) for node in self._hashes())
        found = self.restricted(expr.restrict(self.query_node(), held if in_use else negate(held)), self._operands)
        assert isinstance(found, ExternalTable)
        return found

    def _hashes(self) -> Iterator[Node]:
        """What refers to the objects, as `hash`."""
        for id_, name in self.references:
            table = self.db.find(id_)
            yield _as_hash(expr.Source(id_.schema, id_.name, table.heading), name)
            if name in shadow_columns(self.db.connection, self.db.dialect, id_):
                yield _as_hash(shadow_source(table), name)

    @verb
    def fetch_external_paths(self, /, **fetch_kwargs: Any) -> list[tuple[UUID, PurePosixPath]]:
        """Where the objects are: their hashes, and their paths with the location of the store before them.

        Parameters
        ----------
        **fetch_kwargs
            As for `fetch`.
        """
        where = self._location()
        return [(entry.hash, where / self._key(entry)) for entry in self._entries(**fetch_kwargs)]

    def _location(self) -> PurePosixPath:
        """What stands before keys: a folder of this machine, or one in the bucket."""
        spec = self.spec
        where = str(spec.get("location") or "")
        return PurePosixPath(where if spec.get("protocol") == "file" else where.strip("/"))

    def _entries(self, **fetch_kwargs: Any) -> list[Entry]:
        names = ("hash", "size", "attachment_name", "filepath", "contents_hash")
        return [Entry(**row) for row in self.fetch(*names, **{**fetch_kwargs, "as_dict": True})]

    def _key(self, entry: Entry) -> str:
        return self._external().key(entry, by_path=entry.filepath is not None)

    @verb
    def delete_quick(self, get_count: bool = True) -> int:
        """Refuse: the objects themselves would stay behind, and nobody would know of them."""
        raise LabwrightError(
            f"Rows of {self.id.name} stand for objects in a store. Delete those that nothing refers to by "
            "delete(delete_external_files=True)."
        )

    @verb
    def delete(
        self,
        /,
        *_: Any,
        delete_external_files: bool | None = None,
        limit: int | None = None,
        display_progress: bool = True,
        errors_as_string: bool = True,
        **__: Any,
    ) -> Any:
        """Forget the objects that nothing refers to; rows of the user's are never touched.

        Parameters
        ----------
        delete_external_files : bool
            Whether to delete the objects too, at once. Otherwise they stay in the store until garbage is collected;
            files that are kept by their paths stay for good.
        limit : int, optional
            So many at most.
        errors_as_string : bool
            Whether errors are given as text.

        Returns
        -------
        list of tuple or None
            With `delete_external_files`: hash, path and error of each object that could not be deleted.
        """
        if delete_external_files not in (True, False):
            raise LabwrightError("Say whether to delete the objects too: delete_external_files=True, or False.")
        external, errors = self._external(), []
        for entry in self.unused()._entries(limit=limit):
            try:
                forget_object(external, entry, delete=bool(delete_external_files))
            except (LabwrightError, OSError) as error:
                errors.append((entry.hash, self._key(entry), str(error) if errors_as_string else error))
        return errors if delete_external_files else None

    @verb
    def put(self, blob: bytes) -> UUID:
        """Keep bytes under their hash, and return it."""
        entry = Entry(uuid_of([blob]), len(blob))
        writer = self._writer()
        writer.keep_external(entry, blob, schema=self.id.schema, store=self.store)
        with writer.registered():
            return entry.hash

    @verb
    def get(self, uuid: UUID) -> bytes:
        """The bytes that are kept under a hash."""
        return read_blob(self._external(), self._entry(uuid))

    @verb
    def upload_attachment(self, local_path: str | Path) -> UUID:
        """Keep a file under the hash of its name and content, and return that."""
        return self._upload(ClassicAttach(), local_path)

    @verb
    def get_attachment_name(self, uuid: UUID) -> str | None:
        """The name of a file that is kept under a hash."""
        return self._entry(uuid).attachment_name

    @verb
    def download_attachment(self, uuid: UUID, attachment_name: str, download_path: str | Path) -> None:
        """Write a file that is kept under a hash to a path."""
        download(self._external().handle(Entry(uuid, attachment_name=attachment_name)), Path(download_path))

    @verb
    def upload_filepath(self, local_filepath: str | Path) -> UUID:
        """Keep a file of the stage at the same path in the store, and return the hash of that path."""
        return self._upload(ClassicFilepath(), local_filepath)

    @verb
    def download_filepath(self, filepath_hash: UUID | None) -> tuple[str, UUID | None] | None:
        """Copy a file into the stage unless it is there; return its path there and the hash of its content."""
        if filepath_hash is None:
            return None
        entry = self._entry(filepath_hash)
        path = staged(entry, self._external(), CodecContext(config=self.project.config, store=self.store))
        return os.fspath(path), entry.contents_hash

    @verb
    def exists(self, external_filepath: str | PurePosixPath) -> bool:
        """Whether the store has an object at a path of `fetch_external_paths`."""
        where, path = self._location(), PurePosixPath(external_filepath)
        key = path.relative_to(where) if path.is_relative_to(where) else path
        return self._external().handle(Entry(UUID(int=0), filepath=str(key)), by_path=True).exists()

    def _upload(self, codec: ClassicAttach | ClassicFilepath, path: str | Path) -> UUID:
        writer = self._writer()
        context = CodecContext(self.id.schema, self.id.name, objects=writer)
        codec.validate(path)
        found = codec.encode(path, store_name=self.store, context=context)
        with writer.registered():
            return found

    def _writer(self) -> ObjectWriter:
        self.ready()
        return ObjectWriter(self.db, self.db.stores, self.id.schema)

    def _external(self) -> ExternalReader:
        return ExternalReader(self.db, self.db.stores(self.store), self.id.schema)

    def _entry(self, uuid: UUID) -> Entry:
        found = self._external().find([uuid]).get(uuid)
        if found is None:
            raise DataError(f"The store {self.store!r} holds nothing under {uuid} for the schema {self.id.schema!r}.")
        return found


def _as_hash(source: expr.Source, attribute: str) -> Node:
    stored = Heading(replace(a, type=a.stored, storage=None) for a in source.heading.values())
    return expr.distinct(
        expr.project(expr.Source(source.schema, source.table, stored), (), {"hash": attribute}), ["hash"]
    )
