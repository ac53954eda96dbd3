"""Looking whether an archive is sound, and whether a database has what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labwright.archive.container import ArchiveReader
from labwright.archive.content import Content, contents, history_of, rows_of
from labwright.archive.manifest import Entry, Manifest
from labwright.archive.objects import object_problems
from labwright.archive.references import KeysThatAreThere
from labwright.archive.row_set import RowSets
from labwright.core.errors import ArchiveError
from labwright.define.comparable import comparable
from labwright.define.names import is_service_table
from labwright.define.table import TableDef
from labwright.sql.connection import Connection
from labwright.sql.database import Database
from labwright.sql.declare import table_names
from labwright.sql.dialect import Dialect
from labwright.sql.history import shadow_id
from labwright.sql.reflect import read_schema
from labwright.sql.whole_rows import read_rows

_PLACES = ("backup", "database")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found.

    Parameters
    ----------
    manifest : Manifest
    problems : tuple of str
        A sentence for each; none where all is well.
    """

    manifest: Manifest
    problems: tuple[str, ...]


def verify_archive(
    path: str | Path, against: Database | None = None, rename: Mapping[str, str] | None = None
) -> Verified:
    """Read an archive from end to end: hashes, counts, every value, and every reference.

    Parameters
    ----------
    path : str or Path
    against : Database, optional
        One that is to have the same tables with the same rows.
    rename : mapping, optional
        Under which names the schemas are there.

    Raises
    ------
    ArchiveError
        When the file is no backup, or its table of contents cannot be read.
    """
    with ArchiveReader(path) as archive:
        manifest = archive.manifest.renamed(rename or {})
        problems = list(_in_archive(archive, manifest))
        if against is not None and not problems:
            with against.connection.snapshot():
                problems += _Against(archive, against).problems(manifest)
    return Verified(manifest, tuple(problems))


def _in_archive(archive: ArchiveReader, manifest: Manifest) -> Iterator[str]:
    keys = KeysThatAreThere(manifest.entries)
    for entry in manifest.entries:
        try:
            for rows in entry.files:
                archive.check(rows)
            content, history = rows_of(entry), history_of(entry)
            batches = archive.batches(content.rows, content.codec)
            yield from keys.problems(entry.table, batches, content.rows.columns)
            if history is not None:
                for _ in archive.batches(history.rows, history.codec):
                    pass
        except ArchiveError as error:
            yield f"{entry.table.id}: {error}"
    yield from object_problems(archive, archive.manifest)


def _core(table: TableDef) -> TableDef:
    """What every database tells of a table: of a reference not whether it is nullable, but of its attributes."""
    told = comparable(table)
    references = dict.fromkeys(replace(fk, nullable=False) for fk in told.foreign_keys)
    return replace(told, foreign_keys=tuple(references))


class _Against:
    """Compares an archive with a database."""

    def __init__(self, archive: ArchiveReader, database: Database) -> None:
        self.archive = archive
        self.connection: Connection = database.connection
        self.dialect: Dialect = database.dialect
        self.storage_of = database.storage_of

    def problems(self, manifest: Manifest) -> Iterator[str]:
        for schema in manifest.schemas:
            entries = [e for e in manifest.entries if e.table.id.schema == schema]
            tables = read_schema(self.connection, self.dialect, schema, self.storage_of)
            there = table_names(self.connection, self.dialect, schema)
            for name in sorted(tables.keys() - {e.table.id.name for e in entries}):
                yield f"{schema}.{name}: it is only in the database"
            for entry in entries:
                if entry.table.id.name in there:
                    yield from self.table(entry, tables.get(entry.table.id.name), there)
                else:
                    yield f"{entry.table.id}: it is only in the backup"

    def table(self, entry: Entry, found: TableDef | None, there: set[str]) -> Iterator[str]:
        """What is different in a table that both have."""
        if not is_service_table(entry.table.id.name) and (found is None or _core(found) != _core(entry.table)):
            yield f"{entry.table.id}: its definition is not the same"
            return
        for content in contents(entry):
            if content.table.id == shadow_id(entry.table.id) and content.table.id.name not in there:
                yield f"{entry.table.id}: its history is only in the backup"
            else:
                yield from (f"{content.table.id}: {said}" for said in self.rows(content))

    def rows(self, content: Content) -> list[str]:
        return RowSets(content.table.heading).differences(
            lambda: self.archive.batches(content.rows, content.codec),
            lambda: read_rows(self.connection, self.dialect, content.table),
            _PLACES,
        )
