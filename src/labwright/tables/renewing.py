"""Tables that another client has changed since their definitions were read: they are read anew when a verb fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from labwright.core.errors import (
    DataError,
    LabwrightError,
    MissingAttributeError,
    MissingTableError,
    QueryError,
)
from labwright.define.table import TableDef
from labwright.query.expr import Source
from labwright.query.rebound import rebound, tables_in
from labwright.sql.database import Database

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")

DOUBTFUL: Final = (DataError, MissingAttributeError, MissingTableError, QueryError)
"""What goes wrong where a table is no longer what it is taken for, among other things."""


CHANGED: Final = "Another client has changed {} meanwhile. The definitions have been read anew: {} again."


def renewing(
    read: Callable[Concatenate[Any, Parameters], Returned],
) -> Callable[Concatenate[Any, Parameters], Returned]:
    """Let a verb that fails read again where another client has changed the tables meanwhile."""

    @wraps(read)
    def called(self: Any, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Returned:
        try:
            return read(self, *args, **kwargs)
        except DOUBTFUL as error:
            renewed = _renewed(self, error)
        return read(renewed, *args, **kwargs)

    return called


def writing(
    write: Callable[Concatenate[Database, TableDef, Any, Parameters], None],
) -> Callable[Concatenate[Database, TableDef, Any, Parameters], None]:
    """Let rows that are refused be written to the table as it is now, where another client has changed it meanwhile."""

    @wraps(write)
    def called(
        database: Database, table: TableDef, rows: Any, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> None:
        try:
            return write(database, table, rows, *args, **kwargs)
        except DOUBTFUL as error:
            database.doubt()
            now = database.tables(table.id.schema).get(table.id.name)
            if now is None or now == table:
                raise
            if not _by_name(rows) or kwargs.get("chunk_size") is not None:
                raise error.suggest(CHANGED.format(table.id, "give the rows")) from error
        return write(database, now, rows, *args, **kwargs)

    return called


def _by_name(rows: Any) -> bool:
    """Whether rows mean the same for another heading, and are all there still."""
    return isinstance(rows, Mapping) or (
        isinstance(rows, (list, tuple)) and all(isinstance(row, Mapping) for row in rows)
    )


def _renewed(query: Any, error: LabwrightError) -> Any:
    """`query` over the tables as they are now.

    Raises
    ------
    LabwrightError
        `error`, when they are what they were, or the query has no meaning any more.
    """
    node, db = query.query_node(), query.db
    db.doubt()
    changed = {}
    try:
        for table in tables_in(node):
            now = db.tables(table.schema).get(table.table)
            if now is not None and now.heading != table.heading:
                changed[table.schema, table.table] = now.heading
        if changed:
            return query if isinstance(node, Source) else query.derive(rebound(node, changed))
    except LabwrightError:
        raise error.suggest(CHANGED.format(", ".join(map(".".join, changed)), "compose the query")) from error
    raise error
