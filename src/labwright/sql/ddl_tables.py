"""CREATE and DROP: the statements, in order, that make a schema or a table and remember what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from labwright.define.names import check_length
from labwright.define.table import TableDef, TableId
from labwright.sql.companions import clear_companions
from labwright.sql.ddl_mysql import MySQLWriter
from labwright.sql.ddl_postgres import PostgresWriter
from labwright.sql.ddl_sqlite import TABLE, SQLiteWriter
from labwright.sql.ddl_writer import FORMAT, LINEAGE, SERVICE, Surroundings, TableWriter, forget_lineage
from labwright.sql.dialect import Dialect
from labwright.sql.kept import forget_kept
from labwright.sql.literals import quote_postgres
from labwright.sql.statement import Statement

NOTHING: Final = Surroundings()


def create_schema(dialect: Dialect, schema: str) -> list[Statement]:
    """Return the statements that make a schema, unless it is there.

    Examples
    --------
    >>> from labwright.sql.postgres import Postgres
    >>> create_schema(Postgres(), "lab")[0].sql
    'CREATE SCHEMA IF NOT EXISTS "lab"'
    """
    check_length(schema, "schema name", max_bytes=dialect.max_name_bytes)
    return _SCHEMAS[dialect.name][0](dialect, schema)


def drop_schema(dialect: Dialect, schema: str, tables: tuple[str, ...] = ()) -> list[Statement]:
    """Return the statements that drop a schema with everything in it.

    Parameters
    ----------
    dialect : Dialect
    schema : str
    tables : tuple of str
        For SQLite, which has no schemas: the names of its tables, children first.
    """
    return _SCHEMAS[dialect.name][1](dialect, schema, tables)


def service_tables(dialect: Dialect, schema: str, *, lineage: bool = True) -> list[Statement]:
    """Return the statements that make Labwright's own tables of a schema, unless they are there.

    Parameters
    ----------
    dialect : Dialect
    schema : str
    lineage : bool
        False leaves out the table of lineages: one that is added to an older schema would change what its blobs mean.
    """
    made = [*_LINEAGE_TABLES[dialect.name](dialect, schema)] if lineage else []
    return [*made, *_service_table(dialect, schema)]


def create_table(dialect: Dialect, table: TableDef, around: Surroundings = NOTHING) -> list[Statement]:
    """Return the statements that make a table and remember it; its parents and service tables must be there.

    Parameters
    ----------
    dialect : Dialect
    table : TableDef
    around : Surroundings
        What the new table has to go by in the database.

    Raises
    ------
    DefinitionError
        When this database cannot have such a table.
    """
    return list(table_writer(dialect, table, around).statements())


def table_writer(dialect: Dialect, table: TableDef, around: Surroundings = NOTHING) -> TableWriter:
    """Return what writes the parts of those statements."""
    return _WRITERS[dialect.name](dialect, table, around)


def remember_table(dialect: Dialect, table: TableDef, *, lineage: bool) -> list[Statement]:
    """Return the statements that note what a table is, which is there, in place of what was noted of it before."""
    return list(_WRITERS[dialect.name](dialect, table, Surroundings(lineage=lineage)).remember())


def drop_table(dialect: Dialect, id_: TableId, *, lineage: bool = True, kept: bool = False) -> list[Statement]:
    """Return the statements that drop a table and forget it; nothing may refer to it.

    Parameters
    ----------
    dialect : Dialect
    id_ : TableId
    lineage : bool
        Whether the schema keeps the lineage of attributes.
    kept : bool
        Whether it keeps more of some tables in a service table of a server.
    """
    drop = Statement(f"DROP TABLE IF EXISTS {dialect.table(id_.schema, id_.name)}")
    forget = [*_FORGET[dialect.name](dialect, id_, lineage), *([forget_kept(dialect, id_)] if kept else [])]
    return [drop, *clear_companions(dialect, id_), *forget]


def default_expression(dialect: Dialect, table: TableDef, name: str) -> str:
    """Return the default of an attribute, as it may stand in an UPDATE."""
    clause = table_writer(dialect, table).default(table.heading[name])
    return clause.removeprefix("DEFAULT ") or "NULL"


def _service_table(dialect: Dialect, schema: str) -> list[Statement]:
    name, types = dialect.table(schema, SERVICE), _SERVICE_TYPES[dialect.name]
    columns = f"name {types[0]} NOT NULL PRIMARY KEY, value {types[1]} NOT NULL"
    create = f"CREATE TABLE IF NOT EXISTS {name} ({columns}){types[2]}"
    note = f"INSERT INTO {name} (name, value) SELECT 'version', '{FORMAT}'"
    absent = f" WHERE NOT EXISTS (SELECT 1 FROM {name} WHERE name = 'version')"
    return [Statement(create), Statement(note + absent)]


def _server_lineage(dialect: Dialect, schema: str) -> list[Statement]:
    options = _SERVICE_TYPES[dialect.name][2]
    return [
        Statement(
            f"CREATE TABLE IF NOT EXISTS {dialect.table(schema, LINEAGE)} (table_name varchar(64) NOT NULL, "
            "attribute_name varchar(64) NOT NULL, lineage varchar(255) NOT NULL, "
            f"PRIMARY KEY (table_name, attribute_name)){options}"
        )
    ]


def _no_statements(*_: Any) -> list[Statement]:
    return []


def _create_namespace(dialect: Dialect, schema: str) -> list[Statement]:
    return [Statement(f"CREATE SCHEMA IF NOT EXISTS {dialect.quote(schema)}")]


def _drop_namespace(cascade: str) -> Callable[..., list[Statement]]:
    def drop(dialect: Dialect, schema: str, _: tuple[str, ...]) -> list[Statement]:
        return [Statement(f"DROP SCHEMA IF EXISTS {dialect.quote(schema)}{cascade}")]

    return drop


def _drop_prefixed(dialect: Dialect, schema: str, tables: tuple[str, ...]) -> list[Statement]:
    names = [*tables, *(() if SERVICE in tables else (SERVICE,))]
    return [Statement(f"DROP TABLE IF EXISTS {dialect.table(schema, name)}") for name in names]


def _forget_sqlite(dialect: Dialect, id_: TableId, _: bool) -> list[Statement]:
    return [Statement(f"DELETE FROM {dialect.table(id_.schema, SERVICE)} WHERE name = ?", (TABLE + id_.name,))]


def _forget_mysql(dialect: Dialect, id_: TableId, lineage: bool) -> list[Statement]:
    return [forget_lineage(dialect, id_)] if lineage else []


def _forget_postgres(dialect: Dialect, id_: TableId, lineage: bool) -> list[Statement]:
    block = _DROP_ENUMS.format(schema=quote_postgres(id_.schema).replace("%%", "%"))
    return [*_forget_mysql(dialect, id_, lineage), Statement(f"DO {quote_postgres(block)}")]


_DROP_ENUMS: Final = """DECLARE found record; BEGIN
  FOR found IN
    SELECT t.oid::regtype::text AS name FROM pg_type t
    WHERE t.typtype = 'e' AND t.typname ~ '^enum_[0-9a-f]{{8}}'
    AND t.typnamespace = to_regnamespace(quote_ident({schema}))
    AND NOT EXISTS (
      SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
      AND d.classid <> 'pg_type'::regclass)
  LOOP EXECUTE 'DROP TYPE ' || found.name; END LOOP; END"""

_Writer = Callable[[Any, TableDef, Surroundings], TableWriter]
_WRITERS: Final[Mapping[str, _Writer]] = MappingProxyType(
    {"sqlite": SQLiteWriter, "postgres": PostgresWriter, "mysql": MySQLWriter}
)
_Statements = Callable[..., list[Statement]]
_SCHEMAS: Final[Mapping[str, tuple[_Statements, _Statements]]] = MappingProxyType(
    {
        "sqlite": (_no_statements, _drop_prefixed),
        "postgres": (_create_namespace, _drop_namespace(" CASCADE")),
        "mysql": (_create_namespace, _drop_namespace("")),
    }
)
_LINEAGE_TABLES: Final[Mapping[str, Callable[[Dialect, str], list[Statement]]]] = MappingProxyType(
    {"sqlite": _no_statements, "postgres": _server_lineage, "mysql": _server_lineage}
)
_FORGET: Final[Mapping[str, Callable[[Dialect, TableId, bool], list[Statement]]]] = MappingProxyType(
    {"sqlite": _forget_sqlite, "postgres": _forget_postgres, "mysql": _forget_mysql}
)
_SERVICE_TYPES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "sqlite": ("TEXT", "TEXT", " STRICT"),
        "postgres": ("varchar(64)", "text", ""),
        "mysql": ("varchar(64)", "text", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"),
    }
)
