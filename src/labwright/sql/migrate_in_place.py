"""Changes that every database makes to a table as it stands, without touching its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from labwright.core.heading import Attribute
from labwright.define.classic import external_store
from labwright.define.diff import (
    AddAttribute,
    AddRule,
    ChangeComment,
    ChangeOrigin,
    ChangeOwner,
    ChangeTableComment,
    DropRule,
)
from labwright.define.evolution import Evolution
from labwright.sql.ddl_mysql import MAX_TABLE_COMMENT, MySQLWriter
from labwright.sql.ddl_postgres import PostgresWriter
from labwright.sql.ddl_sqlite import SQLiteWriter
from labwright.sql.ddl_writer import TableWriter
from labwright.sql.statement import Statement

_LIGHT: Final = (AddAttribute, AddRule, ChangeComment, ChangeOrigin, ChangeOwner, ChangeTableComment, DropRule)


def is_in_place(e: Evolution) -> bool:
    """Whether a table becomes its new form as it stands: with attributes behind the others, comments, rules, owner."""
    changes = e.changes
    if not all(type(c) in _LIGHT for c in changes):
        return False
    added = [c.attribute for c in changes if isinstance(c, AddAttribute)]
    rules = any(isinstance(c, AddRule | DropRule) for c in changes)
    return not (added and rules) and all(_is_simple(a) and a.name not in e.fills for a in added)


def _is_simple(attribute: Attribute) -> bool:
    """Whether rows that are there have the default at once."""
    given, stored = attribute.default, attribute.stored
    constant = given is not None and given.kind != "now" and stored is not None and stored.kind != "timestamp"
    return constant and not attribute.in_key and external_store(attribute.type) is None


def change_in_place(writer: TableWriter, e: Evolution) -> Iterator[Statement]:
    """The statements for it, written by what writes the new table."""
    added = [a for n, a in e.new.heading.items() if n not in e.old.heading]
    said = [a for n, a in e.new.heading.items() if n in e.old.heading and a.comment != e.old.heading[n].comment]
    writer.check()
    yield from _CHANGE[type(writer)](writer, e, added, said)


def _sqlite(writer: TableWriter, _e: Evolution, added: list[Attribute], _said: list[Attribute]) -> Iterator[Statement]:
    """Comments are in what is noted of the table."""
    assert isinstance(writer, SQLiteWriter)
    for attribute in added:
        check = "".join(f" {c}" for c in writer.checks_of([attribute]))
        yield Statement(f"ALTER TABLE {writer.name} ADD COLUMN {writer.column(attribute)}{check}")


def _mysql(writer: TableWriter, e: Evolution, added: list[Attribute], said: list[Attribute]) -> Iterator[Statement]:
    assert isinstance(writer, MySQLWriter)
    parts = [f"ADD COLUMN {writer.column(a)}" for a in added]
    parts += [f"MODIFY COLUMN {writer.column(a)}" for a in said]
    if e.new.comment != e.old.comment:
        parts.append(f"COMMENT={writer.limited(e.new.comment, MAX_TABLE_COMMENT, 'comment')}")
    if parts:
        yield Statement(f"ALTER TABLE {writer.name} {', '.join(parts)}")


def _postgres(writer: TableWriter, _e: Evolution, added: list[Attribute], said: list[Attribute]) -> Iterator[Statement]:
    assert isinstance(writer, PostgresWriter)
    yield from writer.before() if added else ()
    for attribute in added:
        yield Statement(f"ALTER TABLE {writer.name} ADD COLUMN {writer.column(attribute)}")
    for attribute in (*added, *said):
        yield from writer.describe(attribute, always=attribute in said)
    yield writer.describe_table()


_Change = Callable[[TableWriter, Evolution, list[Attribute], list[Attribute]], Iterator[Statement]]
_CHANGE: Final[dict[type, _Change]] = {SQLiteWriter: _sqlite, MySQLWriter: _mysql, PostgresWriter: _postgres}
