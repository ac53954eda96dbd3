"""Keys that are set aside before rows go: in a temporary table, or in memory where there may be none.

A `KeySet` holds the keys of some rows of one table. All else is said through it: which rows are added to it, and
which rows of other tables match it. Rows stay in the database unless it refuses temporary tables.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Any, Final, Protocol

from labwright.core.errors import AccessError, LabwrightError
from labwright.core.types import Type
from labwright.define.table import TableId
from labwright.sql.connection import Connection
from labwright.sql.dialect import Dialect, Fragment
from labwright.sql.statement import Statement

CHUNK: Final = 10_000
"""So many keys go from memory to the database at a time."""
MANY_ROWS: Final = 1_000
"""From so many keys on a planner is told about them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is kept of a table's rows.

    Parameters
    ----------
    id : TableId
    key : tuple of str
        The columns that tell its rows apart.
    columns : tuple of str
        These, and others that rows of other tables are matched by.
    types : mapping
        The stored type of each of `columns`.
    """

    id: TableId
    key: tuple[str, ...]
    columns: tuple[str, ...]
    types: Mapping[str, Type]


class KeySet(Protocol):
    """The keys of some rows of one table."""

    @property
    def shape(self) -> Shape: ...

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def among(self, columns: Sequence[str], own: Sequence[str]) -> Iterator[Fragment]:
        """Conditions, one or several, that together mean: `columns` are among the values of `own`."""
        ...


class Freezer(Protocol):
    """Makes key sets, fills them, and clears them away."""

    def create(self, shape: Shape, *, unique: bool = False) -> KeySet:
        """An empty set; `unique` for one that is filled more than once."""
        ...

    def fill(self, keys: KeySet, selects: Iterable[Statement]) -> None:
        """Add the rows of queries for the columns of the shape."""
        ...

    def grow(self, keys: KeySet, selects: Iterable[Statement]) -> KeySet:
        """Add the rows that are not in the set yet, and return them as a set of their own."""
        ...

    def discard(self, keys: KeySet) -> None:
        """Clear a set away."""
        ...

    def close(self) -> None:
        """Clear all sets away."""
        ...

    def abandon(self) -> None:
        """Clear away what an undone transaction has not cleared already."""
        ...


def freezer_for(connection: Connection, dialect: Dialect, home: str) -> Freezer:
    """The freezer that this database and this user can have; to be called within a transaction.

    Parameters
    ----------
    home : str
        The schema in which temporary tables are made where they need one.
    """
    tables = TemporaryTables(connection, dialect, home)
    try:
        with connection.atomic():
            tables.probe()
    except AccessError:
        return Memory(connection, dialect)
    return tables


@dataclass(frozen=True, slots=True)
class _Way:
    """How a database says it."""

    place: str
    create: str
    unique: str = ""
    insert: str = "INSERT INTO {name} {query}"
    drop: str = "DROP TABLE IF EXISTS {name}"
    analyze: str = ""
    transactional: bool = True


_WAYS: Final[Mapping[str, _Way]] = MappingProxyType({
    "sqlite": _Way(
        "temp.{name}",
        "CREATE TEMPORARY TABLE {bare} ({columns}, PRIMARY KEY ({key})) WITHOUT ROWID",
        insert="INSERT OR IGNORE INTO {name} {query}",
    ),
    "postgres": _Way(
        "pg_temp.{name}",
        "CREATE TEMPORARY TABLE {bare} AS SELECT {columns} FROM {table} WITH NO DATA",
        unique="ALTER TABLE {name} ADD PRIMARY KEY ({key})",
        insert="INSERT INTO {name} {query} ON CONFLICT DO NOTHING",
        analyze="ANALYZE {name}",
    ),
    "mysql": _Way(
        "{home}.{name}",
        "CREATE TEMPORARY TABLE {name} (PRIMARY KEY ({key})) ENGINE=InnoDB AS SELECT {columns} FROM {table} LIMIT 0",
        insert="INSERT IGNORE INTO {name} {query}",
        drop="DROP TEMPORARY TABLE IF EXISTS {name}",
        transactional=False,
    ),
})  # fmt: skip


class _TableKeys:
    """Keys in a temporary table."""

    __slots__ = ("dialect", "name", "shape", "size")

    def __init__(self, dialect: Dialect, name: str, shape: Shape) -> None:
        self.dialect = dialect
        self.name = name
        self.shape = shape
        self.size = 0

    def among(self, columns: Sequence[str], own: Sequence[str]) -> Iterator[Fragment]:
        quote = self.dialect.quote
        left, right = ", ".join(map(quote, columns)), ", ".join(map(quote, own))
        yield Fragment(f"({left}) IN (SELECT {right} FROM {self.name})")


class TemporaryTables:
    """Keys never leave the database.

    The tables have the same names each time, so that one which a lost transaction has left behind on a connection is
    replaced and not joined by another.
    """

    def __init__(self, connection: Connection, dialect: Dialect, home: str) -> None:
        self._connection = connection
        self._dialect = dialect
        self._home = home
        self._way = _WAYS[dialect.name]
        self._numbers = count(1)
        self._made: dict[str, None] = {}

    def probe(self) -> None:
        """Raise `AccessError` when there may be no temporary tables."""
        if self._dialect.native_schemas:
            name = self._dialect.quote("~frozen_0")
            place = self._way.place.format(home=self._dialect.quote(self._home), name=name)
            bare = place if not self._way.transactional else name
            self._run(self._way.drop.format(name=place))
            self._run(f"CREATE TEMPORARY TABLE {bare} (n int)")
            self._run(self._way.drop.format(name=place))

    def create(self, shape: Shape, *, unique: bool = False) -> _TableKeys:
        quote = self._dialect.quote
        bare = quote(f"~frozen_{next(self._numbers)}")
        name = self._way.place.format(home=quote(self._home), name=bare)
        parts = {
            "name": name,
            "bare": bare,
            "table": self._dialect.table(shape.id.schema, shape.id.name),
            "columns": ", ".join(map(quote, shape.columns)),
            "key": ", ".join(map(quote, shape.key)),
        }
        if not self._way.transactional:
            self._run(self._way.drop.format(name=name))
        self._run(self._way.create.format(**parts))
        self._made[name] = None
        if unique and self._way.unique:
            self._run(self._way.unique.format(**parts))
        return _TableKeys(self._dialect, name, shape)

    def fill(self, keys: KeySet, selects: Iterable[Statement]) -> None:
        assert isinstance(keys, _TableKeys)
        for select in selects:
            keys.size += self._insert(keys, select)
        if self._way.analyze and keys.size >= MANY_ROWS:
            self._run(self._way.analyze.format(name=keys.name))

    def _insert(self, keys: _TableKeys, select: Statement) -> int:
        sql = self._way.insert.format(name=keys.name, query=select.sql)
        return max(self._connection.execute(sql, select.params, write=True).rowcount, 0)

    def grow(self, keys: KeySet, selects: Iterable[Statement]) -> KeySet:
        assert isinstance(keys, _TableKeys)
        added = self.create(keys.shape, unique=True)
        (known,) = keys.among(keys.shape.key, keys.shape.key)
        self.fill(added, [Statement(f"SELECT * FROM ({s.sql}) AS s WHERE NOT {known.sql}", s.params) for s in selects])
        if added.size:
            self.fill(keys, [Statement(f"SELECT * FROM {added.name}")])
        return added

    def discard(self, keys: KeySet) -> None:
        assert isinstance(keys, _TableKeys)
        self._run(self._way.drop.format(name=keys.name))
        self._made.pop(keys.name, None)

    def close(self) -> None:
        for name in list(self._made):
            self._run(self._way.drop.format(name=name))
        self._made.clear()

    def abandon(self) -> None:
        if not self._way.transactional:
            with contextlib.suppress(LabwrightError):
                self.close()

    def _run(self, sql: str) -> None:
        self._connection.execute(sql, write=True)


class _MemoryKeys:
    """Keys in memory, as canonical values."""

    __slots__ = ("dialect", "rows", "shape")

    def __init__(self, dialect: Dialect, shape: Shape) -> None:
        self.dialect = dialect
        self.shape = shape
        self.rows: dict[tuple[Any, ...], None] = {}

    @property
    def size(self) -> int:
        return len(self.rows)

    def among(self, columns: Sequence[str], own: Sequence[str]) -> Iterator[Fragment]:
        places = [self.shape.columns.index(n) for n in own]
        types = [self.shape.types[n] for n in own]
        quoted = [self.dialect.comparable(self.dialect.quote(n), t) for n, t in zip(columns, types, strict=True)]
        chosen = dict.fromkeys(tuple(row[i] for i in places) for row in self.rows)
        for chunk in _chunks([row for row in chosen if None not in row]):
            keys = self.dialect.key_set(types, chunk)
            yield Fragment(f"({', '.join(quoted)}) IN ({keys.sql})", keys.params)


class Memory:
    """Keys go through memory, a chunk at a time."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def create(self, shape: Shape, *, unique: bool = False) -> _MemoryKeys:
        return _MemoryKeys(self._dialect, shape)

    def fill(self, keys: KeySet, selects: Iterable[Statement]) -> None:
        self.grow(keys, selects)

    def grow(self, keys: KeySet, selects: Iterable[Statement]) -> KeySet:
        assert isinstance(keys, _MemoryKeys)
        added = self.create(keys.shape)
        decoders = [self._dialect.decoder(keys.shape.types[n]) for n in keys.shape.columns]
        for select in selects:
            for row in self._connection.fetch(select.sql, select.params):
                values = tuple(d(v) if d and v is not None else v for d, v in zip(decoders, row, strict=True))
                if values not in keys.rows:
                    added.rows[values] = None
        keys.rows |= added.rows
        return added

    def discard(self, keys: KeySet) -> None:
        """Nothing is kept elsewhere."""

    def close(self) -> None:
        """Nothing is kept elsewhere."""

    def abandon(self) -> None:
        """Nothing is kept elsewhere."""


def _chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def select_rows(dialect: Dialect, id_: TableId, columns: Sequence[str], where: Fragment) -> Statement:
    """The query for `columns` of the rows of a table that meet a condition."""
    listed = ", ".join(map(dialect.quote, columns))
    return Statement(f"SELECT {listed} FROM {dialect.table(id_.schema, id_.name)} WHERE {where.sql}", where.params)


def delete_matching(dialect: Dialect, id_: TableId, where: Fragment) -> Statement:
    """The deletion of the rows of a table that meet a condition.

    MySQL and MariaDB get the form for several tables: only that may start from the keys instead of reading all rows.
    """
    table = dialect.table(id_.schema, id_.name)
    head = f"DELETE {table} FROM {table}" if dialect.name == "mysql" else f"DELETE FROM {table}"
    return Statement(f"{head} WHERE {where.sql}", where.params)


def count_rows(dialect: Dialect, id_: TableId, where: Fragment) -> Statement:
    """How many rows of a table meet a condition."""
    return Statement(f"SELECT count(*) FROM {dialect.table(id_.schema, id_.name)} WHERE {where.sql}", where.params)


def count_by(dialect: Dialect, id_: TableId, columns: Sequence[str], where: Fragment) -> Statement:
    """How many rows of a table meet a condition, for each combination of values in `columns`; the most first."""
    listed = ", ".join(map(dialect.quote, columns))
    found = f"SELECT {listed}, count(*) AS n FROM {dialect.table(id_.schema, id_.name)} WHERE {where.sql}"
    return Statement(f"{found} GROUP BY {listed} ORDER BY n DESC", where.params)


def count_among(
    dialect: Dialect, query: Statement, columns: Sequence[str], key: Sequence[str], chosen: Statement
) -> Statement:
    """As `count_by`, for the rows of a query whose key is among those that are chosen."""
    listed, keys = (", ".join(map(dialect.quote, names)) for names in (columns, key))
    found = f"SELECT {listed}, count(*) AS n FROM ({query.sql}) AS o WHERE ({keys}) IN ({chosen.sql})"
    return Statement(f"{found} GROUP BY {listed} ORDER BY n DESC", (*query.params, *chosen.params))


def lock_rows(dialect: Dialect, id_: TableId, where: Fragment) -> Statement:
    """Lock the rows of a table that meet a condition until the transaction ends; none of them is sent."""
    table = dialect.table(id_.schema, id_.name)
    found = f"SELECT 1 AS n FROM {table} WHERE {where.sql} FOR UPDATE"
    return Statement(f"SELECT count(*) FROM ({found}) AS s", where.params)


def unreferenced(
    dialect: Dialect, shape: Shape, own: Sequence[tuple[Sequence[str], Sequence[str]]], where: Fragment
) -> Statement:
    """The rows that meet a condition and that no other row of the same table refers to.

    Parameters
    ----------
    own : sequence of (columns, referenced columns)
        The references of the table to itself.
    """
    quote, table = dialect.quote, dialect.table(shape.id.schema, shape.id.name)
    same = " AND ".join(f"c.{quote(n)} = {table}.{quote(n)}" for n in shape.key)
    absent = [
        f"NOT EXISTS (SELECT 1 FROM {table} AS c WHERE "
        + " AND ".join(f"c.{quote(a)} = {table}.{quote(b)}" for a, b in zip(columns, referenced, strict=True))
        + f" AND NOT ({same}))"
        for columns, referenced in own
    ]
    both = Fragment(" AND ".join([where.sql, *absent]), where.params)
    return select_rows(dialect, shape.id, shape.columns, both)


def all_of(*parts: Fragment) -> Fragment:
    """All of `parts`."""
    return Fragment(" AND ".join(p.sql for p in parts), tuple(v for p in parts for v in p.params))


def any_of(parts: Sequence[Fragment]) -> Fragment:
    """One of `parts` at least."""
    joined = " OR ".join(f"({p.sql})" for p in parts) or "1 = 0"
    return Fragment(f"({joined})", tuple(v for p in parts for v in p.params))


def none_of(parts: Sequence[Fragment]) -> Fragment:
    """None of `parts`."""
    found = any_of(parts)
    return Fragment(f"NOT {found.sql}", found.params)


def filled(dialect: Dialect, columns: Iterable[str]) -> list[Fragment]:
    """Conditions that `columns` have values."""
    return [Fragment(f"{dialect.quote(n)} IS NOT NULL") for n in columns]
