"""CREATE TABLE for MySQL and MariaDB: marks, comments and indexes inline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.ast import Expression
from labwright.define.classic import BLOBS
from labwright.define.default_values import digits_of
from labwright.define.table import SINGLETON, ForeignKey, Index, TableDef
from labwright.query.scalar import Scalar
from labwright.sql.ddl_writer import Surroundings, TableWriter, is_plain
from labwright.sql.hidden import BY, INDEXED
from labwright.sql.indexes import write_index
from labwright.sql.key_size import MOST, key_bytes, longest_text
from labwright.sql.literals import quote_mysql, short_hash
from labwright.sql.marks import add_mark, escape_rare, has_rare, mark_of
from labwright.sql.mysql import MySQL
from labwright.sql.reflected_types import mysql_type
from labwright.sql.rule_triggers import touched_columns
from labwright.sql.statement import Statement

MAX_COMMENT: Final = 1024
MAX_TABLE_COMMENT: Final = 2048
PREFIX: Final = 512
"""How many characters of a long text are indexed."""
PLACEHOLDER: Final = "'2000-01-01 00:00:00'"


class MySQLWriter(TableWriter):
    """Writes a table with all that belongs to it."""

    indexes_references: ClassVar[bool] = False
    entered: ClassVar[Mapping[str, str]] = MappingProxyType({BY: "(substring_index(user(), '@', 1))"})
    dialect: MySQL

    def __init__(self, dialect: MySQL, table: TableDef, around: Surroundings) -> None:
        super().__init__(dialect, table, around)
        self.generated: dict[Expression | str, str] = {}

    def check(self) -> None:
        super().check()
        self.check_size("primary key", self.table.key_columns)
        if not self.dialect.mariadb:  # which takes as much of a long text as there is room for
            for index in self.indexes():
                if is_plain(self.table, index):
                    self.check_size("index", [str(c) for c in index.columns])

    def check_size(self, what: str, names: Iterable[str]) -> None:
        """Refuse a key with more bytes than there is room for."""
        types = {a.name: self.column_type(a) for a in self.columns() if a.name in set(names)}
        sizes = {n: PREFIX * 4 if self.is_cut(n) else key_bytes(t) for n, t in types.items()}
        excess = sum(sizes.values()) - MOST
        if excess <= 0:
            return
        widest = max(sizes, key=sizes.__getitem__)
        fitting = longest_text(types[widest], sizes[widest] - excess)
        advice = f"Declare {widest!r} as {fitting}" if fitting else "Use fewer or shorter attributes"
        raise self.error(
            f"the {what} ({', '.join(types)}) takes {sum(sizes.values())} bytes, 4 for a character, and {MOST} is the "
            f"limit of {self.dialect.title}. {advice}, or use a shorter text, such as a hash or a uuid, as the key."
        )

    def is_cut(self, name: str) -> bool:
        """Whether an index takes the beginning of the column alone."""
        attribute = self.table.heading.get(name)
        return attribute is not None and _is_long(self.stored(attribute))

    def text(self, value: str) -> str:
        return quote_mysql(value)

    def literal(self, value: Any) -> str:
        if isinstance(value, bytes):
            return f"unhex('{value.hex()}')"
        return super().literal(value)

    def default_literal(self, type_: Type, value: Any) -> str:
        if isinstance(value, str) and has_rare(value):
            return f"(convert(unhex('{value.encode().hex()}') using utf8mb4))"
        written = self.literal(value)
        return f"({written})" if type_.kind in ("text", "uuid") else written

    def now(self, type_: Type) -> str:
        digits = f"({digits_of(type_)})"
        return f"(utc_timestamp{digits})" if type_.kind == "datetime_utc" else f"CURRENT_TIMESTAMP{digits}"

    def create(self) -> str:
        comment = self.limited(self.table.comment, MAX_TABLE_COMMENT, "comment")
        return f"{super().create()} ENGINE=InnoDB COMMENT={comment}"

    def lines(self) -> Iterator[str]:
        yield from map(self.column, self.columns())
        indexes = [self.index(index) for index in self.indexes()]
        yield from self.generated.values()
        yield from self.primary_key()
        yield from indexes
        yield from self.references()
        yield from self.checks()

    def checks(self) -> Iterator[str]:
        if SINGLETON in self.table.hidden:
            yield f"CHECK ({self.dialect.quote(SINGLETON)} = 1)"

    def on_update(self, fk: ForeignKey) -> str:
        """A key that changes from above fires no trigger, so it may not where a rule looks at it or history is kept."""
        watched = self.table.history or touched_columns(self.table) & set(fk.columns)
        return "RESTRICT" if watched else super().on_update(fk)

    def options(self, attribute: Attribute) -> list[str]:
        type_ = self.stored(attribute)
        if type_.kind == "enum":
            self.check_labels(attribute.name, type_.args)
        default = self.default(attribute)
        if self.is_magic(attribute):
            default = f"DEFAULT {PLACEHOLDER}"
        return ["NULL" if attribute.nullable else "NOT NULL", default, f"COMMENT {self.comment(attribute)}"]

    def check_labels(self, name: str, labels: Iterable[str]) -> None:
        """Refuse labels that the server would change."""
        for label in labels:
            if label.endswith(" ") or has_rare(label):
                raise self.error(
                    f"the label {label!r} of {name!r} cannot be kept: {self.dialect.title} cuts the blanks at the end "
                    "of labels, and has no characters beyond U+FFFF in them. Choose another label."
                )

    def is_magic(self, attribute: Attribute) -> bool:
        """Whether old servers would give the column a default of their own."""
        return self.stored(attribute).kind == "timestamp" and not attribute.nullable and attribute.default is None

    def own_type(self, attribute: Attribute) -> str:
        """Where no mark can tell, the width tells what was declared as bool."""
        found = super().own_type(attribute)
        return "tinyint(1)" if self.is_classic and self.stored(attribute).kind == "bool" else found

    @property
    def is_classic(self) -> bool:
        """Whether clients of the classic generation are to read the table, who know few marks."""
        return not self.around.lineage

    def comment(self, attribute: Attribute) -> str:
        marked = add_mark(attribute.type, attribute.comment, told=self.is_told(attribute))
        if len(escape_rare(marked)) > MAX_COMMENT and attribute.type is not None and attribute.type.kind == "enum":
            marked = attribute.comment
        return self.limited(marked, MAX_COMMENT, f"comment of {attribute.name!r}")

    def is_told(self, attribute: Attribute) -> bool:
        """Whether the column's own type says all; that of bytes does not say whether they are serialised."""
        type_ = attribute.type
        if self.is_classic and type_ is not None:
            return attribute.name in self.table.hidden or self.is_told_classically(type_, self.own_type(attribute))
        if type_ is None or not type_.native or type_.kind == "bytes":
            return False
        return self.own_type(attribute).split(" CHARACTER SET")[0] == mark_of(type_)

    def is_told_classically(self, type_: Type, own: str) -> bool:
        """Whether the column's own type says as much as it does where there is no lineage: blobs are serialised."""
        if type_.kind == "json":
            return not self.dialect.mariadb
        if own in BLOBS:
            return type_.codec == "blob" and type_.store is None
        read = mysql_type(own.split(" CHARACTER SET", maxsplit=1)[0])
        return type_.kind == "bool" or (read is not None and read.kind == type_.kind)

    def limited(self, text: str, limit: int, what: str) -> str:
        if len(escape_rare(text)) > limit:
            limited = f"{limit} is the limit of {self.dialect.title}"
            raise self.error(f"the {what} takes {len(text)} characters, and {limited}.")
        return self.text(escape_rare(text))

    def indexes(self) -> list[Index]:
        """A column that counts up has to be the first of a key."""
        found = super().indexes()
        first = {self.table.key_columns[0], *(i.columns[0] for i in found)}
        counted = [a.name for a in self.table.heading.attributes.values() if a.auto and a.name not in first]
        return [*found, *(Index((name,)) for name in counted)]

    def index(self, index: Index) -> str:
        """An index; one over expressions keeps their text, which the server would rewrite."""
        unique = "UNIQUE " if index.unique else ""
        columns = ", ".join(map(self.index_column, index.columns))
        line = f"{unique}INDEX ({columns})"
        if is_plain(self.table, index):
            return line
        written = write_index(index)
        return f"{line} COMMENT {self.limited(written, MAX_COMMENT, 'definition of an index')}"

    def index_column(self, column: str | Expression) -> str:
        attribute = self.table.heading.get(column) if isinstance(column, str) else None
        if attribute is not None:
            return self.dialect.quote(attribute.name) + self.prefix(self.stored(attribute))
        scalar = self.scalar(column)
        if self.dialect.mariadb:
            return self.generated_column(column, scalar)
        expression = self.expression(scalar)
        return f"(CAST({expression} AS CHAR({PREFIX})))" if _is_long(scalar.type) else f"({expression})"

    def generated_column(self, column: str | Expression, scalar: Scalar) -> str:
        """The name of a hidden column that holds the expression, with what of it is indexed."""
        if scalar.type is None:
            raise self.error(f"the type of the index expression {scalar.text!r} is not known. Use cast(... as ...).")
        name = self.dialect.quote(INDEXED + short_hash(scalar.text))
        type_ = self.dialect.column_type(scalar.type)
        self.generated[column] = f"{name} {type_} GENERATED ALWAYS AS ({self.expression(scalar)}) VIRTUAL INVISIBLE"
        return name + self.prefix(scalar.type)

    def prefix(self, type_: Type) -> str:
        return f"({PREFIX})" if _is_long(type_) else ""

    def after(self) -> Iterator[Statement]:
        for attribute in self.table.heading.attributes.values():
            if self.is_magic(attribute):
                column = self.dialect.quote(attribute.name)
                yield Statement(f"ALTER TABLE {self.name} ALTER COLUMN {column} DROP DEFAULT")

    def error(self, message: str) -> DefinitionError:
        return DefinitionError(f"Table {self.table.id}: {message}")


def _is_long(type_: Type | None) -> bool:
    return type_ is None or type_.kind in ("text", "bytes", "json")
