"""What is looked at before a table is changed: whether every row fits what the table is to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from labwright.core.errors import MigrationError
from labwright.core.heading import Attribute
from labwright.core.types import Type
from labwright.define.convert import converter, family, fits, widens
from labwright.define.diff import RenameAttribute
from labwright.define.evolution import Evolution
from labwright.define.table import ForeignKey
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.history import shadow_columns
from labwright.sql.history_alter import Fate, fate, misfits
from labwright.sql.migrate_source import ROW, Sources

SHOWN: Final = 3
"""How many rows an error names."""


class Checks:
    """Looks at the rows of tables that are to be changed; an error says which do not fit.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    evolutions : list of Evolution
    lossy : bool
        Whether values may be lost.
    """

    def __init__(self, connection: Connection, dialect: Dialect, evolutions: list[Evolution], *, lossy: bool) -> None:
        self.connection = connection
        self.dialect = dialect
        self.evolutions = evolutions
        self.lossy = lossy
        self.sources = Sources(dialect, evolutions, lambda id_: dialect.table(id_.schema, id_.name))

    def run(self) -> None:
        """Raise `MigrationError` for what cannot be."""
        for evolution in self.evolutions:
            if self.first(f"SELECT 1 FROM {self.place(evolution)} LIMIT 1"):
                for check in (self.nothing_lost, self.types, self.values, self.keys, self.references):
                    check(evolution)
            if not self.lossy:
                self.history(evolution)

    def place(self, evolution: Evolution) -> str:
        return self.sources.place(evolution.old.id)

    def first(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.fetch(sql)

    def nothing_lost(self, evolution: Evolution) -> None:
        """Values that go are an error, unless somebody said so."""
        for name in () if self.lossy else evolution.dropped:
            if name in {c for fk in evolution.old.foreign_keys for c in fk.columns} or any(
                name in text for text in evolution.fills.values()
            ):
                continue
            column = self.sources.column(ROW, name)
            rows = self.first(f"SELECT 1 FROM {self.place(evolution)} {ROW} WHERE {column} IS NOT NULL LIMIT 1")
            if rows:
                raise MigrationError(
                    f"Table {evolution.old.id}: the values of {name!r} would be lost. If it has another name now, say "
                    f"so by a comment that opens with {{{name}}}, or by renames={{'new_name': {name!r}}}; if they are "
                    "to go, say lossy=True (--lossy)."
                )

    def types(self, evolution: Evolution) -> None:
        """Values that the new type does not hold are an error."""
        for name, attribute in evolution.new.heading.items():
            origin = evolution.old_name(name)
            if origin is not None and name not in evolution.fills:
                self.type(evolution, evolution.old.heading[origin], attribute)

    def type(self, evolution: Evolution, old: Attribute, new: Attribute) -> None:
        if old.type is None or new.type is None or widens(old.type, new.type):
            return
        turn, found = converter(old.type, new.type), []
        for row, value in self.rows_with(evolution, old):
            if turn is None or not fits(turn, value):
                found.append((row, value))
            if len(found) == SHOWN:
                break
        if found:
            shown = "; ".join(f"{old.name}={value!r:.60} where {row}" for row, value in found)
            raise MigrationError(
                f"Table {evolution.old.id}: {old.name!r} cannot be {new.type} instead of {old.type}, since values do "
                f"not fit: {shown}. Change these values first{_hint(old.type, new.type)}."
            )

    def history(self, evolution: Evolution) -> None:
        """Values of earlier rows that the new type does not hold are an error, too."""
        id_ = evolution.old.id
        for old, new in evolution_fate(self.connection, self.dialect, evolution).turned:
            found = list(islice(misfits(self.connection, self.dialect, id_, old, new), SHOWN))
            if found:
                shown = ", ".join(f"{value!r:.60}" for _, value in found)
                raise MigrationError(
                    f"Table {id_}: {old.name!r} cannot be {new.type} instead of {old.type}, since earlier rows, which "
                    f"the history keeps, have values that do not fit: {shown}. Let the history lose "
                    "these values by lossy=True (--lossy), or remove what is old: labwright history prune."
                )

    def rows_with(self, evolution: Evolution, attribute: Attribute) -> Iterator[tuple[str, Any]]:
        """The key of each row as text, with its value of an attribute."""
        key = evolution.old.key_columns
        assert attribute.stored is not None
        column = self.sources.column(ROW, attribute.name)
        columns = [*(self.sources.column(ROW, k) for k in key), self.dialect.output(column, attribute.stored)]
        decode = self.dialect.decoder(attribute.stored)
        sql = f"SELECT {', '.join(columns)} FROM {self.place(evolution)} {ROW} WHERE {column} IS NOT NULL"
        for batch in self.connection.stream(sql):
            for row in batch:
                yield named(key, row), decode(row[-1]) if decode else row[-1]

    def values(self, evolution: Evolution) -> None:
        """An attribute that needs a value has one in every row."""
        for name, attribute in evolution.new.heading.items():
            value = self.sources.value(evolution, name)
            if value is None:
                if attribute.auto:
                    raise MigrationError(
                        f"Table {evolution.new.id}: {name!r} counts up, and the rows that are there have no numbers. "
                        "Give them by alter(fill=...)."
                    )
                self.sources.known(evolution, name)
            elif not attribute.nullable and self.sources.may_lack(evolution, name):
                self.no_null(evolution, name, value)

    def no_null(self, evolution: Evolution, name: str, value: str) -> None:
        rows = self.named_rows(evolution, f"({value}) IS NULL")
        if rows:
            raise MigrationError(
                f"Table {evolution.new.id}: {name!r} needs a value, and has none where {rows}. Give it a default, or "
                "give these rows a value first."
            )

    def named_rows(self, evolution: Evolution, condition: str) -> str:
        """The first rows of a table that meet a condition, by their keys."""
        key = evolution.old.key_columns
        columns = ", ".join(self.sources.column(ROW, k) for k in key)
        sql = f"SELECT {columns} FROM {self.place(evolution)} {ROW} WHERE {condition} LIMIT {SHOWN}"
        return "; ".join(named(key, row) for row in self.first(sql))

    def keys(self, evolution: Evolution) -> None:
        """The new key and new unique indexes tell rows apart."""
        key = tuple(evolution.new.heading.primary_key)
        kept = {evolution.old_name(n) for n in key if n not in evolution.fills}
        if not set(evolution.old.heading.primary_key) <= kept or not evolution.old.heading.primary_key:
            self.unique(evolution, key, "primary key")
        for columns in _unique(evolution.new) - {self.as_new(evolution, c) for c in _unique(evolution.old)}:
            self.unique(evolution, columns, "unique index")

    def as_new(self, evolution: Evolution, columns: Sequence[str]) -> tuple[str, ...]:
        names = {evolution.old_name(n): n for n in evolution.new.heading}
        return tuple(names.get(c, c) for c in columns)

    def unique(self, evolution: Evolution, names: Sequence[str], what: str) -> None:
        values = [self.sources.known(evolution, n) for n in names]
        if not values:
            if len(self.first(f"SELECT 1 FROM {self.place(evolution)} LIMIT 2")) > 1:
                raise MigrationError(f"Table {evolution.new.id} is to have one row at most, and has more.")
            return
        chosen = ", ".join(f"{v} AS k{i}" for i, v in enumerate(values))
        inner = f"SELECT {chosen} FROM {self.place(evolution)} {ROW}"
        places = [f"k{i}" for i in range(len(values))]
        present = " AND ".join(f"{p} IS NOT NULL" for p in places)
        group = ", ".join(places)
        rows = self.first(
            f"SELECT {group}, count(*) FROM ({inner}) AS t WHERE {present} GROUP BY {group} HAVING count(*) > 1 "
            f"LIMIT {SHOWN}"
        )
        if rows:
            shown = "; ".join(f"{row[-1]} rows with {named(names, row)}" for row in rows)
            raise MigrationError(
                f"Table {evolution.new.id}: ({', '.join(names)}) cannot be a {what}, since rows would be the same in "
                f"it: {shown}."
            )

    def references(self, evolution: Evolution) -> None:
        """What a new reference refers to is there."""
        for fk in evolution.new.foreign_keys:
            if not self.is_kept(evolution, fk):
                self.reference(evolution, fk)

    def is_kept(self, evolution: Evolution, fk: ForeignKey) -> bool:
        """Whether the reference was there before, and rows refer to the same ones as they did."""
        parent = self.sources.by_new.get(fk.parent)
        if parent is None:
            kept = tuple(str(evolution.old_name(c)) for c in fk.columns)
            return any((k.columns, k.parent) == (kept, fk.parent) for k in evolution.old.foreign_keys) and not (
                set(fk.columns) & set(evolution.fills)
            )
        reference = self.sources.old_reference(evolution, fk, parent)
        if reference is None or set(fk.columns) & set(evolution.fills):
            return False
        pairs = set(zip(reference.columns, reference.parent_columns, strict=True))
        return all(
            (evolution.old_name(column), parent.old_name(name)) in pairs
            or self.is_looked_up(evolution, column, reference)
            for column, name in zip(fk.columns, fk.parent_columns, strict=True)
        )

    def is_looked_up(self, evolution: Evolution, column: str, reference: ForeignKey) -> bool:
        """Whether a new column gets the value that the row has to which the old reference refers."""
        link = self.sources.link(evolution, column) if evolution.old_name(column) is None else None
        return link is not None and link.reference.columns == reference.columns

    def reference(self, evolution: Evolution, fk: ForeignKey) -> None:
        values = [self.sources.known(evolution, c) for c in fk.columns]
        parent = self.sources.by_new.get(fk.parent)
        if parent is None:
            place = self.dialect.table(fk.parent.schema, fk.parent.name)
            theirs = [self.sources.column("r", p) for p in fk.parent_columns]
            if self.dialect.name == "postgres":  # where labels are compared as texts until the new table is there
                kinds = [a.stored.kind if a.stored else "" for a in map(evolution.new.heading.__getitem__, fk.columns)]
                theirs = [f"CAST({t} AS text)" if k == "enum" else t for t, k in zip(theirs, kinds, strict=True)]
        else:
            place = self.sources.place(parent.old.id)
            theirs = [self.sources.known(parent, p, "r") for p in fk.parent_columns]
        same = " AND ".join(f"{t} = {v}" for t, v in zip(theirs, values, strict=True))
        given = " AND ".join(f"({v}) IS NOT NULL" for v in values)
        rows = self.named_rows(evolution, f"{given} AND NOT EXISTS (SELECT 1 FROM {place} r WHERE {same})")
        if rows:
            raise MigrationError(
                f"Table {evolution.new.id}: the reference to {fk.parent} would be broken where {rows}. Insert what is "
                "missing there first, or let the reference be nullable and empty."
            )


def evolution_fate(connection: Connection, dialect: Dialect, evolution: Evolution) -> Fate:
    """What becomes of the columns of what keeps the history of a table; nothing where there is none."""
    there = shadow_columns(connection, dialect, evolution.old.id)
    renamed = [(c.old, c.new) for c in evolution.changes if isinstance(c, RenameAttribute)]
    return fate(evolution.old, evolution.new, there, renamed) if there else Fate()


def named(names: Iterable[str], row: Sequence[Any]) -> str:
    """The names with the values of a row, for people."""
    return ", ".join(f"{name}={value!r}" for name, value in zip(names, row, strict=False))


def _hint(old: Type, new: Type) -> str:
    """How texts have to be written."""
    text = family(old) == "text" != family(new)
    return f"; a text is taken where it is written just as the {new} is, as 12 and not 012 or ' 12'" if text else ""


def _unique(table: Any) -> set[tuple[str, ...]]:
    found = {i.columns for i in table.indexes if i.unique and all(c in table.heading for c in i.columns)}
    return found | {fk.columns for fk in table.foreign_keys if fk.unique}
