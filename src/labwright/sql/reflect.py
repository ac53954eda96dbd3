"""Reading a database: catalogue rows -> `TableDef`, and who refers to whom."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any, Final

from labwright.core.errors import AccessError, LabwrightError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.define.classic import BLOBS, external_type
from labwright.define.names import is_service_table
from labwright.define.serial import table_from_dict, with_kept
from labwright.define.table import NULL_DEFAULT, ForeignKey, Index, StorageOf, TableDef, TableId
from labwright.define.typenames import parse_type
from labwright.sql.catalogue_rows import Column, RawTable, fetch_references, fetch_tables
from labwright.sql.connection import Connection
from labwright.sql.ddl_sqlite import TABLE
from labwright.sql.ddl_writer import FORMAT, LINEAGE, SERVICE
from labwright.sql.declare import table_names
from labwright.sql.dialect import Dialect
from labwright.sql.kept import KEPT, read_kept
from labwright.sql.migrate_log import refuse_half_done
from labwright.sql.queries import queries
from labwright.sql.service import check_version, version_error

SERIALISED: Final = (b"mYm\0", b"dj0\0", b"ZL123\0")
"""How the bytes of a serialised value begin."""


def list_schemas(connection: Connection, dialect: Dialect) -> list[str]:
    """Return the names of all schemas but those of the database itself, sorted."""
    return sorted(name for (name,) in connection.fetch(queries(dialect.name)["schemas"]))


def schema_exists(connection: Connection, dialect: Dialect, schema: str) -> bool:
    """Whether there is such a schema."""
    return schema in list_schemas(connection, dialect)


def read_schema(
    connection: Connection,
    dialect: Dialect,
    schema: str,
    storage_of: StorageOf,
    *,
    classic: bool = False,
    lineage: bool = True,
) -> dict[str, TableDef]:
    """Return the tables of a schema by name, without the service tables.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    schema : str
        One that is not there has no tables.
    storage_of : callable
        Gives the core type in which a codec type is stored.
    classic : bool
        What an unmarked blob holds where neither the schema nor the first stored value tells: serialised values in the
        classic generation, else raw bytes.
    lineage : bool
        Whether to go by the lineages that the schema keeps; else they follow from its foreign keys.
    """
    if not dialect.native_schemas:
        return _kept_tables(connection, dialect, schema)
    return _Schema(connection, dialect, schema, storage_of, classic, lineage).tables()


def children_of(
    connection: Connection, dialect: Dialect, ids: TableId | Iterable[TableId]
) -> list[tuple[TableId, ForeignKey]]:
    """Return the foreign keys that refer to a table, or to one of several, from whatever schema.

    On servers, the foreign keys tell columns alone: neither options nor comments.
    """
    wanted = dict.fromkeys([ids] if isinstance(ids, TableId) else ids)
    found = references_of(connection, dialect) if wanted else {}
    return [pair for id_ in wanted for pair in found.get(id_, ())]


def references_of(connection: Connection, dialect: Dialect) -> dict[TableId, list[tuple[TableId, ForeignKey]]]:
    """Return the foreign keys of all schemas, each with the table that has it, by the table that it refers to."""
    found: dict[TableId, list[tuple[TableId, ForeignKey]]] = {}
    for child, fk in (fetch_references if dialect.native_schemas else _kept_references)(connection, dialect):
        found.setdefault(fk.parent, []).append((child, fk))
    return found


def _kept_references(connection: Connection, dialect: Dialect) -> list[tuple[TableId, ForeignKey]]:
    tables = [t for s in list_schemas(connection, dialect) for t in _kept_tables(connection, dialect, s).values()]
    return [(t.id, fk) for t in tables for fk in t.foreign_keys]


def _kept_tables(connection: Connection, dialect: Dialect, schema: str) -> dict[str, TableDef]:
    """The definitions that were noted when the tables were made."""
    there = table_names(connection, dialect, schema)
    if SERVICE not in there:
        return {}
    rows: dict[str, str] = dict(
        connection.fetch(f"SELECT name, value FROM {dialect.table(schema, SERVICE)} ORDER BY rowid")
    )
    version = rows.get("version", FORMAT)
    if version != FORMAT:
        raise version_error(schema, version)
    kept = {n.removeprefix(TABLE): json.loads(v) for n, v in rows.items() if n.startswith(TABLE)}
    return {name: table_from_dict(data) for name, data in kept.items() if name in there and not is_service_table(name)}


class _Schema:
    """The tables of one schema of a server, and those of other schemas that they inherit from."""

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect,
        schema: str,
        storage_of: StorageOf,
        classic: bool,
        lineage: bool,
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self.schema = schema
        self.storage_of = storage_of
        self.classic = classic
        self.forgotten = () if lineage else (schema,)
        self.lineages: dict[tuple[TableId, str], str] = {}
        self.kept: dict[TableId, Mapping[str, Any]] = {}
        self.has_lineage = self._read_service(schema)
        self.raw = {t.id: t for t in fetch_tables(connection, dialect, schema)}
        self.own = list(self.raw)
        self._fetch_ancestors()
        self.blobs = self._blobs()
        self.attributes: dict[tuple[TableId, str], Attribute] = {}

    def tables(self) -> dict[str, TableDef]:
        return {id_.name: self.table(self.raw[id_]) for id_ in self.own}

    def table(self, raw: RawTable) -> TableDef:
        visible = [n for n in raw.columns if not n.startswith("_")]
        names = [*(n for n in raw.key if n in visible), *(n for n in visible if n not in raw.key)]
        heading = Heading(self.attribute(raw.id, name) for name in names)
        hidden = tuple(n for n, c in raw.columns.items() if n.startswith("_") and not c.generated)
        foreign_keys = _with_options(raw)
        table = TableDef(raw.id, heading, foreign_keys, _secondary(raw), raw.comment, hidden)
        return with_kept(table, self.kept.get(raw.id, {}))

    def attribute(self, id_: TableId, name: str) -> Attribute:
        found = self.attributes.get((id_, name))
        if found is None:
            self.attributes[id_, name] = found = self._own(id_, self.raw[id_].columns[name])
            origin = self._origin(id_, name)
            if origin is not None:
                self.attributes[id_, name] = found = _inherited(found, origin, self.lineages.get((id_, name)))
        return found

    def _origin(self, id_: TableId, name: str) -> Attribute | None:
        """The attribute of the parent that the column refers to."""
        for fk in self.raw[id_].foreign_keys:
            parent = self.raw.get(fk.parent)
            if name in fk.columns and parent is not None:
                old = fk.parent_columns[fk.columns.index(name)]
                if old in parent.columns and (fk.parent, old) != (id_, name):
                    return self.attribute(fk.parent, old)
        return None

    def _own(self, id_: TableId, column: Column) -> Attribute:
        """What the column itself says."""
        type_ = self._type(id_, column)
        in_key = column.name in self.raw[id_].key
        lineage = self.lineages.get((id_, column.name)) or (f"{id_}.{column.name}" if in_key else None)
        default = NULL_DEFAULT if column.nullable and column.default is None else column.default
        return Attribute(
            column.name, type_, in_key=in_key, nullable=column.nullable, default=default, comment=column.comment,
            lineage=lineage, storage=self._storage(type_, column),
        )  # fmt: skip

    def _type(self, id_: TableId, column: Column) -> Type | None:
        type_ = column.mark or self.blobs.get((id_, column.name), column.type)
        if (column.name,) in self.raw[id_].stored and type_ is not None:
            return external_type(type_)
        if type_ is None or not column.auto or type_.auto:
            return type_
        spelling = f"{type_.spelling} auto_increment" if column.mark is None else type_.spelling
        return replace(type_, auto=True, spelling=spelling)

    def _storage(self, type_: Type | None, column: Column) -> Type | None:
        if type_ is None or type_.codec is None:
            return None
        try:
            return self.storage_of(type_)
        except LabwrightError:  # a codec that is not known here: the column is still there
            return column.type

    def _read_service(self, schema: str) -> bool:
        """Refuse a schema of another version, and read its lineages; return whether it keeps them."""
        there = table_names(self.connection, self.dialect, schema)
        refuse_half_done(self.connection, self.dialect, schema, there)
        with self._where_allowed():
            self._read_notes(schema, there)
        return LINEAGE in there

    @contextmanager
    def _where_allowed(self) -> Iterator[None]:
        """Do without what this user may not read; a transaction that is open stays sound."""
        try:
            with self.connection.atomic() if self.connection.in_transaction else nullcontext():
                yield
        except AccessError:
            pass  # lineages are computed from references

    def _read_notes(self, schema: str, there: Collection[str]) -> None:
        if SERVICE in there:
            check_version(self.connection, self.dialect, schema)
        if KEPT in there:
            kept = read_kept(self.connection, self.dialect, schema)
            self.kept |= {TableId(schema, name): told for name, told in kept.items()}
        if LINEAGE not in there or schema in self.forgotten:
            return
        name = self.dialect.table(schema, LINEAGE)
        for table, attribute, lineage in self.connection.fetch(
            f"SELECT table_name, attribute_name, lineage FROM {name}"
        ):
            self.lineages[TableId(schema, table), attribute] = lineage

    def _fetch_ancestors(self) -> None:
        """Read the parents in other schemas, theirs, and so on."""
        told = {self.schema}
        while missing := {fk.parent for t in self.raw.values() for fk in t.foreign_keys} - self.raw.keys():
            for schema in sorted({id_.schema for id_ in missing}):
                names = sorted(id_.name for id_ in missing if id_.schema == schema)
                self.raw |= {t.id: t for t in fetch_tables(self.connection, self.dialect, schema, names)}
                if schema not in told:
                    told.add(schema)
                    self._read_service(schema)
            for id_ in missing:
                self.raw.setdefault(id_, RawTable(id_))  # one that this user may not see

    def _blobs(self) -> dict[tuple[TableId, str], Type]:
        """The types of unmarked blobs, which hold serialised values in the one generation and bytes in the other."""
        unmarked = [
            (id_, c.name, c.type.spelling)
            for id_ in self.own
            for c in self.raw[id_].columns.values()
            if c.mark is None and c.type is not None and c.type.spelling in BLOBS
        ]
        return {(i, n): parse_type(text, classic=self._is_serialised(i, n)) for i, n, text in unmarked}

    def _is_serialised(self, id_: TableId, column: str) -> bool:
        if not self.has_lineage:
            return True
        quoted, table = self.dialect.quote(column), self.dialect.table(id_.schema, id_.name)
        sql = f"SELECT substr({quoted}, 1, 6) FROM {table} WHERE {quoted} IS NOT NULL LIMIT 1"
        rows: Sequence[Any] = ()
        with self._where_allowed():
            rows = self.connection.fetch(sql)
        return bytes(rows[0][0]).startswith(SERIALISED) if rows else self.classic


def _inherited(own: Attribute, origin: Attribute, lineage: str | None) -> Attribute:
    """What a column says, with what its origin says better."""
    type_ = replace(origin.type, auto=False) if origin.type is not None and origin.type.auto else origin.type
    return replace(own, type=type_, comment=origin.comment, storage=origin.storage, lineage=lineage or origin.lineage)


def _with_options(raw: RawTable) -> tuple[ForeignKey, ...]:
    """The foreign keys: nullable where the columns that they bring are, unique where an index says so."""
    seen: set[str] = set()
    unique = {i.columns for i in raw.indexes if i.unique}
    found = []
    for fk in raw.foreign_keys:
        new = [c for c in fk.columns if c not in seen]
        seen.update(fk.columns)
        nullable = bool(new) and all(raw.columns[c].nullable for c in new)
        found.append(replace(fk, nullable=nullable, unique=fk.columns in unique))
    return tuple(found)


def _secondary(raw: RawTable) -> tuple[Index, ...]:
    """The indexes that are not those of references, nor made for a column that counts up."""
    references = {fk.columns for fk in raw.foreign_keys} | raw.stored
    counted = {(c.name,) for c in raw.columns.values() if c.auto}
    made = references | {columns for columns in counted if columns == raw.key}
    return tuple(
        dict.fromkeys(i for i in raw.indexes if i.columns not in made and (i.unique or i.columns not in counted))
    )
