"""CREATE TABLE for SQLite: strict tables, with checks for what its few types do not hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute
from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.define.default_values import digits_of
from labwright.define.serial import table_to_dict
from labwright.define.table import SINGLETON, Index
from labwright.sql.ddl_writer import SERVICE, TableWriter
from labwright.sql.literals import quote_sqlite
from labwright.sql.sqlite import MAX_INTEGER, SCALED_DIGITS
from labwright.sql.statement import Statement

TABLE: Final = "table:"
"""The beginning of the name under which a table's definition is kept."""


class SQLiteWriter(TableWriter):
    """Writes a strict table, and its definition into the schema's service table."""

    table_options: ClassVar[str] = " STRICT"

    def check(self) -> None:
        super().check()
        for attribute in self.table.heading.attributes.values():
            if attribute.auto and self.table.key_columns != (attribute.name,):
                raise DefinitionError(
                    f"Table {self.table.id}: SQLite counts up a primary key of one attribute only, and "
                    f"{attribute.name!r} is not that. Give its values yourself, or make it the whole key."
                )

    def column(self, attribute: Attribute) -> str:
        if attribute.auto:
            return f"{self.dialect.quote(attribute.name)} INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"
        return super().column(attribute)

    def own_type(self, attribute: Attribute) -> str:
        """A key of one INTEGER would be the row's number, which SQLite makes up when it is missing; INT is not."""
        type_ = super().own_type(attribute)
        return "INT" if type_ == "INTEGER" and self.table.key_columns == (attribute.name,) else type_

    def primary_key(self) -> Iterator[str]:
        if not any(a.auto for a in self.table.heading.attributes.values()):
            yield from super().primary_key()

    def now(self, type_: Type) -> str:
        digits, zone = digits_of(type_), "" if type_.kind == "datetime_utc" else ", 'localtime'"
        if digits == 0:
            return f"(strftime('%Y-%m-%d %H:%M:%S', 'now'{zone}))"
        return f"(substr(strftime('%Y-%m-%d %H:%M:%f', 'now'{zone}) || '000', 1, {20 + digits}))"

    def text(self, value: str) -> str:
        return quote_sqlite(value)

    def checks(self) -> Iterator[str]:
        yield from self.checks_of(self.columns())

    def checks_of(self, attributes: Iterable[Attribute]) -> Iterator[str]:
        """The constraints of some columns."""
        for attribute in attributes:
            condition = self.condition(attribute)
            if condition:
                name = self.dialect.quote(f"{self.table.id}.{attribute.name}")
                yield f"CONSTRAINT {name} CHECK ({condition})"

    def condition(self, attribute: Attribute) -> str:
        """What holds for all values of a column."""
        column, type_ = self.dialect.quote(attribute.name), self.stored(attribute)
        if attribute.name == SINGLETON:
            return f"{column} = 1"
        if type_.kind == "enum":
            return f"{column} IN ({', '.join(map(self.text, type_.args))})"
        bounds = INTEGER_BOUNDS.get(type_.kind)
        if bounds is not None:
            return _between(column, *bounds)
        return _CONDITIONS[type_.kind](column, type_.args) if type_.kind in _CONDITIONS else ""

    def after(self) -> Iterator[Statement]:
        for index in self.indexes():
            yield Statement(self.create_index(index, self.dialect.quote(self.index_name(index))))

    def index_name(self, index: Index) -> str:
        columns = ", ".join(c if isinstance(c, str) else f"({c.text})" for c in index.columns)
        return f"{self.table.id}({columns}){' unique' if index.unique else ''}"

    def remember(self) -> Iterator[Statement]:
        document = json.dumps(table_to_dict(self.table), ensure_ascii=False)
        yield Statement(
            f"INSERT OR REPLACE INTO {self.dialect.table(self.table.id.schema, SERVICE)} (name, value) VALUES (?, ?)",
            (TABLE + self.table.id.name, document),
        )


def _between(column: str, least: int, most: int) -> str:
    if most >= MAX_INTEGER:
        return "" if least < 0 else f"{column} >= 0"
    return f"{column} BETWEEN {least} AND {most}"


def _length(column: str, args: tuple[Any, ...]) -> str:
    return f"length({column}) <= {args[0]}"


def _digits(column: str, args: tuple[Any, ...]) -> str:
    if args[0] > SCALED_DIGITS:
        return f"length({column}) = {args[0] + 1}"
    return _between(column, -(10 ** args[0]) + 1, 10 ** args[0] - 1)


_CONDITIONS: Final[Mapping[str, Callable[[str, tuple[Any, ...]], str]]] = MappingProxyType(
    {
        "bool": lambda column, _: f"{column} IN (0, 1)",
        "char": _length,
        "varchar": _length,
        "decimal": _digits,
        "json": lambda column, _: f"{column} IS NULL OR json_valid({column})",
        "uuid": lambda column, _: f"length({column}) = 36",
        "year": lambda column, _: f"{column} = 0 OR {column} BETWEEN 1901 AND 2155",
    }
)
