"""What the second generation notes of a computation in hidden columns of its rows, where they have such."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from labwright.define.table import TableDef
from labwright.sql.ddl_tables import remember_table, table_writer
from labwright.sql.dialect import Dialect
from labwright.sql.dml import row_with
from labwright.sql.hidden import HIDDEN
from labwright.sql.statement import Statement

METADATA: Final = ("_job_start_time", "_job_duration", "_job_version")
MAX_VERSION: Final = 64


def add_metadata(dialect: Dialect, table: TableDef) -> list[Statement]:
    """The statements that give a table those of the columns that it has not."""
    names = [n for n in METADATA if n not in table.hidden]
    new = replace(table, hidden=(*table.hidden, *names))
    writer = table_writer(dialect, new)
    added = [Statement(f"ALTER TABLE {writer.name} ADD COLUMN {writer.column(HIDDEN[n])}") for n in names]
    marks = [s for s in writer.after() if any(f".{dialect.quote(n)} IS" in s.sql for n in names)]
    noted = [] if dialect.native_schemas or not names else remember_table(dialect, new, lineage=False)
    return [*added, *marks, *noted]


def has_metadata(table: TableDef) -> bool:
    """Whether a table has these columns."""
    return set(METADATA) <= set(table.hidden)


def note_metadata(
    dialect: Dialect, table: TableDef, key: Mapping[str, Any], duration: float, version: str
) -> Statement:
    """The statement that notes it in the rows of a key, whose values are encoded.

    Parameters
    ----------
    duration : float
        Seconds from the beginning until now; the beginning is noted in local time, as that generation does.
    """
    started = datetime.datetime.now() - datetime.timedelta(seconds=duration)  # noqa: DTZ005 - as others note it
    values = (started.replace(microsecond=started.microsecond // 1000 * 1000), duration, version[:MAX_VERSION])
    encoded = tuple(dialect.encode(HIDDEN[n].type, v) for n, v in zip(METADATA, values, strict=True))
    where = row_with(dialect, key)
    changes = ", ".join(f"{n} = {dialect.placeholder}" for n in METADATA)
    target = dialect.table(table.id.schema, table.id.name)
    return Statement(f"UPDATE {target} SET {changes} WHERE {where.sql}", (*encoded, *where.params))
