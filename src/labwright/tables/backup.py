"""Backups of a project: taking, restoring and verifying them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from labwright.archive.backup import backup_schemas
from labwright.archive.manifest import Manifest
from labwright.archive.restore import Restored, restore_archive
from labwright.archive.verify import Verified, verify_archive
from labwright.sql.connection import Connection
from labwright.tables.project import Project, default_project, project_of


def backup(
    path: str | Path,
    schemas: str | Sequence[str] | None = None,
    *,
    objects: bool = True,
    connection: Connection | Project | None = None,
) -> Manifest:
    """Write schemas with their rows, rules, history and objects into a new file, as they are at this moment.

    Others may go on writing meanwhile. The file is a zip that anybody can open; no database is needed to look at it.

    Parameters
    ----------
    path : str or Path
        Where no file is yet.
    schemas : str or sequence of str, optional
        All that have tables, by default.
    objects : bool
        Whether the objects in stores that rows refer to are written too. Otherwise they stay in the stores, which keep
        them for this backup until ``labwright store let-go`` says that it is no longer needed.
    connection : Connection or Project, optional
        Where they are; by default in the project of this context.

    Returns
    -------
    Manifest
        What was written: ``.schemas``, ``.entries`` with each table and its number of rows, and ``.objects``.

    Raises
    ------
    AccessError
        When the file is there already, or cannot be written.
    MissingExternalFile, DataError
        When an object is not there, or damaged.

    Examples
    --------
    >>> import tempfile
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project, tempfile.TemporaryDirectory() as folder:
    ...     lw.backup(f"{folder}/lab.zip").schemas
    ()
    """
    chosen = [schemas] if isinstance(schemas, str) else schemas
    return backup_schemas((project_of(connection) or default_project()).database, path, chosen, objects=objects)


def restore(
    path: str | Path, *, rename: Mapping[str, str] | None = None, connection: Connection | Project | None = None
) -> Restored:
    """Make the tables of a backup again, with their rows, rules, history and objects, in a database of any kind.

    All is restored or nothing, and nothing is overwritten. Objects go into the project's stores of the same names,
    under the same paths.

    Parameters
    ----------
    path : str or Path
    rename : mapping, optional
        Other names for schemas: ``{"lab": "lab_copy"}``.
    connection : Connection or Project, optional
        Where to; by default into the project of this context.

    Returns
    -------
    Restored
        ``.manifest`` says what there is now, ``.changed`` which values this database could not hold as they were, and
        ``.missing`` which objects a backup without objects refers to that no store here has.

    Raises
    ------
    ArchiveError
        When the backup is damaged, which is looked at first.
    DefinitionError
        When a schema has tables already.
    ConfigError
        When the project lacks a store that objects belong into.
    DataError
        When this database cannot hold a value; names it. When a store has another object at a path.

    Examples
    --------
    >>> import tempfile
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project, tempfile.TemporaryDirectory() as folder:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert([(1,), (2,)])
    ...     _ = lw.backup(f"{folder}/lab.zip")
    ...     _ = lw.restore(f"{folder}/lab.zip", rename={"lab": "lab_copy"})
    ...     lw.virtual_schema("lab_copy").Mouse.keys()
    [{'mouse': 1}, {'mouse': 2}]
    """
    return restore_archive((project_of(connection) or default_project()).database, path, rename)


def verify_backup(
    path: str | Path,
    against: Connection | Project | None = None,
    *,
    rename: Mapping[str, str] | None = None,
) -> Verified:
    """Read a backup from end to end: hashes, counts, every value, every reference and every object.

    Parameters
    ----------
    path : str or Path
    against : Connection or Project, optional
        A database that is to have the same tables with the same rows.
    rename : mapping, optional
        Under which names the schemas are there.

    Returns
    -------
    Verified
        ``.problems`` has a sentence for each that was found.

    Raises
    ------
    ArchiveError
        When the file is no backup, or its table of contents cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project, tempfile.TemporaryDirectory() as folder:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     Mouse.insert([(1,), (2,)])
    ...     _ = lw.backup(f"{folder}/lab.zip")
    ...     Mouse.insert1((3,))
    ...     len(lw.verify_backup(f"{folder}/lab.zip").problems)
    ...     len(lw.verify_backup(f"{folder}/lab.zip", against=project).problems)
    0
    1
    """
    project = project_of(against)
    return verify_archive(path, None if project is None else project.database, rename)
