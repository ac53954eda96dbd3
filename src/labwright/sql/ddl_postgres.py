"""CREATE TABLE for PostgreSQL: marks and comments on their own, enums as types of the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.default_values import digits_of
from labwright.define.table import SINGLETON, Index
from labwright.sql.ddl_writer import TableWriter, is_plain
from labwright.sql.hidden import BY, SINCE
from labwright.sql.history import SAYS
from labwright.sql.indexes import write_index
from labwright.sql.literals import quote_postgres, short_hash
from labwright.sql.marks import add_mark, mark_of
from labwright.sql.postgres import enum_name
from labwright.sql.statement import Statement

MAX_LABEL_BYTES: Final = 63


class PostgresWriter(TableWriter):
    """Writes a table, its enum types, its indexes and its comments."""

    entered: ClassVar[Mapping[str, str]] = MappingProxyType(
        {BY: SAYS["postgres"].by, SINCE: f"({SAYS['postgres'].at})"}
    )

    def text(self, value: str) -> str:
        return quote_postgres(value)

    def now(self, type_: Type) -> str:
        digits = f"({digits_of(type_)})"
        if type_.kind == "datetime_utc":
            return f"(CURRENT_TIMESTAMP{digits} AT TIME ZONE 'UTC')"
        return f"LOCALTIMESTAMP{digits}"

    def own_type(self, attribute: Attribute) -> str:
        type_ = self.stored(attribute)
        if type_.kind != "enum":
            return super().own_type(attribute)
        return f"{self.dialect.quote(self.table.id.schema)}.{self.dialect.quote(self.enum_name(type_))}"

    def enum_name(self, type_: Type) -> str:
        """The name of the type: the common one, unless that has other labels, or the same in another order."""
        name = enum_name(type_.args)
        there = self.around.enums.get((self.table.id.schema, name), type_.args)
        return name if there == type_.args else f"{name}_{short_hash(*type_.args)}"

    def default(self, attribute: Attribute) -> str:
        if self.is_numbered(attribute):
            return f"DEFAULT nextval({self.text(self.sequence(attribute))})"
        return super().default(attribute)

    def is_numbered(self, attribute: Attribute) -> bool:
        """Whether a number that counts up is wider than all types of which the server makes the sequence itself."""
        return attribute.auto and self.stored(attribute).kind == "uint64"

    def sequence(self, attribute: Attribute) -> str:
        """The sequence that gives the numbers of a column."""
        name = f"sequence_{short_hash(str(self.table.id), attribute.name)}"
        return self.dialect.table(self.table.id.schema, name)

    def numbered(self) -> list[Attribute]:
        return [a for a in self.table.heading.values() if self.is_numbered(a)]

    def before(self) -> Iterator[Statement]:
        for attribute in self.numbered():
            yield Statement(f"CREATE SEQUENCE IF NOT EXISTS {self.sequence(attribute)}")
        yield from self.enums()

    def enums(self) -> Iterator[Statement]:
        """The types of enums, unless they are there."""
        made = {}
        for attribute in self.table.heading.attributes.values():
            type_ = self.stored(attribute)
            if type_.kind == "enum" and self.column_type(attribute) == self.own_type(attribute):
                made[self.own_type(attribute)] = type_
        for name, type_ in made.items():
            yield Statement(self.create_enum(name, type_))

    def create_enum(self, name: str, type_: Type) -> str:
        for label in type_.args:
            if len(label.encode()) > MAX_LABEL_BYTES:
                raise DefinitionError(
                    f"Table {self.table.id}: the label {label!r} has {len(label.encode())} bytes, and "
                    f"{MAX_LABEL_BYTES} is the limit of PostgreSQL."
                )
        create = f"CREATE TYPE {name} AS ENUM ({', '.join(map(self.text, type_.args))})"
        block = f"BEGIN {create}; EXCEPTION WHEN duplicate_object THEN NULL; END"
        return f"DO {quote_postgres(block.replace('%%', '%'))}"

    def checks(self) -> Iterator[str]:
        if SINGLETON in self.table.hidden:
            yield f"CHECK ({self.dialect.quote(SINGLETON)})"

    def after(self) -> Iterator[Statement]:
        for attribute in self.numbered():
            column = f"{self.name}.{self.dialect.quote(attribute.name)}"
            yield Statement(f"ALTER SEQUENCE {self.sequence(attribute)} OWNED BY {column}")
        for index in self.indexes():
            yield from self.index(index)
        yield self.describe_table()
        for attribute in self.columns():
            yield from self.describe(attribute)

    def describe_table(self) -> Statement:
        """The comment of the table."""
        return Statement(f"COMMENT ON TABLE {self.name} IS {self.comment_text(self.table.comment)}")

    def describe(self, attribute: Attribute, *, always: bool = False) -> Iterator[Statement]:
        """How a column is stored, and its comment; `always` takes away one that was there."""
        if self.is_compressed(attribute):
            column = self.dialect.quote(attribute.name)
            yield Statement(f"ALTER TABLE {self.name} ALTER COLUMN {column} SET STORAGE EXTERNAL")
        comment = add_mark(attribute.type, attribute.comment, told=self.is_told(attribute))
        if comment or always:
            column = f"{self.name}.{self.dialect.quote(attribute.name)}"
            yield Statement(f"COMMENT ON COLUMN {column} IS {self.comment_text(comment)}")

    def index(self, index: Index) -> Iterator[Statement]:
        """An index; one over expressions keeps their text, which the server would rewrite."""
        if is_plain(self.table, index):
            yield Statement(self.create_index(index))
            return
        written = write_index(index)
        name = f"index_{short_hash(str(self.table.id), written)}"
        yield Statement(self.create_index(index, self.dialect.quote(name)))
        yield Statement(f"COMMENT ON INDEX {self.dialect.table(self.table.id.schema, name)} IS {self.text(written)}")

    def is_compressed(self, attribute: Attribute) -> bool:
        """Whether the values are as short as they get, so that the server need not try."""
        return attribute.type is not None and attribute.type.codec == "blob" and self.stored(attribute).kind == "bytes"

    def is_told(self, attribute: Attribute) -> bool:
        """Whether the column's own type says all."""
        type_ = attribute.type
        return type_ is not None and type_.native and self.own_type(attribute).split(" COLLATE")[0] == mark_of(type_)

    def comment_text(self, comment: str) -> str:
        r"""A comment as a literal. Foreign ones may hold ``\"`` for ``"``, so a real ``\"`` is written as such."""
        return self.text(comment.replace('"', '\\"') if '\\"' in comment else comment)
