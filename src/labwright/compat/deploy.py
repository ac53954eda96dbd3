"""``datajoint.deploy``: what suits a database to its surroundings; may be done again at any time."""

from __future__ import annotations

from typing import Any, NoReturn

import labwright


def __getattr__(name: str) -> NoReturn:
    if name == "add_prov_column":
        raise AttributeError("Labwright has no deploy.add_prov_column: tables keep their history, Table.history(key).")
    raise AttributeError(f"module 'labwright.compat.deploy' has no attribute {name!r}.")


def set_replica_identity(target: Any, mode: str = "full", dry_run: bool = True) -> dict[str, Any]:
    """Let PostgreSQL tell those who follow its changes the whole of old rows (``full``), or their keys (``default``).

    Parameters
    ----------
    target : Schema, or Table class or instance
    mode : str
    dry_run : bool
        Whether only to tell what would be done.

    Returns
    -------
    dict
        ``tables_analyzed``, ``tables_modified`` and ``ddl``, the statements.

    Raises
    ------
    LabwrightError
        On other databases than PostgreSQL, and for another mode.
    """
    if isinstance(target, labwright.Schema):
        schema, tables = target, [schema_table.id for schema_table in map(target.get_table, target.list_tables())]
    elif isinstance(target, labwright.TableMeta | labwright.Table):
        table = target() if isinstance(target, labwright.TableMeta) else target
        schema, tables = table.schema, [table.id]
    else:
        raise labwright.LabwrightError(f"The target is a Schema or a table, not {target!r}.")
    statements = schema.set_replica_identity(tables, mode, dry_run=dry_run)
    return {
        "tables_analyzed": len(tables),
        "tables_modified": 0 if dry_run else len(tables),
        "ddl": statements,
    }
