"""Where the values of a new form of a table come from: SQL over the rows of the old one, and those of its parents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Final

from labwright.core.errors import MigrationError
from labwright.core.heading import Attribute
from labwright.define.evolution import Evolution
from labwright.define.table import SINGLETON, ForeignKey, TableId
from labwright.query.scalar import parse_scalar
from labwright.sql.ddl_tables import table_writer
from labwright.sql.dialect import Dialect
from labwright.sql.migrate_types import cast

NO_TYPES: Final[Mapping[str, str]] = MappingProxyType({})
ROW = "o"
"""The alias of the old table."""


@dataclass(frozen=True, slots=True)
class Link:
    """How a row of a child finds that of its parent in the old tables."""

    parent: Evolution
    reference: ForeignKey


class Sources:
    """Writes the values of new tables.

    Parameters
    ----------
    dialect : Dialect
    evolutions : list of Evolution
    place : callable
        Gives what an old table is called in SQL at the moment.
    types : callable, optional
        Gives the types of the columns of a new table, as far as it is there; until then labels are texts.
    """

    def __init__(
        self,
        dialect: Dialect,
        evolutions: list[Evolution],
        place: Callable[[TableId], str],
        types: Callable[[TableId], Mapping[str, str]] = lambda _: NO_TYPES,
    ) -> None:
        self.dialect = dialect
        self.by_new: Mapping[TableId, Evolution] = {e.new.id: e for e in evolutions}
        self.place = place
        self.types = types
        self._aliases = count()

    def select(self, evolution: Evolution) -> tuple[list[str], str]:
        """The columns that get values, and a SELECT that gives them."""
        values = self.values(evolution)
        chosen = ", ".join(values.values())
        return list(values), f"SELECT {chosen} FROM {self.place(evolution.old.id)} {ROW}"

    def values(self, evolution: Evolution) -> dict[str, str]:
        """Column -> SQL, for all columns but those that get their default."""
        found = {name: self.value(evolution, name) for name in evolution.new.heading}
        values = {name: sql for name, sql in found.items() if sql is not None}
        for name in evolution.new.hidden:
            if name in evolution.old.hidden:
                values[name] = self.column(ROW, name)
            elif name != SINGLETON:
                values[name] = "NULL"
        return values or {SINGLETON: "1" if self.dialect.name != "postgres" else "TRUE"}

    def value(self, evolution: Evolution, name: str, row: str = ROW) -> str | None:
        """SQL for one attribute of a new row; None where nothing is known but a default, or not even that."""
        found = self.own_value(evolution, name, row)
        if found is None:
            return None
        default = self.default(evolution, name)
        filled = default is not None and not evolution.new.heading[name].nullable and self.may_lack(evolution, name)
        return f"coalesce({found}, {default})" if filled else found

    def own_value(self, evolution: Evolution, name: str, row: str = ROW) -> str | None:
        """The same, without the default that stands in for NULL."""
        if name in evolution.fills:
            return self.filled(evolution, name, row)
        origin = evolution.old_name(name)
        if origin is not None:
            old, new = evolution.old.heading[origin], evolution.new.heading[name]
            return cast(self.dialect, self.column(row, origin), old, new, self.type_of(evolution, new))
        link = self.link(evolution, name)
        return None if link is None else self.looked_up(evolution, link, name, row)

    def may_lack(self, evolution: Evolution, name: str) -> bool:
        """Whether the value that is kept may be NULL."""
        origin = evolution.old_name(name)
        return origin is None or evolution.old.heading[origin].nullable

    def default(self, evolution: Evolution, name: str) -> str | None:
        """The default of a new attribute; None where it has none, or NULL."""
        attribute = evolution.new.heading[name]
        if attribute.default is None or attribute.default.kind == "null":
            return None
        clause = table_writer(self.dialect, evolution.new).default(attribute)
        text = clause.removeprefix("DEFAULT ")
        return self.typed(evolution, text, attribute)

    def usual(self, evolution: Evolution, name: str) -> str | None:
        """What a new attribute that needs a value has in rows of the past: its default, or the one it inherits."""
        link = self.link(evolution, name)
        if link is None:
            return None if evolution.new.heading[name].nullable else self.default(evolution, name)
        fk = next(f for f in evolution.new.foreign_keys if name in f.columns and f.parent == link.parent.new.id)
        value = self.usual(link.parent, fk.parent_columns[fk.columns.index(name)])
        kept = next((n for n in fk.columns if evolution.old_name(n) in link.reference.columns), None)
        if value is None or kept is None:
            return value
        return f"CASE WHEN {self.dialect.quote(kept)} IS NOT NULL THEN {value} END"

    def typed(self, evolution: Evolution, text: str, attribute: Attribute) -> str:
        """A literal, with its type where the database would guess."""
        if self.dialect.name != "postgres" or attribute.stored is None:
            return text
        return f"CAST({text} AS {self.type_of(evolution, attribute).partition(' COLLATE')[0]})"

    def type_of(self, evolution: Evolution, attribute: Attribute) -> str:
        """The type of a new column; enums of PostgreSQL are types with names of their own."""
        if attribute.stored is None:
            return ""
        if self.dialect.name == "postgres" and attribute.stored.kind == "enum":
            return self.types(evolution.new.id).get(attribute.name, "text")
        return self.dialect.column_type(attribute.stored, evolution.new.id.schema)

    def filled(self, evolution: Evolution, name: str, row: str) -> str:
        """The expression that somebody gave for the values."""
        writer = table_writer(self.dialect, evolution.old)
        where = f"the values of {name!r} in table {evolution.new.id}"
        scalar = parse_scalar(evolution.fills[name], evolution.old.heading, where=where)
        text = writer.expression(scalar, f"{row}.")
        attribute = evolution.new.heading[name]
        type_ = attribute.stored
        if self.dialect.name == "postgres" and type_ is not None:
            text = f"CAST({text} AS text)" if type_.kind == "enum" else text
            return self.typed(evolution, text, attribute)
        return text

    def link(self, evolution: Evolution, name: str) -> Link | None:
        """How the parent is found that brings a new attribute."""
        for fk in evolution.new.foreign_keys:
            parent = self.by_new.get(fk.parent)
            if name in fk.columns and parent is not None and parent.old.id != evolution.old.id:
                reference = self.old_reference(evolution, fk, parent)
                if reference is not None:
                    return Link(parent, reference)
        return None

    def old_reference(self, evolution: Evolution, fk: ForeignKey, parent: Evolution) -> ForeignKey | None:
        """The reference of the old table that `fk` continues."""
        pairs: set[tuple[str | None, str | None]] = set()
        for column, name in zip(fk.columns, fk.parent_columns, strict=True):
            kept = evolution.old_name(column), parent.old_name(name)
            if None not in kept:
                pairs.add(kept)
        candidates = [old for old in evolution.old.foreign_keys if old.parent == parent.old.id]
        fitting = list({old.columns: old for old in candidates if _continues(old, pairs)}.values())
        return fitting[0] if len(fitting) == 1 else None

    def looked_up(self, evolution: Evolution, link: Link, name: str, row: str) -> str | None:
        """The value that the parent has, by the reference of the old table."""
        fk = next(f for f in evolution.new.foreign_keys if name in f.columns and f.parent == link.parent.new.id)
        alias = f"p{next(self._aliases)}"
        inner = self.value(link.parent, fk.parent_columns[fk.columns.index(name)], alias)
        if inner is None:
            inner = self.default(link.parent, fk.parent_columns[fk.columns.index(name)])
        if inner is None:
            return None
        return f"(SELECT {inner} FROM {self.place(link.parent.old.id)} {alias} WHERE {self.joined(link, row, alias)})"

    def joined(self, link: Link, row: str, alias: str) -> str:
        pairs = zip(link.reference.columns, link.reference.parent_columns, strict=True)
        return " AND ".join(f"{self.column(alias, p)} = {self.column(row, c)}" for c, p in pairs)

    def column(self, row: str, name: str) -> str:
        return f"{row}.{self.dialect.quote(name)}"

    def known(self, evolution: Evolution, name: str, row: str = ROW) -> str:
        """SQL for one attribute, its default included.

        Raises
        ------
        MigrationError
            When there is none.
        """
        found = self.value(evolution, name, row)
        if found is None:
            found = self.default(evolution, name) or ("NULL" if evolution.new.heading[name].nullable else None)
        if found is None:
            raise MigrationError(
                f"Table {evolution.new.id}: nothing says what {name!r} is to be in the rows that are there. Give it a "
                f"default, or an expression, as in alter(fill={{{name!r}: '...'}})."
            )
        return found


def _continues(old: ForeignKey, pairs: set[tuple[str | None, str | None]]) -> bool:
    """Whether the kept columns of a reference are those of `old`."""
    present: set[tuple[str | None, str | None]] = set(zip(old.columns, old.parent_columns, strict=True))
    return all(pair in present for pair in pairs if pair[1] in old.parent_columns)
