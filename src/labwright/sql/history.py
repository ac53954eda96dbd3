"""Where the rows are kept that updates and deletes take away: a table beside each table, its shadow.

A shadow has the columns of its table, all of them nullable, and beside them what `META` says of each record. A record
of an update or a delete holds the row as it was; one of an insert holds the key alone.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from labwright.core.errors import MissingTableError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.names import companion_name
from labwright.define.table import TableDef, TableId
from labwright.query.conditions import Condition
from labwright.query.expr import Source
from labwright.query.plan import WHOLE, Ref
from labwright.sql.compiler import Compiler
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect, Fragment
from labwright.sql.drivers.sqlite_acting import ACTING, ask
from labwright.sql.hidden import HIDDEN
from labwright.sql.queries import queries
from labwright.sql.statement import Statement

PREFIX: Final = "~was_"
TRIGGERS_SAY: Final[Mapping[str, str]] = {"sqlite": "triggers 2", "postgres": "triggers 2", "mysql": "triggers"}
"""What a shadow says when triggers write to it, in the form that they have today."""
_NULL: Final = Default("null")


def _meta(name: str, type_: Type, comment: str) -> Attribute:
    return Attribute(name, type_, nullable=True, default=_NULL, comment=comment)


NUMBER: Final = Attribute("_n", Type("int64"), in_key=True, comment="of the record, counted up")
META: Final = (
    NUMBER,
    _meta("_op", Type("varchar", (8,)), "insert, update or delete; pruned where older records were removed"),
    _meta("_change", Type("varchar", (64,)), "the number of the change that it is part of"),
    _meta("_until", Type("datetime_utc", (6,)), "when it happened"),
    _meta("_until_by", Type("varchar", (128,)), "who did it"),
    _meta("_why", Type("text"), "why"),
    _meta("_undone", Type("varchar", (64,)), "the number of the change that has undone it"),
)


class Names(NamedTuple):
    """What a shadow is made of, quoted."""

    table: str
    shadow: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


def shadow_name(table: str) -> str:
    """Return the name of the shadow of a table.

    Examples
    --------
    >>> shadow_name("#species")
    '~was_#species'
    """
    return companion_name(PREFIX, table)


def shadow_id(id_: TableId) -> TableId:
    """Return the shadow of a table."""
    return TableId(id_.schema, shadow_name(id_.name))


def row_columns(table: TableDef) -> tuple[Attribute, ...]:
    """The columns of a row, the hidden ones behind the others."""
    hidden = (HIDDEN.get(n, Attribute(n, None, nullable=True)) for n in table.hidden)
    return (*table.heading.values(), *hidden)


def shadow_source(table: TableDef) -> Source:
    """The shadow in queries: its records, by their number."""
    row = (
        replace(a, in_key=False, nullable=True, default=_NULL, lineage=None, type=counted_by_hand(a.type))
        for a in row_columns(table)
    )
    id_ = shadow_id(table.id)
    return Source(id_.schema, id_.name, Heading([*META, *row]))


def full_source(table: TableDef) -> Source:
    """The table in queries, with its hidden columns."""
    return Source(table.id.schema, table.id.name, Heading(row_columns(table)))


def counted_by_hand(type_: Type | None) -> Type | None:
    """`type_`, without the database counting it up."""
    return replace(type_, auto=False) if type_ is not None and type_.auto else type_


def shadows(connection: Connection, dialect: Dialect, schema: str) -> dict[str, str]:
    """Return the shadows of a schema by name, with which triggers write to them; nothing for none."""
    place = schema if dialect.native_schemas else f"{schema}."
    rows = connection.fetch(queries(dialect.name)["shadows"], (place,))
    return {name: said if said.startswith("triggers") else "" for name, said in rows}


def shadow_columns(connection: Connection, dialect: Dialect, id_: TableId) -> frozenset[str]:
    """Return the columns of the shadow of a table; none where there is no shadow."""
    shadow = shadow_id(id_)
    if shadow.name not in shadows(connection, dialect, shadow.schema):
        return frozenset()
    sql = f"SELECT * FROM {dialect.table(shadow.schema, shadow.name)} WHERE 1 = 0"
    return frozenset(connection.execute(sql).names)


def shadows_with(connection: Connection, dialect: Dialect, change: str) -> Iterator[TableId]:
    """The shadows of whatever schema that have records of a change; each is read through until one is found."""
    for place in connection.fetch(queries(dialect.name)["all_shadows"]):
        name = dialect.table(*place)
        with contextlib.suppress(MissingTableError), connection.atomic():  # dropped by others meanwhile
            if connection.fetch(f"SELECT 1 FROM {name} WHERE _change = {dialect.placeholder} LIMIT 1", (change,)):
                yield TableId(*place)


def quoted_names(dialect: Dialect, table: TableDef) -> Names:
    """The names in the statements about a shadow."""
    id_ = shadow_id(table.id)
    return Names(
        dialect.table(table.id.schema, table.id.name),
        dialect.table(id_.schema, id_.name),
        tuple(dialect.quote(a.name) for a in row_columns(table)),
        tuple(map(dialect.quote, table.key_columns)),
    )


class Said(NamedTuple):
    """What a database answers when it is asked about a change: SQL."""

    change: str
    at: str
    by: str
    why: str
    source: str = ""
    """What stands in FROM beside the table."""

    @property
    def values(self) -> str:
        """All of it, for the columns `SAID`."""
        return f"{self.change}, {self.at}, {self.by}, {self.why}"


SAID: Final = "_op, _change, _until, _until_by, _why"
SAYS: Final[Mapping[str, Said]] = {
    "sqlite": Said(
        '"~change"',
        '"~at"',
        '"~by"',
        '"~why"',
        # What 'now' stands in alone is worked out for each row, needed or not.
        f"""(SELECT coalesce(a.change, {ask("change")}, """
        """'sqlite-' || strftime('%Y%m%d%H%M%f', coalesce(a.at, 'now'))) AS "~change", """
        f"""coalesce(a.at, {ask("at")}, strftime('%Y-%m-%d %H:%M:%f', coalesce(a.at, 'now')) || '000') AS "~at", """
        f"""coalesce(a.user, {ask("user")}) AS "~by", coalesce(a.why, {ask("why")}) AS "~why" """
        f'FROM (SELECT 1) LEFT JOIN "{ACTING}" AS a ON a.rowid = 1)',
    ),
    "postgres": Said(
        "coalesce(nullif(current_setting('labwright.change', true), ''), "
        "concat(to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '-', pg_current_xact_id()))",
        "statement_timestamp() AT TIME ZONE 'UTC'",
        "coalesce(nullif(current_setting('labwright.user', true), ''), session_user)",
        "nullif(current_setting('labwright.why', true), '')",
    ),
    "mysql": Said(
        "coalesce(@labwright_change, concat(utc_timestamp(6) + 0, '-', connection_id()))",
        "utc_timestamp(6)",
        "coalesce(@labwright_user, substring_index(user(), '@', 1))",
        "@labwright_why",
    ),
}
"""Without a number of ours, a transaction is one change on PostgreSQL, and a statement elsewhere."""


def keep_rows(dialect: Dialect, table: TableDef, where: Fragment, op: str) -> Statement:
    """The statement that keeps the rows of a table that meet a condition, where no trigger does.

    Parameters
    ----------
    op : {'update', 'delete'}
        What is about to happen to them.
    """
    names, said = quoted_names(dialect, table), SAYS[dialect.name]
    columns, source = ", ".join(names.columns), f", {said.source}" if said.source else ""
    return Statement(
        f"INSERT INTO {names.shadow} ({columns}, {SAID}) "
        f"SELECT {columns}, '{op}', {said.values} FROM {names.table}{source} WHERE {where.sql}",
        where.params,
    )


def note_row(dialect: Dialect, table: TableDef) -> str:
    """The statement that notes one new row by its key, where no trigger does."""
    names, said = quoted_names(dialect, table), SAYS[dialect.name]
    key = [c for c in names.columns if c in names.key]
    rest = [c for c in names.columns if c not in names.key]
    values = ", ".join([dialect.placeholder] * len(key) + ["NULL"] * len(rest))
    source = f" FROM {said.source}" if said.source else ""
    return (
        f"INSERT INTO {names.shadow} ({', '.join([*key, *rest])}, {SAID}) "
        f"SELECT {values}, 'insert', {said.values}{source}"
    )


def mark_undone(dialect: Dialect, table: TableDef, condition: Condition, number: str | None) -> Statement:
    """Note by which change those records are undone that are not yet; None takes the note away."""
    shadow = shadow_source(table)
    where = _records_that(dialect, shadow, condition)
    unmarked = " AND _undone IS NULL" if number is not None else ""
    name = dialect.table(shadow.schema, shadow.table)
    return Statement(
        f"UPDATE {name} SET _undone = {dialect.placeholder} WHERE {where.sql}{unmarked}", (number, *where.params)
    )


def restore_rows(dialect: Dialect, table: TableDef, condition: Condition) -> Iterator[Statement]:
    """Put the rows of those records back; what was deleted last comes first, so that parents do.

    MySQL and MariaDB do not let a trigger write to a table that the statement reads, so there the rows are set aside.
    """
    names, where = quoted_names(dialect, table), _records_that(dialect, shadow_source(table), condition)
    columns = ", ".join(names.columns)
    if dialect.name != "mysql":
        put = f"INSERT INTO {names.table} ({columns}) SELECT {columns} FROM {names.shadow}"
        yield Statement(f"{put} WHERE {where.sql} ORDER BY _n DESC", where.params)
        return
    aside = dialect.table(table.id.schema, "~restored")
    drop = Statement(f"DROP TEMPORARY TABLE IF EXISTS {aside}")
    chosen = f"SELECT _n, {columns} FROM {names.shadow} WHERE {where.sql}"
    yield drop
    yield Statement(f"CREATE TEMPORARY TABLE {aside} ENGINE=InnoDB AS {chosen}", where.params)
    yield Statement(f"INSERT INTO {names.table} ({columns}) SELECT {columns} FROM {aside} ORDER BY _n DESC")
    yield drop


def prune_records(dialect: Dialect, table: TableDef, condition: Condition) -> Statement:
    """Remove those records."""
    shadow = shadow_source(table)
    where = _records_that(dialect, shadow, condition)
    return Statement(f"DELETE FROM {dialect.table(shadow.schema, shadow.table)} WHERE {where.sql}", where.params)


def note_pruned(dialect: Dialect, table: TableDef, before: datetime.datetime) -> Statement:
    """Note that there are no records from before a time any more."""
    names = quoted_names(dialect, table)
    values = ", ".join(["NULL"] * len(names.columns))
    moment = dialect.encode(Type("datetime_utc", (6,)), before)
    return Statement(
        f"INSERT INTO {names.shadow} ({', '.join(names.columns)}, _op, _until) "
        f"VALUES ({values}, 'pruned', {dialect.placeholder})",
        (moment,),
    )


def _records_that(dialect: Dialect, shadow: Source, condition: Condition) -> Fragment:
    compiler = Compiler(dialect, whole=dialect.table(shadow.schema, shadow.table))
    compiler.condition(condition, {n: Ref(WHOLE, n, a) for n, a in shadow.heading.attributes.items()})
    return Fragment(compiler.writer.sql, tuple(compiler.writer.params))
