"""Making what an archive holds in a database, of whichever kind: all of it, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from labwright.archive.container import ArchiveReader
from labwright.archive.content import Content, history_of, rows_of
from labwright.archive.manifest import Manifest
from labwright.archive.put_back import PutBack
from labwright.catalogue.claims import take_back
from labwright.catalogue.copies import catalogued_schemas
from labwright.catalogue.entering import enter
from labwright.core.errors import ArchiveError, LabwrightError, MissingTableError
from labwright.sql.database import Database
from labwright.sql.declare import run_all, table_names
from labwright.sql.load import load_rows
from labwright.sql.objects import create_catalogue
from labwright.sql.remake import remaking


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Parameters
    ----------
    manifest : Manifest
        What there is now.
    changed : mapping
        How many values this database could not hold as they were, by ``schema.table.attribute``: NULL stands for nan
        and infinities where it has no such numbers, and times are rounded to the digits that they have here.
    missing : tuple of str
        The objects, as ``store: path``, that rows refer to and no store of this project has; only of a backup without
        objects.
    """

    manifest: Manifest
    changed: Mapping[str, int]
    missing: tuple[str, ...] = ()


def restore_archive(database: Database, path: str | Path, rename: Mapping[str, str] | None = None) -> Restored:
    """Make the tables of an archive, with their rows, rules, history and objects.

    Parameters
    ----------
    database : Database
    path : str or Path
    rename : mapping, optional
        Other names for schemas.

    Raises
    ------
    ArchiveError
        When the archive is damaged; this is looked at first.
    DefinitionError
        When a schema has tables already, or the database cannot have such a table.
    ConfigError
        When the project lacks a store that objects belong into.
    DataError
        When the database cannot hold a value; names the cell. When a store has another object at a path.
    """
    with ArchiveReader(path) as archive:
        manifest = archive.manifest.renamed(rename or {})
        for entry in manifest.entries:
            for rows in entry.files:
                archive.check(rows)
        _refuse_missing_parents(database, manifest)
        objects = PutBack(archive, database.stores, manifest, rename or {}, owners=catalogued_schemas(database))
        objects.put()
        try:
            changed = _Restore(database, archive, manifest, objects).run()
        except BaseException:
            objects.take_back()
            raise
        return Restored(manifest, dict(changed), tuple(map(str, objects.missing)))


def _refuse_missing_parents(database: Database, manifest: Manifest) -> None:
    """Name what the tables refer to that is neither in the archive nor in the database."""
    ours = {e.table.id for e in manifest.entries}
    for entry in manifest.entries:
        for parent in entry.table.parents:
            if parent not in ours and parent.name not in table_names(
                database.connection, database.dialect, parent.schema
            ):
                raise MissingTableError(
                    f"Table {entry.table.id} refers to {parent}, which is neither in the backup nor in the database."
                    f" Restore the schema {parent.schema!r} first."
                )


class _Restore:
    """One run of it."""

    def __init__(self, database: Database, archive: ArchiveReader, manifest: Manifest, objects: PutBack) -> None:
        self.objects = objects
        self.claims: list[tuple[str, str]] = []
        self.database = database
        self.connection = database.connection
        self.dialect = database.dialect
        self.archive = archive
        self.manifest = manifest
        self.changed: Counter[str] = Counter()

    def run(self) -> Counter[str]:
        tables = [e.table for e in self.manifest.entries]
        try:
            with remaking(self.connection, self.dialect, tables, self.manifest.classic) as complete:
                for entry in self.manifest.entries:
                    self.load(rows_of(entry))
                complete()
                for history in filter(None, map(history_of, self.manifest.entries)):
                    self.load(history)
                self.enter()
        except BaseException:
            take_back(self.database.stores, self.claims)
            raise
        finally:
            for schema in self.manifest.schemas:
                self.database.forget(schema)
        return self.changed

    def enter(self) -> None:
        """Let the catalogues of the restored schemas know the objects, and those in whose folders they are.

        From here on a collection of garbage waits, which may have taken some of them before.
        """
        copies = {*self.objects.copies, *self.objects.owned}
        for schema in sorted({c.schema for c in copies}):
            run_all(self.connection, list(create_catalogue(self.dialect, schema)))
        with self.connection.atomic():
            for schema, known in groupby(
                sorted(copies, key=attrgetter("schema", "store", "path")), attrgetter("schema")
            ):
                self.claims += enter(self.database, self.database.stores, schema, list(known))
            self.objects.look_again()

    def load(self, content: Content) -> None:
        table = content.table
        try:
            changed = load_rows(self.connection, self.dialect, table, self.archive.batches(content.rows, content.codec))
        except ArchiveError:
            raise
        except LabwrightError as error:
            if str(table.id) in str(error):
                raise
            raise error.suggest(f"This happened while table {table.id} was restored; nothing of it is left.") from error
        self.changed.update({f"{table.id}.{name}": count for name, count in changed.items()})
