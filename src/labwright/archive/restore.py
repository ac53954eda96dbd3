"""Making what an archive holds in a database, of whichever kind: all of it, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labwright.archive.container import ArchiveReader
from labwright.archive.content import Content, history_of, rows_of
from labwright.archive.manifest import Manifest
from labwright.core.errors import ArchiveError, LabwrightError, MissingTableError
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.load import load_rows
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
    """

    manifest: Manifest
    changed: Mapping[str, int]


def restore_archive(database: Database, path: str | Path, rename: Mapping[str, str] | None = None) -> Restored:
    """Make the tables of an archive, with their rows, rules and history.

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
    DataError
        When the database cannot hold a value; names the cell.
    """
    with ArchiveReader(path) as archive:
        manifest = archive.manifest.renamed(rename or {})
        for entry in manifest.entries:
            for rows in entry.files:
                archive.check(rows)
        _refuse_missing_parents(database, manifest)
        return Restored(manifest, dict(_Restore(database, archive, manifest).run()))


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

    def __init__(self, database: Database, archive: ArchiveReader, manifest: Manifest) -> None:
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
        finally:
            for schema in self.manifest.schemas:
                self.database.forget(schema)
        return self.changed

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
