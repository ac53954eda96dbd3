"""Removing records of the past that are older than need be."""

from __future__ import annotations

import datetime

from labwright.query.conditions import conjunction, negate
from labwright.sql.history import note_pruned, prune_records, shadow_source
from labwright.tables.past import IS_RECORD, as_moment, compared, has_shadow
from labwright.tables.schema import Schema


def prune(schema: Schema, before: datetime.datetime | str) -> int:
    """Remove what the tables of a schema keep from before a time, and return how many records went.

    Parameters
    ----------
    schema : Schema
    before : datetime or str
        In UTC unless it says another zone.
    """
    schema.ensure_declared()
    database, moment, gone = schema.project.database, as_moment(before), 0
    for table in database.tables(schema.database_name).values():
        if has_shadow(database, table):
            old = compared(shadow_source(table).heading, "_until", "<", moment)
            with database.connection.atomic():
                gone += database.execute(prune_records(database.dialect, table, conjunction([old, IS_RECORD])))
                database.execute(prune_records(database.dialect, table, conjunction([old, negate(IS_RECORD)])))
                database.execute(note_pruned(database.dialect, table, moment))
    return gone
