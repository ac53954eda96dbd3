"""How much of an old row PostgreSQL hands to those who follow its changes."""

from __future__ import annotations

from collections.abc import Iterable

from labwright.core.errors import LabwrightError, QueryError
from labwright.define.table import TableId
from labwright.sql.dialect import Dialect


def replica_identity(dialect: Dialect, tables: Iterable[TableId], mode: str) -> list[str]:
    """The statements that let changes of `tables` be told with their key alone (``default``) or in full (``full``).

    Raises
    ------
    LabwrightError
        On other databases than PostgreSQL, and for another mode.
    """
    if str(mode).lower() not in ("default", "full"):
        raise QueryError(f"The mode is 'default' or 'full', not {mode!r}.")
    if dialect.name != "postgres":
        raise LabwrightError(f"REPLICA IDENTITY is a setting of PostgreSQL alone; {dialect.title} has none.")
    return [f"ALTER TABLE {dialect.table(t.schema, t.name)} REPLICA IDENTITY {mode.upper()}" for t in tables]
