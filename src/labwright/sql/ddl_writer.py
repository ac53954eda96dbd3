"""CREATE TABLE, as far as all databases agree; what differs is in the subclasses."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.ast import Expression
from labwright.define.classic import external_store
from labwright.define.default_values import default_value
from labwright.define.names import check_length
from labwright.define.service_tables import EXTERNAL
from labwright.define.table import ForeignKey, Index, TableDef, TableId
from labwright.query.paths import parse_path
from labwright.query.scalar import Scalar, json_scalar, parse_scalar
from labwright.sql.companions import clear_companions, create_companions
from labwright.sql.dialect import Dialect
from labwright.sql.hidden import hidden_column
from labwright.sql.kept import keep
from labwright.sql.statement import Statement
from labwright.sql.translate import Slot, translate

LINEAGE = "~lineage"
SERVICE = "~labwright"
FORMAT = "1"
"""The version of what Labwright writes beside the tables."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the database has already, as far as a new table depends on it.

    Parameters
    ----------
    column_types : mapping
        The types of the parents' columns, as the server spells them: a foreign key must repeat them.
    enums : mapping
        ``(schema, name)`` of each enum type of PostgreSQL -> its labels.
    lineage : bool
        Whether the schema keeps the lineage of attributes.
    own : mapping
        The types of those columns of the table that are to stay as they were before it was made anew.
    """

    column_types: Mapping[tuple[TableId, str], str] = field(default_factory=lambda: MappingProxyType({}))
    enums: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    lineage: bool = True
    own: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class TableWriter:
    """Writes the statements that make a table.

    Literals stand in the text, since no database binds values in definitions; each passes through `text`.
    """

    indexes_references: ClassVar[bool] = True
    """Whether we make the index of a foreign key; else the server does."""
    table_options: ClassVar[str] = ""
    entered: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """The defaults of hidden columns that only this database has."""

    def __init__(self, dialect: Dialect, table: TableDef, around: Surroundings) -> None:
        self.dialect = dialect
        self.table = table
        self.around = around
        self.name = dialect.table(table.id.schema, table.id.name)
        self.origins = _origins(table.foreign_keys)

    def statements(self) -> Iterator[Statement]:
        """All of them, in order."""
        self.check()
        yield from self.before()
        yield Statement(self.create())
        yield from self.after()
        yield from self.remember()
        if self.table.history:  # that of another table of this name, which a stranger may have dropped
            yield from clear_companions(self.dialect, self.table.id)
        yield from create_companions(self.dialect, self.table)

    def check(self) -> None:
        """Refuse what the database would cut."""
        limit = self.dialect.max_name_bytes
        check_length(self.table.id.name, "table name", max_bytes=limit)
        for name in self.table.heading:
            check_length(name, f"table {self.table.id}: attribute", max_bytes=limit)

    def before(self) -> Iterator[Statement]:
        """What has to be there before the table."""
        yield from ()

    def after(self) -> Iterator[Statement]:
        """What follows the table: indexes, comments."""
        yield from ()

    def remember(self) -> Iterator[Statement]:
        """What is noted in the service tables."""
        if self.around.lineage:
            yield from lineage_rows(self.dialect, self.table)
        yield from keep(self.dialect, self.table)

    def create(self) -> str:
        """CREATE TABLE."""
        lines = ",\n  ".join(self.lines())
        return f"CREATE TABLE {self.name} (\n  {lines}\n){self.table_options}"

    def lines(self) -> Iterator[str]:
        """Columns and constraints."""
        yield from map(self.column, self.columns())
        yield from self.primary_key()
        yield from self.references()
        yield from self.checks()

    def columns(self) -> list[Attribute]:
        """Visible and hidden ones, the key first."""
        hidden = [hidden_column(name) for name in self.table.hidden]
        visible = self.table.heading.attributes.values()
        return [*(h for h in hidden if h.in_key), *visible, *(h for h in hidden if not h.in_key)]

    def column(self, attribute: Attribute) -> str:
        """One column."""
        parts = [self.dialect.quote(attribute.name), self.column_type(attribute), *self.options(attribute)]
        return " ".join(p for p in parts if p)

    def options(self, attribute: Attribute) -> list[str]:
        """What stands behind the type of a column."""
        return ["" if attribute.nullable else "NOT NULL", self.default(attribute)]

    def stored(self, attribute: Attribute) -> Type:
        """The type that the column holds."""
        if attribute.stored is None or attribute.stored.kind == "codec":
            raise DefinitionError(f"Table {self.table.id}: the type of {attribute.name!r} is not known.")
        return attribute.stored

    def column_type(self, attribute: Attribute) -> str:
        """The type of the column: the parent's for an inherited one."""
        for origin in self.origins.get(attribute.name, ()):
            found = self.around.column_types.get(origin)
            if found is not None:
                return found
        return self.around.own.get(attribute.name) or self.own_type(attribute)

    def own_type(self, attribute: Attribute) -> str:
        """The type of a column that copies no other."""
        return self.dialect.column_type(self.stored(attribute), self.table.id.schema)

    def default(self, attribute: Attribute) -> str:
        """The DEFAULT clause."""
        if attribute.name in self.entered:
            return f"DEFAULT {self.entered[attribute.name]}"
        given = attribute.default
        if given is None:
            return ""
        if given.kind == "null":
            return "DEFAULT NULL"
        type_ = self.stored(attribute)
        if given.kind == "now":
            return f"DEFAULT {self.now(type_)}"
        try:
            value = default_value(type_, given.value)
        except ValueError as exc:
            raise DefinitionError(f"Table {self.table.id}: {attribute.name!r}: {exc}.") from exc
        return f"DEFAULT {self.default_literal(type_, self.dialect.encode(type_, value))}"

    def default_literal(self, type_: Type, value: Any) -> str:
        """A value in its stored form, as a default."""
        return self.literal(value)

    def now(self, type_: Type) -> str:
        """The present moment, in the stored form of `type_`."""
        raise NotImplementedError

    def text(self, value: str) -> str:
        """A text as a literal; a per cent sign is doubled where the driver reads it."""
        raise NotImplementedError

    def literal(self, value: Any) -> str:
        """A value in its stored form, as a literal."""
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, (int, float)):
            return repr(value)
        if isinstance(value, (str, decimal.Decimal, datetime.date, datetime.time, uuid.UUID)):
            return self.text(str(value))
        raise DefinitionError(f"Table {self.table.id}: a {type(value).__name__} cannot be written as a literal.")

    def primary_key(self) -> Iterator[str]:
        yield f"PRIMARY KEY ({self.quoted(self.table.key_columns)})"

    def foreign_key(self, fk: ForeignKey) -> str:
        parent = self.dialect.table(fk.parent.schema, fk.parent.name)
        return (
            f"FOREIGN KEY ({self.quoted(fk.columns)}) REFERENCES {parent} ({self.quoted(fk.parent_columns)})"
            f" ON UPDATE {self.on_update(fk)} ON DELETE RESTRICT"
        )

    def on_update(self, fk: ForeignKey) -> str:
        """What becomes of the rows when the parent's key changes."""
        return "CASCADE"

    def references(self) -> Iterator[str]:
        """The foreign keys, and those of attributes that are kept in stores in the classic layout."""
        yield from map(self.foreign_key, self.table.foreign_keys)
        for attribute in self.table.heading.values():
            store = external_store(attribute.type)
            if store is not None:
                parent = self.dialect.table(self.table.id.schema, f"{EXTERNAL}{store}")
                column, hash_ = self.quoted([attribute.name]), self.quoted(["hash"])
                yield f"FOREIGN KEY ({column}) REFERENCES {parent} ({hash_}) ON UPDATE RESTRICT ON DELETE RESTRICT"

    def checks(self) -> Iterator[str]:
        """CHECK constraints."""
        yield from ()

    def quoted(self, names: Iterable[str]) -> str:
        return ", ".join(map(self.dialect.quote, names))

    def indexes(self) -> list[Index]:
        """The secondary indexes to make, each once."""
        unique = [Index(fk.columns, unique=True) for fk in self.table.foreign_keys if fk.unique]
        plain = [Index(fk.columns) for fk in self.table.foreign_keys if not fk.unique]
        wanted = [*unique, *(i for i in self.table.indexes if i not in plain)]
        covered = [self.table.key_columns, *(i.columns for i in wanted)]
        for index in plain:
            if self.indexes_references and not any(c[: len(index.columns)] == index.columns for c in covered):
                wanted.append(index)
                covered.append(index.columns)
        return list(dict.fromkeys(wanted))

    def create_index(self, index: Index, name: str = "") -> str:
        unique = "UNIQUE " if index.unique else ""
        columns = ", ".join(map(self.index_column, index.columns))
        return f"CREATE {unique}INDEX {name + ' ' if name else ''}ON {self.name} ({columns})"

    def index_column(self, column: str | Expression) -> str:
        """A column of an index, or an expression in parentheses."""
        if isinstance(column, str) and column in self.table.heading:
            return self.dialect.quote(column)
        return f"({self.expression(self.scalar(column))})"

    def scalar(self, column: str | Expression) -> Scalar:
        """What an expression or a path into a json attribute stands for."""
        heading = self.table.heading
        if isinstance(column, Expression):
            return parse_scalar(column.text, heading, where=f"an index of table {self.table.id}")
        path = parse_path(column)
        if path is None:
            raise heading.unknown(column, f"an index of table {self.table.id}")
        return json_scalar(*path, heading)

    def expression(self, scalar: Scalar, row: str = "") -> str:
        """SQL with columns, of the `row` that an alias with a dot names, and literals in it."""
        return "".join(p if isinstance(p, str) else self.slot(p, row) for p in translate(scalar, self.dialect.name))

    def slot(self, slot: Slot, row: str = "") -> str:
        if slot.kind == "name":
            return row + self.dialect.quote(slot.value)
        if slot.kind == "param":
            return self.literal(self.dialect.encode(slot.type, slot.value))
        if slot.kind == "collation":
            return self.dialect.collation
        raise DefinitionError(f"Table {self.table.id}: an index cannot count rows.")


def _origins(foreign_keys: Iterable[ForeignKey]) -> dict[str, list[tuple[TableId, str]]]:
    found: dict[str, list[tuple[TableId, str]]] = {}
    for fk in foreign_keys:
        for column, parent in zip(fk.columns, fk.parent_columns, strict=True):
            found.setdefault(column, []).append((fk.parent, parent))
    return found


def is_plain(table: TableDef, index: Index) -> bool:
    """Whether an index is over columns alone."""
    return all(isinstance(c, str) and c in table.heading for c in index.columns)


def lineage_rows(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that note the lineage of the attributes of `table`."""
    rows = [(table.id.name, a.name, a.lineage) for a in table.heading.attributes.values() if a.lineage]
    yield forget_lineage(dialect, table.id)
    if rows:
        places = ", ".join(["(%s, %s, %s)"] * len(rows))
        into = f"INSERT INTO {dialect.table(table.id.schema, LINEAGE)} (table_name, attribute_name, lineage)"
        yield Statement(f"{into} VALUES {places}", tuple(v for row in rows for v in row))


def forget_lineage(dialect: Dialect, id_: TableId) -> Statement:
    """The statement that removes the lineage of the attributes of a table."""
    return Statement(f"DELETE FROM {dialect.table(id_.schema, LINEAGE)} WHERE table_name = %s", (id_.name,))
