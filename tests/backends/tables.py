"""Tables to declare, and a schema of each database to declare them in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labwright.core.types import Type
from labwright.define.ast import ReferenceSpec
from labwright.define.parser import parse
from labwright.define.table import TableDef, TableId, resolve_table
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.mysql import MySQL
from labwright.sql.postgres import Postgres
from labwright.sql.reflect import read_schema
from labwright.sql.sqlite import SQLite


def storage_of(type_: Type) -> Type:
    """What codecs of these tests are stored in."""
    return Type("json") if type_.store is not None else Type("bytes")


def dialect_of(connection: Connection) -> Dialect:
    """The dialect that fits the server."""
    product = connection.server_version.product
    if product == "sqlite":
        return SQLite()
    return Postgres() if product == "postgres" else MySQL(mariadb=product == "mariadb")


def resolve(schema: str, definitions: Mapping[str, str], parents: Iterable[TableDef] = ()) -> list[TableDef]:
    """The tables of `definitions`, in which ``-> mouse`` names a table, with its tier's prefix left out."""
    known = {t.id.parsed.base: t for t in parents}
    found = []
    for name, text in definitions.items():

        def find(reference: ReferenceSpec) -> TableDef:
            return known[reference.target[0]]

        table = resolve_table(TableId(schema, name), parse(text), find, storage_of)
        known[table.id.parsed.base] = table
        found.append(table)
    return found


@dataclass(frozen=True)
class Place:
    """A connection, its dialect, and a schema of the test's own."""

    connection: Connection
    dialect: Dialect
    schema: str

    def read(self, schema: str = "") -> dict[str, TableDef]:
        return read_schema(self.connection, self.dialect, schema or self.schema, storage_of)

    def run(self, sql: str, *params: object) -> list[tuple[object, ...]]:
        """Run a statement in which ``{name}`` is a table of the schema and ``?`` a value."""
        names = {n: self.dialect.table(self.schema, n) for n in self.read()}
        text = sql.format(**names).replace("?", self.dialect.placeholder)
        return self.connection.execute(text, params, write=True).rows
