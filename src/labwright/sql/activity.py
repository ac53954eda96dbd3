"""Whether tables were written to, by whomever: as cheaply as the database can tell it of hundreds at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from labwright.define.table import TableId
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.history import shadow_id
from labwright.sql.queries import queries

COUNTED: Final = 10_000
"""Rows of a SQLite table are counted up to here; of more the highest row number is told."""
BATCH: Final = 500
"""Tables that are asked for in one statement."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a database tells of a table without reading it.

    Parameters
    ----------
    mark : str
        Another one after rows were written.
    rows : int
        About how many there are.

    Examples
    --------
    >>> Activity("16403 12", 12) == Activity("16403 13", 13)
    False
    """

    mark: str
    rows: int


Found = dict[TableId, Activity]


def activity(connection: Connection, dialect: Dialect, schemas: Sequence[str]) -> Found:
    """What goes on in the tables of some schemas, those of the database's own service among them."""
    return _READERS[dialect.name](connection, dialect, schemas) if schemas else {}


def _of_server(connection: Connection, dialect: Dialect, schemas: Sequence[str]) -> Found:
    rows = connection.fetch(_query(dialect, schemas), schemas)
    return {TableId(schema, name): Activity(str(mark), int(count)) for schema, name, mark, count in rows}


def _query(dialect: Dialect, schemas: Sequence[str]) -> str:
    marks = ", ".join([dialect.placeholder] * len(schemas))
    return queries(dialect.name)["activity"].replace("{schemas}", marks)


def _of_file(connection: Connection, dialect: Dialect, schemas: Sequence[str]) -> Found:
    ids = [TableId(*row) for row in connection.fetch(_query(dialect, schemas), schemas)]
    found: Found = {}
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        (row,) = connection.fetch("SELECT " + ", ".join(_numbers(dialect, batch, frozenset(ids))))
        for id_, last, count, noted in zip(batch, row[::3], row[1::3], row[2::3], strict=True):
            found[id_] = Activity(f"{last} {count} {noted}", count if count <= COUNTED else last)
    return found | {WHOLE: Activity(_file_mark(connection), 0)}


WHOLE: Final = TableId("", "")
"""Stands for a SQLite file: its mark is another one after any write, also one that its table's mark does not tell."""


def _numbers(dialect: Dialect, ids: Sequence[TableId], known: Collection[TableId]) -> Iterator[str]:
    """Of each table the last row number, how many rows there are, and the last record of what rows were."""
    for id_ in ids:
        table = dialect.table(id_.schema, id_.name)
        yield f"(SELECT coalesce(max(_rowid_), 0) FROM {table})"
        yield f"(SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {COUNTED + 1}))"
        shadow = shadow_id(id_)
        yield f"(SELECT max(_n) FROM {dialect.table(shadow.schema, shadow.name)})" if shadow in known else "NULL"


def _file_mark(connection: Connection) -> str:
    """When the file and its log were last written."""
    if connection.url.in_memory:
        return str(connection.fetch("SELECT total_changes()")[0][0])
    path = Path(connection.url.path)
    stats = [p.stat() for p in (path, path.with_name(path.name + "-wal")) if p.exists()]
    return " ".join(f"{s.st_mtime_ns}+{s.st_size}" for s in stats)


_READERS: Final[Mapping[str, Callable[[Connection, Dialect, Sequence[str]], Found]]] = MappingProxyType(
    {"sqlite": _of_file, "postgres": _of_server, "mysql": _of_server}
)
