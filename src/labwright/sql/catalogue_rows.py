"""What the catalogue of a server says of a schema, as it is: columns, keys, indexes, before they are understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from labwright.core.types import Default, Type
from labwright.define.ast import Expression
from labwright.define.table import ForeignKey, Index, TableId
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.hidden import INDEXED
from labwright.sql.indexes import read_index
from labwright.sql.marks import read_mark, unescape_rare
from labwright.sql.mysql import MySQL
from labwright.sql.queries import queries
from labwright.sql.reflected_types import mysql_default, mysql_type, postgres_default, postgres_type
from labwright.sql.rule_names import rule_in

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type on the server, what it is marked with, and what else is said of it."""

    name: str
    type: Type | None
    mark: Type | None
    nullable: bool
    default: Default | None
    auto: bool
    generated: bool
    comment: str


@dataclass(slots=True)
class RawTable:
    """A table of a server."""

    id: TableId
    columns: dict[str, Column] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    stored: set[tuple[str, ...]] = field(default_factory=set)
    """Columns that refer to a service table, as those of the classic stores do."""
    comment: str = ""


def fetch_tables(
    connection: Connection, dialect: Dialect, schema: str, names: Sequence[str] | None = None
) -> list[RawTable]:
    """Read the tables of a schema, or those of `names`, without the service tables."""
    run = _Reader(connection, dialect, schema, names)
    said = _COMMENTS[dialect.name]
    tables = {
        name: RawTable(TableId(schema, name), comment=said(comment))
        for name, comment in run("tables")
        if not name.startswith("~")
    }
    for name, *rest in run("columns"):
        if name in tables:
            column = _COLUMNS[dialect.name](dialect, rest)
            tables[name].columns[column.name] = column
    for name, rows in _grouped(run("keys"), 1):
        if name in tables:
            _add_key(tables[name], rows)
    for name, rows in _grouped(run(_index_query(dialect)), 1):
        if name in tables and rule_in(rows[0][1]) is None:
            tables[name].indexes.append(_index(rows))
    return list(tables.values())


def fetch_references(connection: Connection, dialect: Dialect) -> list[tuple[TableId, ForeignKey]]:
    """Read the foreign keys of all schemas."""
    rows = connection.fetch(queries(dialect.name)["references"])
    found = []
    for (schema, name, _), group in groupby(rows, key=lambda row: tuple(row[:3])):
        if not name.startswith("~"):
            found.append((TableId(schema, name), _foreign_key([row[1:] for row in group])))
    return found


def fetch_index_names(connection: Connection, dialect: Dialect, id_: TableId) -> dict[Index, str]:
    """Read what the indexes of a table are called."""
    rows = _Reader(connection, dialect, id_.schema, [id_.name])(_index_query(dialect))
    return {_index(group): group[0][1] for _, group in _grouped(rows, 1) if rule_in(group[0][1]) is None}


class _Reader:
    """Runs the named queries for one schema."""

    def __init__(self, connection: Connection, dialect: Dialect, schema: str, names: Sequence[str] | None) -> None:
        self.connection = connection
        self.named = queries(dialect.name)
        self.filter = "IS NOT NULL" if names is None else f"IN ({', '.join(['%s'] * len(names))})"
        self.params = (schema, *(names or ()))

    def __call__(self, query: str) -> list[Row]:
        return list(self.connection.fetch(self.named[query].replace("{names}", self.filter), self.params))


def _grouped(rows: Iterable[Row], by: int) -> Iterable[tuple[str, list[Row]]]:
    for (name, *_), group in groupby(rows, key=lambda row: tuple(row[: by + 1])):
        yield name, list(group)


def _add_key(table: RawTable, rows: list[Row]) -> None:
    if rows[0][4] is None:
        table.key = tuple(row[2] for row in rows)
    elif rows[0][4].startswith("~"):
        table.stored.add(tuple(row[2] for row in rows))
    else:
        table.foreign_keys.append(_foreign_key(rows))


def _foreign_key(rows: list[Row]) -> ForeignKey:
    parent = TableId(rows[0][3], rows[0][4])
    return ForeignKey(tuple(row[2] for row in rows), parent, tuple(row[5] for row in rows))


def _index(rows: list[Row]) -> Index:
    written = read_index(rows[0][4])
    if written is not None:
        return written
    columns = tuple(row[3] if row[3] is not None else Expression(row[5] or "") for row in rows)
    return Index(columns, bool(rows[0][2]))


def _index_query(dialect: Dialect) -> str:
    return "functional_indexes" if isinstance(dialect, MySQL) and not dialect.mariadb else "indexes"


def _unquoted(comment: str) -> str:
    r"""A comment of PostgreSQL, where other clients write ``\"`` for ``"``."""
    return comment.replace('\\"', '"')


def _postgres_column(_dialect: Dialect, row: Row) -> Column:
    name, text, labels, nullable, default, extra, comment = row
    mark, said = read_mark(_unquoted(comment))
    type_ = postgres_type(text, labels)
    auto = extra == "auto_increment" or (default or "").startswith("nextval(")
    given = None if auto or extra == "generated" else postgres_default(default, mark if _holds(mark) else type_)
    return Column(name, type_, mark, nullable, given, auto, extra == "generated", said)


def _mysql_column(dialect: Dialect, row: Row) -> Column:
    name, text, _, nullable, default, extra, comment = row
    mark, said = read_mark(unescape_rare(comment))
    type_ = mysql_type(text)
    expression = "default_generated" in extra or getattr(dialect, "mariadb", True)
    generated = name.startswith(INDEXED) or "virtual generated" in extra or "stored generated" in extra
    given = None if generated else mysql_default(default, mark if _holds(mark) else type_, expression=expression)
    return Column(name, type_, mark, bool(nullable), given, "auto_increment" in extra, generated, said)


def _holds(mark: Type | None) -> bool:
    return mark is not None and mark.codec is None


_COMMENTS: Final[dict[str, Callable[[str], str]]] = {"postgres": _unquoted, "mysql": unescape_rare}
_COLUMNS: Final[dict[str, Callable[[Dialect, Row], Column]]] = {"postgres": _postgres_column, "mysql": _mysql_column}
