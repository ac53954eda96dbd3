"""The marks that the present generation puts before comments, added to columns that the classic one has made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from labwright.define.classic import BLOBS
from labwright.define.table import TableDef, TableId
from labwright.sql.connection import Connection
from labwright.sql.declare import refuse_within_transaction
from labwright.sql.dialect import Dialect
from labwright.sql.literals import quote_mysql

_COLUMNS: Final = (
    "SELECT c.table_name, c.column_name, c.column_type, c.column_comment, c.is_nullable = 'YES' "
    "FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) "
    "WHERE c.table_schema = %s AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position"
)
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tinyint unsigned": "int16",
        "smallint unsigned": "int32",
        "mediumint unsigned": "int32",
        "int unsigned": "int64",
        "bigint unsigned": "int64",
        "tinyint": "int8",
        "smallint": "int16",
        "mediumint": "int32",
        "int": "int32",
        "bigint": "int64",
        "float": "float32",
        "double": "float64",
    }
)
"""The core type that holds all values of a native one, as far as there is one."""
_WIDTH: Final = re.compile(r"\(\d+\)(?<!^tinyint\(1\))")
"""What MariaDB shows behind whole numbers and means nothing, but for what was declared as bool."""
_COMMENT: Final = re.compile(r" COMMENT '(?:[^'\\]|\\.|'')*'$")


@dataclass(frozen=True, slots=True)
class ColumnMark:
    """What a column of a server says of its type.

    Parameters
    ----------
    table : TableId
    column : str
    native : str
        The type that the server has.
    type : str
        What the mark says, or would say; empty where the native type tells all.
    comment : str
        As the server has it, with the mark.
    nullable : bool
    """

    table: TableId
    column: str
    native: str
    type: str
    comment: str
    nullable: bool

    @property
    def is_marked(self) -> bool:
        """Whether the mark is there."""
        return self.comment.startswith(":")

    @property
    def is_missing(self) -> bool:
        """Whether the present generation needs a mark that is not there."""
        return bool(self.type) and not self.is_marked


def column_marks(connection: Connection, schema: str, tables: Mapping[str, TableDef]) -> list[ColumnMark]:
    """The columns of a schema of MySQL or MariaDB, but hidden ones; `tables` tell what blobs hold.

    On other databases there are none: the classic generation was never there.
    """
    if connection.backend != "mysql":
        return []
    return [
        ColumnMark(
            TableId(schema, table), name, native, _marked(tables[table], name, native, comment), comment, bool(nullable)
        )
        for table, name, native, comment, nullable in connection.fetch(_COLUMNS, (schema,))
        if table in tables and not name.startswith("_")
    ]


def _marked(table: TableDef, name: str, native: str, comment: str) -> str:
    if comment.startswith(":"):
        return comment[1:].partition(":")[0]
    type_ = table.heading[name].type
    if native in BLOBS:
        return "<blob>" if type_ is not None and type_.codec == "blob" else ""
    return _TYPES.get(_WIDTH.sub("", native), "")


def mark_statements(connection: Connection, dialect: Dialect, marks: Iterable[ColumnMark]) -> list[str]:
    """The statements that mark columns, which stay what they are in all else."""
    lines: dict[TableId, dict[str, str]] = {}
    statements = []
    for mark in marks:
        if mark.table not in lines:
            lines[mark.table] = _lines(connection, dialect, mark.table)
        column = _COMMENT.sub("", lines[mark.table][mark.column])
        comment = quote_mysql(f":{mark.type}:{mark.comment}").replace("%%", "%")
        name = dialect.table(mark.table.schema, mark.table.name)
        statements.append(f"ALTER TABLE {name} MODIFY COLUMN {column} COMMENT {comment}")
    return statements


def _lines(connection: Connection, dialect: Dialect, table: TableId) -> dict[str, str]:
    """The definitions of a table's columns, as the server spells them out."""
    text = connection.fetch(f"SHOW CREATE TABLE {dialect.table(table.schema, table.name)}")[0][1]
    stripped = [line.strip().removesuffix(",") for line in text.splitlines()]
    return {line[1:].partition("`")[0]: line for line in stripped if line.startswith("`")}


def run_each(connection: Connection, statements: Iterable[str]) -> None:
    """Run statements that have no values, one after the other."""
    refuse_within_transaction(connection)
    for statement in statements:
        connection.execute(statement.replace("%", "%%"), write=True)
