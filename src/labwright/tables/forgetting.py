"""Forgetting how rows were computed when they go: those that come after them under the same key have another origin."""

from __future__ import annotations

import logging

from labwright.core.errors import AccessError
from labwright.define.table import TableDef
from labwright.sql.database import Database
from labwright.sql.dialect import Fragment
from labwright.sql.run_tables import read_runs
from labwright.sql.runs import fills_itself, forget_runs

logger = logging.getLogger(__name__)


def forget_computed(database: Database, table: TableDef | None, where: Fragment) -> None:
    """Forget the runs of rows that are about to be deleted, within the transaction that deletes them.

    Someone who may delete rows and not their runs leaves these behind; a later run of the same key replaces them.
    """
    if table is None or not fills_itself(table.id):
        return
    try:
        with database.connection.atomic():  # the transaction goes on after an error
            runs = read_runs(database.connection, database.dialect, table)
            if runs is not None:
                statement = forget_runs(database.dialect, table, runs, where)
                database.connection.execute(statement.sql, statement.params, write=True)
    except AccessError as error:
        logger.warning("How rows of %s were computed is not forgotten: %s", table.id, error, extra={"action": "delete"})
