"""Making, altering and removing what keeps the history of a table: its shadow, and the triggers that write to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Final

from labwright.core.heading import Attribute
from labwright.core.types import INTEGER_BOUNDS, Type
from labwright.define.table import TableDef, TableId
from labwright.sql.dialect import Dialect
from labwright.sql.drivers.sqlite_acting import ACTING
from labwright.sql.history import (
    META,
    TRIGGERS_SAY,
    counted_by_hand,
    quoted_names,
    row_columns,
    shadow_id,
)
from labwright.sql.history_triggers import TRIGGERS, drop_triggers
from labwright.sql.statement import Statement


def make_history(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that make the shadow and the triggers, for a table whose history is kept."""
    if table.history:
        yield from create_shadow(dialect, table)
        yield from create_triggers(dialect, table)


def create_shadow(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that make the shadow of a table, unless it is there."""
    for text in _SHADOWS[dialect.name](dialect, table):
        yield Statement(text)


def create_triggers(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that make the triggers; a user who may not make any does without them."""
    names = quoted_names(dialect, table)
    for text in TRIGGERS[dialect.name](dialect, table, names):
        yield Statement(text, optional=True)
    if dialect.name in _SAY:
        yield Statement(_SAY[dialect.name].format(shadow=names.shadow, said=TRIGGERS_SAY[dialect.name]), optional=True)


def remove_history(dialect: Dialect, table: TableDef, *, shadow: bool = True) -> Iterator[Statement]:
    """Statements that take the triggers away; the shadow, if there is one, stays and no longer says that it has any."""
    if table.history:
        names = quoted_names(dialect, table)
        for text in drop_triggers(dialect, table, names):
            yield Statement(text)
        if shadow and dialect.name in _SAY:
            yield Statement(_SAY[dialect.name].format(shadow=names.shadow, said=""))


def drop_older_indexes(dialect: Dialect, shadow: TableId) -> Iterator[Statement]:
    """Statements that remove the indexes that shadows once had, which cost more than they give."""
    if dialect.name != "mysql":
        for letter in "kn":
            yield Statement(f"DROP INDEX IF EXISTS {dialect.table(shadow.schema, f'{shadow.name}_{letter}')}")


def clear_history(dialect: Dialect, id_: TableId) -> Iterator[Statement]:
    """Statements that remove what is left of the history of a table that was dropped."""
    shadow = shadow_id(id_)
    yield Statement(f"DROP TABLE IF EXISTS {dialect.table(shadow.schema, shadow.name)}")
    if dialect.name == "postgres":
        yield Statement(f"DROP FUNCTION IF EXISTS {dialect.table(shadow.schema, shadow.name)}()")


def alter_shadow(
    dialect: Dialect, old: TableDef, new: TableDef, there: Set[str], renamed: Mapping[str, str] | None = None
) -> Iterator[Statement]:
    """Statements that let the shadow follow a table that was altered, whether its history is kept now or not.

    Nothing that it holds is lost, but for a dropped attribute whose name is given to a new one.

    They run after the table was altered, between `drop_companions` of the old and `create_companions` of the new one.

    Parameters
    ----------
    dialect : Dialect
    old, new : TableDef
        The table as it was, and as it is now; under another name when it was renamed.
    there : set of str
        The columns of the shadow.
    renamed : mapping, optional
        New name -> old name of the attributes that have another name now.
    """
    quote, was, now = dialect.quote, shadow_id(old.id), shadow_id(new.id)
    if dialect.name == "postgres" and was.schema != now.schema:
        yield Statement(f"ALTER TABLE {dialect.table(was.schema, was.name)} SET SCHEMA {quote(now.schema)}")
        was = TableId(now.schema, was.name)
    yield from drop_older_indexes(dialect, was)
    if was != now:
        to = dialect.table(now.schema, now.name) if dialect.name != "postgres" else quote(now.name)
        yield Statement(f"ALTER TABLE {dialect.table(was.schema, was.name)} RENAME TO {to}")
    shadow = dialect.table(now.schema, now.name)
    before = {a.name: a for a in row_columns(old) if a.name in there}
    left = set(there - before.keys())
    for name, origin in (renamed or {}).items():
        if origin in before:
            yield from _drop(dialect, shadow, name, left)
            yield Statement(f"ALTER TABLE {shadow} RENAME COLUMN {quote(origin)} TO {quote(name)}")
            before[name] = before.pop(origin)
    for attribute in row_columns(new):
        if attribute.name not in before:
            yield from _drop(dialect, shadow, attribute.name, left)
        yield from _follow(dialect, shadow, new.id.schema, before.get(attribute.name), attribute)


def _drop(dialect: Dialect, shadow: str, name: str, left: set[str]) -> Iterator[Statement]:
    """Statements that make room for a new attribute where one of that name was dropped once."""
    if name in left:
        left.discard(name)
        yield Statement(f"ALTER TABLE {shadow} DROP COLUMN {dialect.quote(name)}")


def _follow(dialect: Dialect, shadow: str, schema: str, old: Attribute | None, new: Attribute) -> Iterator[Statement]:
    column, type_ = dialect.quote(new.name), _shadow_type(dialect, new, schema)
    if old is None:
        yield Statement(f"ALTER TABLE {shadow} ADD COLUMN {column} {type_}")
    elif _has_room(old.stored, new.stored):
        return
    elif old.stored != new.stored and dialect.name == "postgres":
        yield Statement(f"ALTER TABLE {shadow} ALTER COLUMN {column} TYPE {type_} USING {column}::text::{type_}")
    elif old.stored != new.stored and dialect.name == "mysql":
        yield Statement(f"ALTER TABLE {shadow} MODIFY COLUMN {column} {type_} NULL")
    elif old.stored != new.stored and type_ != _shadow_type(dialect, old, schema):
        aside = dialect.quote("~before")
        yield Statement(f"ALTER TABLE {shadow} RENAME COLUMN {column} TO {aside}")
        yield Statement(f"ALTER TABLE {shadow} ADD COLUMN {column} {type_}")
        yield Statement(f"UPDATE {shadow} SET {column} = CAST({aside} AS {type_})")
        yield Statement(f"ALTER TABLE {shadow} DROP COLUMN {aside}")


def _has_room(old: Type | None, new: Type | None) -> bool:
    """Whether a column of the old type holds the values of the new one, while those of before may not fit in that."""
    if old is None or new is None:
        return False
    if old.kind in INTEGER_BOUNDS and new.kind in INTEGER_BOUNDS:
        (least, most), (low, high) = INTEGER_BOUNDS[old.kind], INTEGER_BOUNDS[new.kind]
        return least <= low and high <= most
    return old.kind == new.kind in ("varchar", "char") and old.args >= new.args


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


def _shadow_type(dialect: Dialect, attribute: Attribute, schema: str) -> str:
    stored = counted_by_hand(attribute.stored) or Type("text")
    return dialect.column_type(stored, schema)


def _sqlite_shadow(dialect: Dialect, table: TableDef) -> Iterator[str]:
    names = quoted_names(dialect, table)
    row = [(a.name, _shadow_type(dialect, a, table.id.schema)) for a in row_columns(table)]
    meta = [(a.name, _shadow_type(dialect, a, table.id.schema)) for a in META[1:]]
    lines = ", ".join(f"{dialect.quote(n)} {t}" for n, t in [*meta, *row])
    yield f"CREATE TABLE IF NOT EXISTS {names.shadow} (_n INTEGER PRIMARY KEY, {lines}) STRICT"
    yield f'CREATE TABLE IF NOT EXISTS "{ACTING}" (change TEXT, at TEXT, user TEXT, why TEXT, inserts INTEGER) STRICT'


def _postgres_shadow(dialect: Dialect, table: TableDef) -> Iterator[str]:
    names = quoted_names(dialect, table)
    columns = ", ".join(names.columns)
    yield f"CREATE TABLE IF NOT EXISTS {names.shadow} AS SELECT {columns} FROM {names.table} WITH NO DATA"
    meta = (f"ADD COLUMN IF NOT EXISTS {a.name} {_shadow_type(dialect, a, table.id.schema)}" for a in META[1:])
    counted = "ADD COLUMN IF NOT EXISTS _n bigint GENERATED BY DEFAULT AS IDENTITY"
    yield f"ALTER TABLE {names.shadow} {counted}, {', '.join(meta)}"


def _mysql_shadow(dialect: Dialect, table: TableDef) -> Iterator[str]:
    """The outer join makes every column nullable, and leaves it as it is else.

    It alone needs an index for the key to read the past in bulk; to write one costs the others more than the record.
    """
    names = quoted_names(dialect, table)
    meta = ", ".join(f"{a.name} {_shadow_type(dialect, a, table.id.schema)}" for a in META[1:])
    key = ", ".join(names.key)
    columns = ", ".join(f"t.{c}" for c in names.columns)
    yield (
        f"CREATE TABLE IF NOT EXISTS {names.shadow} (_n bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, {meta}, "
        f"KEY ({key})) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin "
        f"AS SELECT {columns} FROM (SELECT 1 AS one) AS o LEFT JOIN {names.table} AS t ON 1 = 0 LIMIT 0"
    )


_SHADOWS: Final = {"sqlite": _sqlite_shadow, "postgres": _postgres_shadow, "mysql": _mysql_shadow}
_SAY: Final = {"postgres": "COMMENT ON TABLE {shadow} IS '{said}'", "mysql": "ALTER TABLE {shadow} COMMENT = '{said}'"}
"""On SQLite the triggers themselves can be seen by everybody."""
