"""Changes that a database makes to a table as it stands, without making it anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from labwright.core.heading import Attribute
from labwright.define.classic import external_store
from labwright.define.diff import (
    AddAttribute,
    AddIndex,
    AddRule,
    Change,
    ChangeComment,
    ChangeDefault,
    ChangeNullable,
    ChangeOrigin,
    ChangeOwner,
    ChangeReference,
    ChangeTableComment,
    DropAttribute,
    DropIndex,
    DropRule,
    RenameAttribute,
)
from labwright.define.evolution import Evolution
from labwright.define.table import Index, TableDef, TableId
from labwright.sql.ddl_mysql import MAX_TABLE_COMMENT, MySQLWriter
from labwright.sql.ddl_postgres import PostgresWriter
from labwright.sql.ddl_sqlite import SQLiteWriter
from labwright.sql.ddl_writer import TableWriter, is_plain
from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement

_ANYWHERE: Final = (
    AddAttribute,
    AddIndex,
    AddRule,
    ChangeComment,
    ChangeOrigin,
    ChangeOwner,
    ChangeTableComment,
    DropIndex,
    DropRule,
)
_ON_SERVERS: Final = (*_ANYWHERE, ChangeDefault, ChangeNullable, ChangeReference, DropAttribute, RenameAttribute)
"""SQLite can rename a column, and leaves its old name in those of its checks."""
IndexNames = Mapping[Index, str]
"""What the indexes of a table are called."""


def standing(evolutions: Sequence[Evolution], dialect: Dialect) -> list[Evolution]:
    """Those of a plan that are made to the tables as they stand.

    Attributes get other names in all tables as they stand or in none, for references are by name.
    """
    found = [e for e in evolutions if _is_light(e, dialect)]
    if dialect.name == "mysql" and len(evolutions) > 1:  # of several changes, one could fail when others are made
        found = [e for e in found if not any(map(_may_fail, e.changes))]
    whole = {e.new.id: e for e in evolutions} if len(found) == len(evolutions) else {}
    return [e for e in found if all(_is_followed(c, whole) for c in e.changes)]


def _is_light(e: Evolution, dialect: Dialect) -> bool:
    changes = e.changes
    kinds = {type(c) for c in changes}
    if e.fills or not kinds <= {*(_ON_SERVERS if dialect.native_schemas else _ANYWHERE)}:
        return False
    columns, rules = kinds & {AddAttribute, DropAttribute, RenameAttribute}, kinds & {AddRule, DropRule}
    indexed = RenameAttribute in kinds and (kinds & {AddIndex, DropIndex} or not _all_plain(e))
    return not (columns and rules) and not indexed and all(_is_simple(c, e, dialect) for c in changes)


def _all_plain(e: Evolution) -> bool:
    """Whether no index, rule or path has an attribute within a text."""
    return all(is_plain(t, i) for t in (e.old, e.new) for i in t.indexes) and not e.old.rules


def _is_simple(change: Change, e: Evolution, dialect: Dialect) -> bool:
    """Whether rows that are there need no look, or have had it."""
    if isinstance(change, AddAttribute):
        return _is_given(change.attribute)
    if isinstance(change, DropAttribute):
        gone = e.old.heading[change.name]
        return not gone.in_key and external_store(gone.type) is None
    if isinstance(change, ChangeNullable) and not change.nullable and e.new.heading[change.name].default is not None:
        return False  # the default stands in for no value
    if isinstance(change, ChangeDefault | ChangeNullable):
        return _is_usual(e.new.heading[change.name])
    if isinstance(change, AddIndex | DropIndex) and dialect.name == "mysql":
        return _is_own(change.item, e.old) and _is_own(change.item, e.new)
    return True


def _is_given(attribute: Attribute) -> bool:
    """Whether rows that are there have the default at once."""
    given, stored = attribute.default, attribute.stored
    constant = given is not None and given.kind != "now" and stored is not None and stored.kind != "timestamp"
    return constant and not attribute.in_key and external_store(attribute.type) is None


def _is_usual(attribute: Attribute) -> bool:
    """Whether no default of the server's own has a part in it, and no reference."""
    is_moment = attribute.stored is None or attribute.stored.kind == "timestamp"
    return not is_moment and not attribute.in_key and external_store(attribute.type) is None


def _is_own(index: Index, table: TableDef) -> bool:
    """Whether MySQL and MariaDB need it for nothing else, and have no column for it."""
    needed = {fk.columns[0] for fk in table.foreign_keys} | {n for n, a in table.heading.items() if a.auto}
    return is_plain(table, index) and index.columns[0] not in needed


def _may_fail(change: Change) -> bool:
    """Whether rows that come in meanwhile may be against it."""
    required = isinstance(change, ChangeNullable) and not change.nullable
    return required or (isinstance(change, AddIndex) and change.item.unique)


def _is_followed(change: Change, whole: Mapping[TableId, Evolution]) -> bool:
    """Whether what refers to attributes with another name does so by itself."""
    if isinstance(change, ChangeReference):
        old, new, parent = change.old, change.new, whole.get(change.new.parent)
        same = (old.columns, old.parent, old.nullable, old.unique) == (
            new.columns,
            new.parent,
            new.nullable,
            new.unique,
        )
        return same and parent is not None and tuple(map(parent.old_name, new.parent_columns)) == old.parent_columns
    return bool(whole) or not isinstance(change, RenameAttribute)


@dataclass(frozen=True, slots=True)
class _Changes:
    """What is done to one table, sorted."""

    evolution: Evolution
    dropped: list[str]
    renamed: list[RenameAttribute]
    added: list[Attribute]
    said: list[Attribute]
    """Those with another comment."""
    given: list[Attribute]
    """Those with another default."""
    required: list[Attribute]
    """Those that may be null now, or may not any more."""

    @property
    def redefined(self) -> list[Attribute]:
        """Those that are there, and are to be otherwise."""
        names = {a.name for a in (*self.said, *self.given, *self.required)} | self.evolution.renames.keys()
        return [a for n, a in self.evolution.new.heading.items() if n in names]


def _sorted(e: Evolution) -> _Changes:
    changes, new = e.changes, e.new.heading
    return _Changes(
        e,
        [c.name for c in changes if isinstance(c, DropAttribute)],
        [c for c in changes if isinstance(c, RenameAttribute)],
        [new[c.attribute.name] for c in changes if isinstance(c, AddAttribute)],
        [new[c.name] for c in changes if isinstance(c, ChangeComment)],
        [new[c.name] for c in changes if isinstance(c, ChangeDefault)],
        [new[c.name] for c in changes if isinstance(c, ChangeNullable)],
    )


def change_in_place(writer: TableWriter, e: Evolution, there: IndexNames) -> Iterator[Statement]:
    """The statements for it, written by what writes the new table; `there` are the indexes that it has on a server."""
    writer.check()
    before = type(writer)(writer.dialect, e.old, writer.around).indexes() if e.new.indexes != e.old.indexes else []
    after = writer.indexes() if before or e.new.indexes != e.old.indexes else []
    gone = [i for i in before if i not in after]
    come = [i for i in after if i not in before]
    yield from _CHANGE[type(writer)](writer, _sorted(e), gone, come, there)


def _sqlite(
    writer: TableWriter, changes: _Changes, gone: list[Index], come: list[Index], _there: IndexNames
) -> Iterator[Statement]:
    """Comments are in what is noted of the table."""
    assert isinstance(writer, SQLiteWriter)
    for attribute in changes.added:
        check = "".join(f" {c}" for c in writer.checks_of([attribute]))
        yield Statement(f"ALTER TABLE {writer.name} ADD COLUMN {writer.column(attribute)}{check}")
    names = {index: writer.dialect.quote(writer.index_name(index)) for index in (*gone, *come)}
    yield from (Statement(f"DROP INDEX IF EXISTS {names[index]}") for index in gone)
    yield from (Statement(writer.create_index(index, names[index])) for index in come)


def _mysql(
    writer: TableWriter, changes: _Changes, gone: list[Index], come: list[Index], there: IndexNames
) -> Iterator[Statement]:
    """One statement, so that all of it is done or nothing."""
    assert isinstance(writer, MySQLWriter)
    e, quote = changes.evolution, writer.dialect.quote
    parts = [f"DROP COLUMN {quote(name)}" for name in changes.dropped]
    parts += [f"ADD COLUMN {writer.column(a)}" for a in changes.added]
    parts += [f"CHANGE COLUMN {quote(e.renames.get(a.name, a.name))} {writer.column(a)}" for a in changes.redefined]
    parts += [f"DROP INDEX {quote(there[index])}" for index in gone if index in there]
    parts += [f"ADD {writer.index(index)}" for index in come if index not in there]
    if e.new.comment != e.old.comment:
        parts.append(f"COMMENT={writer.limited(e.new.comment, MAX_TABLE_COMMENT, 'comment')}")
    if parts:
        yield Statement(f"ALTER TABLE {writer.name} {', '.join(parts)}")


def _postgres(
    writer: TableWriter, changes: _Changes, gone: list[Index], come: list[Index], there: IndexNames
) -> Iterator[Statement]:
    assert isinstance(writer, PostgresWriter)
    quote, alter = writer.dialect.quote, f"ALTER TABLE {writer.name}"
    schema = writer.table.id.schema
    yield from (Statement(f"DROP INDEX {writer.dialect.table(schema, there[i])}") for i in gone if i in there)
    yield from (Statement(f"{alter} DROP COLUMN {quote(name)}") for name in changes.dropped)
    yield from (Statement(f"{alter} RENAME COLUMN {quote(c.old)} TO {quote(c.new)}") for c in changes.renamed)
    yield from writer.before() if changes.added else ()
    yield from (Statement(f"{alter} ADD COLUMN {writer.column(a)}") for a in changes.added)
    for a in changes.given:
        default = writer.default(a)
        yield Statement(f"{alter} ALTER COLUMN {quote(a.name)} {f'SET {default}' if default else 'DROP DEFAULT'}")
    for a in changes.required:
        yield Statement(f"{alter} ALTER COLUMN {quote(a.name)} {'DROP' if a.nullable else 'SET'} NOT NULL")
    for a in (*changes.added, *changes.said):
        yield from writer.describe(a, always=a in changes.said)
    for index in come:
        yield from writer.index(index)
    yield writer.describe_table()


_Change = Callable[[TableWriter, _Changes, list[Index], list[Index], IndexNames], Iterator[Statement]]
_CHANGE: Final[dict[type, _Change]] = {SQLiteWriter: _sqlite, MySQLWriter: _mysql, PostgresWriter: _postgres}
