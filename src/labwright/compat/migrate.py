"""``datajoint.migrate``: what the present generation needs to read a classic database on MySQL or MariaDB as well.

Labwright reads it as it is, so that all this is for other clients of the same database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import labwright
from labwright.compat.log import logger

_INSTEAD = {
    "backup_schema": "labwright backup, or lw.backup(path, schema)",
    "check_store_configuration": "labwright doctor",
    "compare_query_results": "labwright verify, which compares a backup with the database",
    "copy_table_data": "New.insert(Old), which copies within the database",
    "create_parallel_schema": "labwright backup and restore, or lw.restore(path, into={...})",
    "migrate_external": "columns of classic stores stay as they are",
    "migrate_external_pointers_v2": "columns of classic stores stay as they are",
    "migrate_filepath": "columns of classic stores stay as they are",
    "restore_schema": "labwright restore, or lw.restore(path)",
    "verify_external_integrity": "labwright doctor",
    "verify_schema_v20": "labwright diff",
}


def __getattr__(name: str) -> NoReturn:
    if name in _INSTEAD:
        raise AttributeError(f"Labwright has no migrate.{name}: {_INSTEAD[name]}.")
    raise AttributeError(f"module 'labwright.compat.migrate' has no attribute {name!r}.")


def analyze_columns(schema: labwright.Schema) -> dict[str, list[dict[str, Any]]]:
    """Which columns need a mark, which have one, and which refer to a store; none but on MySQL and MariaDB."""
    found: dict[str, list[dict[str, Any]]] = {"needs_migration": [], "already_migrated": [], "external_storage": []}
    for mark in schema.column_marks():
        told = _told(mark)
        if _is_external(mark):
            found["external_storage"].append({**told, "core_type": None, "reason": "external_storage"})
        elif mark.is_marked:
            found["already_migrated"].append(told)
        elif mark.is_missing:
            found["needs_migration"].append(told)
    return found


def migrate_columns(schema: labwright.Schema, dry_run: bool = True) -> dict[str, Any]:
    """Mark the columns that need it.

    A column stays what it is in all else: type, default, and whether it counts up. A blob is marked where it holds
    serialised values, and left alone where it holds bytes. Clients of the classic generation cannot read marked tables.

    Parameters
    ----------
    schema : Schema
    dry_run : bool
        Whether only to tell what would be done.

    Returns
    -------
    dict
        ``columns_analyzed``, ``columns_migrated``, ``columns_skipped``, ``sql_statements`` and ``details``.
    """
    found = analyze_columns(schema)
    pending, skipped = found["needs_migration"], len(found["already_migrated"]) + len(found["external_storage"])
    statements = schema.mark_columns(schema.column_marks(), dry_run=dry_run)
    status = "dry_run" if dry_run else "migrated"
    logger.info("%s %d columns of %s", "Would mark" if dry_run else "Marked", len(pending), schema.database_name)
    return {
        "columns_analyzed": len(pending) + skipped,
        "columns_migrated": 0 if dry_run else len(pending),
        "columns_skipped": skipped,
        "sql_statements": statements,
        "details": [
            {**{n: column[n] for n in ("table", "column", "native_type", "core_type")}, "status": status}
            for column in pending
        ],
    }


def analyze_blob_columns(schema: labwright.Schema) -> list[dict[str, Any]]:
    """The columns of blob types, and whether they need a mark."""
    return [
        {
            "table_name": str(mark.table),
            "column_name": mark.column,
            "column_type": mark.native,
            "current_comment": mark.comment,
            "needs_migration": mark.is_missing,
            "is_nullable": mark.nullable,
        }
        for mark in _blobs(schema)
    ]


def generate_migration_sql(schema: labwright.Schema, target_type: str = "blob", **_: bool) -> list[str]:
    """The statements that `migrate_blob_columns` runs; nothing is run, whatever `dry_run` says."""
    return schema.mark_columns(_to_mark(schema, target_type), dry_run=True)


def migrate_blob_columns(schema: labwright.Schema, target_type: str = "blob", dry_run: bool = True) -> dict[str, Any]:
    """Mark the blobs that hold serialised values as such.

    Returns
    -------
    dict
        ``analyzed``, ``needs_migration``, ``migrated`` and ``sql_statements``.
    """
    blobs, pending = _blobs(schema), _to_mark(schema, target_type)
    return {
        "analyzed": len(blobs),
        "needs_migration": len(pending),
        "sql_statements": schema.mark_columns(pending, dry_run=dry_run),
        "migrated": 0 if dry_run else len(pending),
    }


def check_migration_status(schema: labwright.Schema) -> dict[str, Any]:
    """How many blobs there are, and how many of them still need a mark."""
    columns = analyze_blob_columns(schema)
    pending = sum(column["needs_migration"] for column in columns)
    return {
        "total_blob_columns": len(columns),
        "migrated": len(columns) - pending,
        "pending": pending,
        "columns": columns,
    }


def rebuild_lineage(schema: labwright.Schema, dry_run: bool = True) -> dict[str, Any]:
    """Keep where attributes come from, as clients of the present generation ask; mark the columns first.

    Raises
    ------
    LabwrightError
        Where blobs still need a mark: without lineages they hold serialised values, and with them bytes.
    """
    pending = check_migration_status(schema)["pending"]
    if pending and not dry_run:
        raise labwright.LabwrightError(
            f"{pending} columns of {schema.database_name} hold serialised values without a mark, and clients of the "
            "present generation would take them for bytes. Call migrate_columns(schema, dry_run=False) first."
        )
    entries = len(schema.lineage) if dry_run else schema.rebuild_lineage(create=True)
    return {
        "tables_analyzed": len(schema.list_tables()),
        "lineage_entries": entries,
        "status": "dry_run" if dry_run else "rebuilt",
    }


def add_job_metadata_columns(target: Any, dry_run: bool = True) -> dict[str, Any]:
    """Give Computed and Imported tables the hidden columns of ``jobs.add_job_metadata``.

    Parameters
    ----------
    target : Schema or Table
    dry_run : bool
        Whether only to tell what would be done.

    Returns
    -------
    dict
        ``tables_analyzed``, ``tables_modified``, ``columns_added`` and ``details``.
    """
    tables = [cls() for cls in target] if isinstance(target, labwright.Schema) else [_instance(target)]
    details = [_with_metadata(table, dry_run) for table in tables if table.tier in ("imported", "computed")]
    columns = [detail["columns_added"] for detail in details]
    return {
        "tables_analyzed": len(tables),
        "tables_modified": sum(n > 0 for n in columns),
        "columns_added": sum(columns),
        "details": details,
    }


def _instance(target: Any) -> labwright.Table:
    table = target() if isinstance(target, type) else target
    if not isinstance(table, labwright.Table):
        raise labwright.LabwrightError(f"A table or a schema is needed, and not {target!r}.")
    return table


def _with_metadata(table: labwright.Table, dry_run: bool) -> dict[str, Any]:
    statements = table.schema.add_job_metadata([table.id], dry_run=dry_run)
    count = sum("ADD COLUMN" in statement for statement in statements)
    status = "already_migrated" if not count else "pending" if dry_run else "migrated"
    return {"table": str(table.id), "status": status, "columns_added": count, "sql_statements": statements}


def _told(mark: Any) -> dict[str, Any]:
    return {
        "table": str(mark.table),
        "column": mark.column,
        "native_type": mark.native,
        "core_type": mark.type,
        "comment": mark.comment,
        "is_nullable": mark.nullable,
    }


def _is_external(mark: Any) -> bool:
    return mark.is_marked and mark.type.partition("@")[0] in ("blob", "attach", "filepath") and "@" in mark.type


def _blobs(schema: labwright.Schema) -> list[Any]:
    return [mark for mark in schema.column_marks() if mark.native.endswith("blob")]


def _to_mark(schema: labwright.Schema, target_type: str) -> Sequence[Any]:
    if target_type.strip("<>") != "blob":
        raise labwright.LabwrightError(f"What classic blobs hold is <blob>, and not <{target_type.strip('<>')}>.")
    return [mark for mark in _blobs(schema) if mark.is_missing]
