"""Letting the shadow of a table follow when the table is altered; nothing that it holds is rounded or cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

from labwright.core.heading import Attribute
from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.define.convert import converter, fits, widens
from labwright.define.table import TableDef, TableId
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect
from labwright.sql.history import quoted_names, row_columns, shadow_id
from labwright.sql.history_ddl import shadow_type
from labwright.sql.migrate_types import cast
from labwright.sql.queries import queries
from labwright.sql.statement import Statement

FOLLOWED: Final = "followed"
"""What the comment of a shadow says on MySQL and MariaDB when it has followed, lest it does so twice."""
_AFTER: Final = "~after_"
_AT_ONCE: Final = 500


@dataclass(slots=True)
class Fate:
    """What becomes of the columns of a shadow.

    Parameters
    ----------
    dropped : list of str
        Those in whose place others come.
    renamed : list of tuple
        Old and new name, one after the other.
    turned : list of tuple
        The attribute as it was, and as it is now with another type.
    kept : list of tuple
        The same for those that have another name and no other type.
    added : list of Attribute
    """

    dropped: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    turned: list[tuple[Attribute, Attribute]] = field(default_factory=list)
    kept: list[tuple[Attribute, Attribute]] = field(default_factory=list)
    added: list[Attribute] = field(default_factory=list)


def fate(old: TableDef, new: TableDef, there: Set[str], renamed: Iterable[tuple[str, str]]) -> Fate:
    """Return what becomes of the columns `there` when a table is altered.

    Parameters
    ----------
    old, new : TableDef
    there : set of str
    renamed : iterable of tuple
        Old name and new name of attributes, in an order in which each new name is free.
    """
    found = Fate()
    before = {a.name: a for a in row_columns(old) if a.name in there}
    left = set(there - before.keys())
    for origin, name in renamed:
        if origin in before:
            if before.pop(name, None) is not None or name in left:  # that of an attribute that was dropped
                found.dropped.append(name)
                left.discard(name)
            found.renamed.append((origin, name))
            before[name] = before.pop(origin)
    for attribute in row_columns(new):
        was = before.get(attribute.name)
        if was is None:
            found.dropped += [attribute.name] * (attribute.name in left)
            found.added.append(attribute)
        elif was.stored != attribute.stored and not _has_room(was.stored, attribute.stored):
            found.turned.append((was, attribute))
        elif was.name != attribute.name:
            found.kept.append((was, attribute))
    return found


def _has_room(old: Type | None, new: Type | None) -> bool:
    """Whether a column of the old type holds the values of the new one, while those of before may not fit in that."""
    if old is None or new is None:
        return False
    if old.kind in INTEGER_BOUNDS and new.kind in INTEGER_BOUNDS:
        (least, most), (low, high) = INTEGER_BOUNDS[old.kind], INTEGER_BOUNDS[new.kind]
        return least <= low and high <= most
    if old.kind == new.kind == "decimal":
        return bool(old.args[0] >= new.args[0] and old.args[1] == new.args[1])
    if old.kind == "text":
        return new.kind == "varchar"
    return old.kind == new.kind in ("varchar", "char") and bool(old.args >= new.args)


def alter_shadow(
    dialect: Dialect, old: TableDef, new: TableDef, what: Fate, types: Mapping[str, str]
) -> Iterator[Statement]:
    """Statements that let the shadow follow a table that was altered, whether its history is kept now or not.

    Nothing that it holds is lost, but for a dropped attribute whose name is given to a new one.

    They run after the table was altered, between `drop_companions` of the old and `create_companions` of the new one.

    Parameters
    ----------
    dialect : Dialect
    old, new : TableDef
        The table as it was, and as it is now; under another name when it was renamed.
    what : Fate
    types : mapping
        The types of the columns of the new table, on servers.
    """
    given = {a.name: types.get(a.name) or shadow_type(dialect, a, new.id.schema) for a in row_columns(new)}
    yield from (_mysql if dialect.name == "mysql" else _undoable)(dialect, old, new, what, given)


def misfits(
    connection: Connection, dialect: Dialect, id_: TableId, old: Attribute, new: Attribute
) -> Iterator[tuple[int, Any]]:
    """The numbers of the records of a table's history that have values which are none of the new type, with these."""
    if old.type is None or new.type is None or old.stored is None or widens(old.type, new.type):
        return
    shadow, column = shadow_id(id_), dialect.quote(old.name)
    turn, decode = converter(old.type, new.type), dialect.decoder(old.stored)
    place = dialect.table(shadow.schema, shadow.name)
    sql = f"SELECT _n, {dialect.output(column, old.stored)} FROM {place} WHERE {column} IS NOT NULL"
    for batch in connection.stream(sql):
        for number, stored in batch:
            value = decode(stored) if decode else stored
            if turn is None or not fits(turn, value):
                yield number, value


def leave_out(dialect: Dialect, id_: TableId, column: str, numbers: Sequence[int]) -> Iterator[Statement]:
    """Statements that take the values of a column out of some records of a table's history."""
    shadow, mark = shadow_id(id_), dialect.placeholder
    update = f"UPDATE {dialect.table(shadow.schema, shadow.name)} SET {dialect.quote(column)} = NULL WHERE _n"
    for start in range(0, len(numbers), _AT_ONCE):
        some = tuple(numbers[start : start + _AT_ONCE])
        yield Statement(f"{update} IN ({', '.join([mark] * len(some))})", some)


def has_followed(connection: Connection, dialect: Dialect, id_: TableId) -> bool:
    """Whether the shadow of a table has been altered, and what is to write to it has not been made yet."""
    shadow = shadow_id(id_)
    rows = connection.fetch(queries(dialect.name)["shadows"], (shadow.schema,)) if dialect.name == "mysql" else []
    return (shadow.name, FOLLOWED) in [tuple(row) for row in rows]


def settle(dialect: Dialect, id_: TableId) -> Statement:
    """The statement after which a shadow no longer says that it has followed."""
    shadow = shadow_id(id_)
    return Statement(f"ALTER TABLE {dialect.table(shadow.schema, shadow.name)} COMMENT = ''")


def _mysql(dialect: Dialect, old: TableDef, new: TableDef, what: Fate, types: Mapping[str, str]) -> Iterator[Statement]:
    """One statement for all that cannot be repeated; what is before it can."""
    quote, was, now = dialect.quote, shadow_id(old.id), shadow_id(new.id)
    shadow = dialect.table(was.schema, was.name)
    dropped = list(what.dropped)
    parts = [f"RENAME COLUMN {quote(a.name)} TO {quote(b.name)}" for a, b in what.kept]
    for a, b in what.turned:
        type_, column, place = types[b.name], quote(a.name), a.name
        value = cast(dialect, column, a, b, type_)
        if value not in (column, "NULL"):
            place = f"{_AFTER}{len(dropped)}"
            dropped.append(a.name)
            yield Statement(f"ALTER TABLE {shadow} ADD COLUMN {quote(place)} {type_} NULL")
            yield Statement(f"UPDATE {shadow} SET {quote(place)} = {value}")
        parts.append(f"CHANGE COLUMN {quote(place)} {quote(b.name)} {type_} NULL")
    parts = [*(f"DROP COLUMN {quote(n)}" for n in dropped), *parts]
    parts += [f"ADD COLUMN {quote(a.name)} {types[a.name]}" for a in what.added]
    parts += [f"RENAME TO {dialect.table(now.schema, now.name)}"] if was != now else []
    parts.append(f"COMMENT = '{FOLLOWED}'")
    yield Statement(f"ALTER TABLE {shadow} {', '.join(parts)}")


def _undoable(
    dialect: Dialect, old: TableDef, new: TableDef, what: Fate, types: Mapping[str, str]
) -> Iterator[Statement]:
    quote, was, now = dialect.quote, shadow_id(old.id), shadow_id(new.id)
    if dialect.name == "postgres" and was.schema != now.schema:
        yield Statement(f"ALTER TABLE {dialect.table(was.schema, was.name)} SET SCHEMA {quote(now.schema)}")
        was = TableId(now.schema, was.name)
    for letter in "kn":  # made anew: their names would stay, and their columns could not be replaced
        yield Statement(f"DROP INDEX IF EXISTS {dialect.table(was.schema, f'{was.name}_{letter}')}")
    if was != now:
        to = dialect.table(now.schema, now.name) if dialect.name != "postgres" else quote(now.name)
        yield Statement(f"ALTER TABLE {dialect.table(was.schema, was.name)} RENAME TO {to}")
    shadow = dialect.table(now.schema, now.name)
    yield from (Statement(f"ALTER TABLE {shadow} DROP COLUMN {quote(n)}") for n in what.dropped)
    yield from (Statement(f"ALTER TABLE {shadow} RENAME COLUMN {quote(a)} TO {quote(b)}") for a, b in what.renamed)
    for a, b in what.turned:
        yield from _turn(dialect, shadow, types[b.name], a, b)
    for a in what.added:
        yield Statement(f"ALTER TABLE {shadow} ADD COLUMN {quote(a.name)} {types[a.name]}")


def _turn(dialect: Dialect, shadow: str, type_: str, old: Attribute, new: Attribute) -> Iterator[Statement]:
    column = dialect.quote(new.name)
    if dialect.name == "postgres":
        value = cast(dialect, column, old, new, type_)
        yield Statement(f"ALTER TABLE {shadow} ALTER COLUMN {column} TYPE {type_} USING {value}")
        return
    aside = dialect.quote("~before")
    yield Statement(f"ALTER TABLE {shadow} RENAME COLUMN {column} TO {aside}")
    yield Statement(f"ALTER TABLE {shadow} ADD COLUMN {column} {type_}")
    yield Statement(f"UPDATE {shadow} SET {column} = {cast(dialect, aside, old, new, type_)}")
    yield Statement(f"ALTER TABLE {shadow} DROP COLUMN {aside}")


def fill_shadow(dialect: Dialect, table: TableDef, values: Mapping[str, str]) -> Iterator[Statement]:
    """Statements that let older records have values of columns that were added: SQL by column.

    A row that is still there has got its value already, which need not be what its default is a moment later.
    """
    if values:
        names = quoted_names(dialect, table)
        same_row = " AND ".join(f"t.{c} = {names.shadow}.{c}" for c in names.key)
        given = f"SELECT t.{{}} FROM {names.table} AS t WHERE {same_row}"
        columns = {dialect.quote(n): value for n, value in values.items()}
        changes = ", ".join(f"{c} = coalesce(({given.format(c)}), {value})" for c, value in columns.items())
        yield Statement(f"UPDATE {names.shadow} SET {changes} WHERE _op <> 'insert'")
