"""Reading whole schemas into an archive, all from one moment."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from labwright._version import __version__
from labwright.archive.container import ArchiveWriter
from labwright.archive.content import expected_file
from labwright.archive.manifest import Entry, Manifest, Rows
from labwright.archive.objects import Finder, add_objects, list_objects
from labwright.archive.row_codec import RowCodec
from labwright.catalogue.adopt import adopt, uncatalogued
from labwright.catalogue.holds import hold
from labwright.core.errors import AccessError, DataError, MissingTableError, did_you_mean
from labwright.core.graph import Graph
from labwright.define.service_tables import EXTERNAL, JOBS, LOG, service_table
from labwright.define.table import TableDef, TableId
from labwright.sql.database import Database
from labwright.sql.ddl_writer import LINEAGE
from labwright.sql.declare import table_names
from labwright.sql.history import shadow_id
from labwright.sql.reflect import list_schemas, read_schema
from labwright.sql.run_tables import kept_runs
from labwright.sql.whole_rows import full_table, read_rows, shadow_table


def backup_schemas(
    database: Database, path: str | Path, schemas: Sequence[str] | None = None, *, objects: bool = True
) -> Manifest:
    """Write schemas with their rows, history and objects into a new file, as they are at this moment.

    Others may go on writing meanwhile.

    Parameters
    ----------
    database : Database
    path : str or Path
        Where no file is yet.
    schemas : sequence of str, optional
        All that have tables, by default.
    objects : bool
        Whether to write the content of objects in stores too; otherwise they are held where they are.

    Returns
    -------
    Manifest
        What was written.

    Raises
    ------
    AccessError
        When the file is there already, or cannot be written.
    MissingTableError
        When there is no such schema.
    MissingExternalFile, DataError
        When an object is not there, or damaged.
    """
    try:
        with ArchiveWriter(path) as archive:
            return _write(database, archive, schemas, objects=objects)
    except OSError as error:
        raise AccessError(f"The backup {str(path)!r} cannot be written: {error.strerror or error}.") from error


def _write(database: Database, archive: ArchiveWriter, schemas: Sequence[str] | None, *, objects: bool) -> Manifest:
    if not objects:
        _know_all(database)
    with database.connection.snapshot():
        manifest = _Backup(database, archive).run(schemas)
        finder = Finder(database, database.stores, manifest.schemas)
    kept = finder.kept()
    holder = None if objects else f"backup {archive.path.name[:150]} of {manifest.made}"
    manifest = replace(manifest, objects=list_objects(archive, kept, holder))
    if holder is None:
        add_objects(archive, database.stores, kept)
        archive.add_manifest(manifest)
        return manifest
    archive.add_manifest(manifest)
    hold(database, holder, finder.catalogued)
    return manifest


def _know_all(database: Database) -> None:
    """Let the catalogue know what DataJoint has stored: it cannot hold anything else."""
    if uncatalogued(database, database.stores):
        problems = adopt(database, database.stores).problems
        if problems:
            raise DataError(f"An object cannot be held for the backup. {problems[0]}")


class _Backup:
    """One run of it."""

    def __init__(self, database: Database, archive: ArchiveWriter) -> None:
        self.connection = database.connection
        self.dialect = database.dialect
        self.storage_of = database.storage_of
        self.archive = archive
        self.there: dict[str, set[str]] = {}

    def run(self, schemas: Sequence[str] | None) -> Manifest:
        found = self.definitions(schemas)
        tables = _parents_first([t for tables in found.values() for t in tables])
        for table in tables:  # what cannot be kept is found before much is written
            RowCodec(full_table(table).heading)
        entries = tuple(map(self.entry, tables))
        classic = [s for s in found if self.dialect.classic_layout and LINEAGE not in self.there[s]]
        version = self.connection.server_version
        made = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return Manifest(made, __version__, f"{version.product} {version.text}", tuple(found), tuple(classic), entries)

    def definitions(self, schemas: Sequence[str] | None) -> dict[str, list[TableDef]]:
        """The tables of each schema, with those service tables of the classic generation that hold data."""
        known = list_schemas(self.connection, self.dialect)
        for name in schemas or ():
            if name not in known:
                raise MissingTableError(f"There is no schema {name!r}.{did_you_mean(name, known)}")
        found = {}
        for name in dict.fromkeys(known if schemas is None else schemas):
            tables = read_schema(self.connection, self.dialect, name, self.storage_of)
            self.there[name] = table_names(self.connection, self.dialect, name)
            if tables or schemas is not None:
                runs = kept_runs(self.connection, self.dialect, list(tables.values()))
                found[name] = [*self.service_tables(name), *tables.values(), *runs]
        return found

    def service_tables(self, schema: str) -> Iterator[TableDef]:
        for name in sorted(self.there[schema]):
            if name in (JOBS, LOG) or name.startswith(EXTERNAL):
                yield service_table(TableId(schema, name), self.storage_of)

    def entry(self, table: TableDef) -> Entry:
        rows = self.rows(full_table(table))
        kept = table.history and shadow_id(table.id).name in self.there[table.id.schema]
        return Entry(table, rows, self.rows(shadow_table(table)) if kept else None)

    def rows(self, table: TableDef) -> Rows:
        batches = (list(b) for b in read_rows(self.connection, self.dialect, table))
        return self.archive.add_rows(expected_file(table), RowCodec(table.heading), batches)


def _parents_first(tables: Sequence[TableDef]) -> list[TableDef]:
    """The tables in the order in which they can be filled; an error for those that refer to each other in a circle."""
    known = {t.id: t for t in tables}
    edges = ((p, t.id) for t in tables for p in t.parents if p in known and p != t.id)
    return [known[id_] for id_ in Graph(known, edges).order()]
