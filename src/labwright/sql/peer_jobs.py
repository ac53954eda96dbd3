"""Tables of jobs that other programs keep, where theirs and our workers fill the same table."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from labwright.codecs.blob import pack, unpack
from labwright.core.heading import Attribute
from labwright.core.values import adapt
from labwright.define.service_tables import JOBS
from labwright.define.table import TableId
from labwright.sql.connection import Connection
from labwright.sql.declare import table_names
from labwright.sql.decode import DecodePlan, Row
from labwright.sql.dialect import Dialect
from labwright.sql.statement import Statement

PREFIX: Final = "~~"
MARK: Final = " (labwright)"
"""Behind the name of the user where a worker of ours holds a key."""
_OURS: Final = f"%{MARK}"
_MAX_NAME: Final = 255
_MAX_VERSION: Final = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What a table of theirs says of a key.

    Parameters
    ----------
    status : str
    user, host : str
    pid : int
    message, stack : str
        Of an error.
    """

    status: str
    user: str
    host: str
    pid: int
    message: str
    stack: str

    @property
    def is_ours(self) -> bool:
        """Whether a worker of ours holds it."""
        return self.status == "reserved" and self.user.endswith(MARK)


def key_hash(key: Mapping[str, Any]) -> str:
    """The digest by which the classic generation knows a key.

    Examples
    --------
    >>> key_hash({"subject": "m1", "session": 3}) == key_hash({"session": 3, "subject": "m1"})
    True
    """
    text = "".join(str(int(v) if isinstance(v, bool) else v) for _, v in sorted(key.items()))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class PeerJobs(ABC):
    """Writes the statements for one of their tables.

    Parameters
    ----------
    dialect : Dialect
    target : TableId
        The table that is filled.
    key : sequence of Attribute
        The key of its jobs.
    """

    name: TableId
    free: ClassVar[str]
    """Which entries may be taken."""
    lists_all: ClassVar[bool]
    """Whether keys that are only to be computed have entries, too."""

    def __init__(self, dialect: Dialect, target: TableId, key: Sequence[Attribute]) -> None:
        self.dialect = dialect
        self.target = target
        self.key = tuple(key)

    @abstractmethod
    def identity(self, key: Mapping[str, Any]) -> dict[str, Any]:
        """The columns, and their encoded values, by which a key is found."""

    @abstractmethod
    def ident(self, key: Mapping[str, Any]) -> tuple[Any, ...]:
        """The same as it is compared."""

    @abstractmethod
    def read(self, row: Row) -> tuple[Any, ...]:
        """The same of a row of `known`."""

    @abstractmethod
    def keys(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The keys of rows of `held`."""

    @abstractmethod
    def let_go(self, key: Mapping[str, Any]) -> Statement:
        """Let anybody have a key that a worker of ours held."""

    @abstractmethod
    def clear(self, key: Mapping[str, Any]) -> Statement:
        """Forget that a key failed, or is to be ignored."""

    def more(self, key: Mapping[str, Any]) -> dict[str, Any]:
        """What else a new entry has."""
        return {}

    def times(self, *names: str) -> Mapping[str, str]:
        """The columns that tell when something happened."""
        return {}

    @property
    def table(self) -> str:
        """The table as statements name it."""
        return self.dialect.table(self.name.schema, self.name.name)

    def word(self, name: str) -> str:
        """A column."""
        return self.dialect.quote(name)

    def where(self, key: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The condition for the entry of a key."""
        found = self.identity(key)
        return " AND ".join(f"{self.word(n)} = {self.dialect.placeholder}" for n in found), tuple(found.values())

    def update(self, key: Mapping[str, Any], values: Mapping[str, Any], times: Sequence[str] = ()) -> Statement:
        """Change the entry of a key."""
        mark = self.dialect.placeholder
        changes = [f"{self.word(n)} = {mark}" for n in values]
        changes += [f"{self.word(n)} = {text}" for n, text in self.times(*times).items()]
        where, params = self.where(key)
        return Statement(f"UPDATE {self.table} SET {', '.join(changes)} WHERE {where}", (*values.values(), *params))

    def add(self, key: Mapping[str, Any], values: Mapping[str, Any], times: Sequence[str] = ()) -> Statement:
        """Add an entry."""
        given = {**self.identity(key), **self.more(key), **values}
        told = self.times(*times)
        columns = ", ".join(map(self.word, [*given, *told]))
        marks = ", ".join([*[self.dialect.placeholder] * len(given), *told.values()])
        return Statement(f"INSERT INTO {self.table} ({columns}) VALUES ({marks})", tuple(given.values()))

    def ours(self) -> tuple[str, tuple[Any, ...]]:
        """The condition for entries that workers of ours hold."""
        return f"{self.word('status')} = 'reserved' AND {self.word('user')} LIKE {self.dialect.placeholder}", (_OURS,)

    def take(self, key: Mapping[str, Any], holder: Mapping[str, Any]) -> Statement:
        """Reserve a key that has an entry: one that is free, or that a worker of ours held which was lost."""
        change = self.update(key, self.reserved(holder), ["reserved_time"])
        ours, params = self.ours()
        return Statement(f"{change.sql} AND ({self.free} OR {ours})", (*change.params, *params))

    def enter(self, key: Mapping[str, Any], holder: Mapping[str, Any]) -> Statement:
        """Reserve a key that has none."""
        return self.add(key, self.reserved(holder), ["reserved_time"])

    def reserved(self, holder: Mapping[str, Any]) -> dict[str, Any]:
        """What an entry says of who holds its key."""
        return {"status": "reserved", **holder}

    def look(self, key: Mapping[str, Any]) -> Statement:
        """Ask for the entry of a key."""
        where, params = self.where(key)
        names = ("status", "user", "host", "pid", "error_message", "error_stack")
        return Statement(f"SELECT {', '.join(map(self.word, names))} FROM {self.table} WHERE {where}", params)

    def done(self, key: Mapping[str, Any]) -> Statement:
        """A key is computed."""
        where, params = self.where(key)
        return Statement(f"DELETE FROM {self.table} WHERE {where}", params)

    def failed(self, key: Mapping[str, Any], message: str, stack: str) -> Statement:
        """A key has failed."""
        values = {"status": "error", "error_message": message, "error_stack": pack(stack)}
        return self.update(key, values, ["completed_time"])

    def known(self) -> Statement:
        """All keys that somebody holds, that failed, or are to be ignored: their identity, status and user."""
        columns = [*(self.output(n) for n in self.identity_names()), self.word("status"), self.word("user")]
        where, params = self.of_target()
        listed = "('reserved', 'error', 'ignore')"
        sql = f"SELECT {', '.join(columns)} FROM {self.table} WHERE {self.word('status')} IN {listed}{where}"
        return Statement(sql, params)

    def held(self) -> Statement:
        """The keys that workers of ours hold."""
        ours, params = self.ours()
        where, more = self.of_target()
        return Statement(f"SELECT {', '.join(self.key_columns())} FROM {self.table} WHERE {ours}{where}", params + more)

    def key_columns(self) -> Sequence[str]:
        """What tells the key of an entry."""
        return [self.output(n) for n in self.identity_names()]

    @abstractmethod
    def identity_names(self) -> Sequence[str]:
        """The columns by which a key is found."""

    def output(self, name: str) -> str:
        """A column as it is asked for."""
        return self.word(name)

    def of_target(self) -> tuple[str, tuple[Any, ...]]:
        """What tells the entries of the table that is filled."""
        return "", ()


class CurrentJobs(PeerJobs):
    """``~~table``, of the second generation: an entry for each key that is to be computed."""

    def __init__(self, dialect: Dialect, target: TableId, key: Sequence[Attribute]) -> None:
        super().__init__(dialect, target, key)
        self.name = TableId(target.schema, PREFIX + target.name.lstrip("_"))
        self._plan = DecodePlan(self.key, dialect)

    free = "status IN ('pending', 'success') AND scheduled_time <= CURRENT_TIMESTAMP(3)"
    lists_all = True

    def identity(self, key: Mapping[str, Any]) -> dict[str, Any]:
        return {
            a.name: self.dialect.encode(a.stored, adapt(a.type, key[a.name])) for a in self.key if a.type is not None
        }

    def identity_names(self) -> Sequence[str]:
        return [a.name for a in self.key]

    def output(self, name: str) -> str:
        found = next(a for a in self.key if a.name == name)
        return self.dialect.output(self.word(name), found.stored)

    def ident(self, key: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(key[a.name] for a in self.key)

    def read(self, row: Row) -> tuple[Any, ...]:
        (found,) = self._plan.rows([tuple(row)])
        return tuple(found)

    def keys(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        return self._plan.dicts(rows)

    def times(self, *names: str) -> Mapping[str, str]:
        return dict.fromkeys(names, "CURRENT_TIMESTAMP(3)")

    def more(self, key: Mapping[str, Any]) -> dict[str, Any]:
        return {"priority": 5}

    def let_go(self, key: Mapping[str, Any]) -> Statement:
        change = self.update(key, {"status": "pending"})
        ours, params = self.ours()
        return Statement(f"{change.sql} AND {ours}", (*change.params, *params))

    def clear(self, key: Mapping[str, Any]) -> Statement:
        change = self.update(key, {"status": "pending"})
        return Statement(f"{change.sql} AND status IN ('error', 'ignore')", change.params)


class ClassicJobs(PeerJobs):
    """``~jobs``, of the classic generation: an entry for each key of any table that somebody has, or that failed."""

    def __init__(self, dialect: Dialect, target: TableId, key: Sequence[Attribute]) -> None:
        super().__init__(dialect, target, key)
        self.name = TableId(target.schema, JOBS)

    free = "1 = 0"
    lists_all = False

    def identity(self, key: Mapping[str, Any]) -> dict[str, Any]:
        return {"table_name": self.target.name, "key_hash": key_hash({a.name: key[a.name] for a in self.key})}

    def identity_names(self) -> Sequence[str]:
        return ("table_name", "key_hash")

    def reserved(self, holder: Mapping[str, Any]) -> dict[str, Any]:
        return {n: v for n, v in super().reserved(holder).items() if n != "version"}

    def ident(self, key: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(self.identity(key).values())

    def read(self, row: Row) -> tuple[Any, ...]:
        return tuple(row)

    def keys(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        found = [unpack(bytes(blob)) for (blob,) in rows]
        return [{a.name: adapt(a.type, key[a.name]) for a in self.key if a.type is not None} for key in found]

    def key_columns(self) -> Sequence[str]:
        return [self.word("key")]

    def of_target(self) -> tuple[str, tuple[Any, ...]]:
        return f" AND {self.word('table_name')} = {self.dialect.placeholder}", (self.target.name,)

    def more(self, key: Mapping[str, Any]) -> dict[str, Any]:
        return {"key": pack({a.name: key[a.name] for a in self.key})}

    def let_go(self, key: Mapping[str, Any]) -> Statement:
        gone = self.done(key)
        ours, params = self.ours()
        return Statement(f"{gone.sql} AND {ours}", (*gone.params, *params))

    def clear(self, key: Mapping[str, Any]) -> Statement:
        gone = self.done(key)
        return Statement(f"{gone.sql} AND {self.word('status')} IN ('error', 'ignore')", gone.params)


def entry(row: Row) -> Entry:
    """What a row of `look` says."""
    status, user, host, pid, message, stack = row
    trace = "" if stack is None else unpack(bytes(stack))
    return Entry(str(status), str(user), str(host), int(pid), str(message or ""), str(trace or ""))


def holder(user: str, host: str, pid: int, version: str) -> dict[str, Any]:
    """What is noted of a worker of ours."""
    marked = user[: _MAX_NAME - len(MARK)] + MARK
    return {"user": marked, "host": host[:_MAX_NAME], "pid": pid, "version": version[:_MAX_VERSION]}


def peers_of(connection: Connection, dialect: Dialect, target: TableId, key: Sequence[Attribute]) -> list[PeerJobs]:
    """Return their tables of jobs for a table that fills itself, those that are there."""
    there = table_names(connection, dialect, target.schema)
    found = [kind(dialect, target, key) for kind in (CurrentJobs, ClassicJobs)]
    return [peer for peer in found if peer.name.name in there and _has_key(connection, peer)]


def _has_key(connection: Connection, peer: PeerJobs) -> bool:
    """Whether it goes by the same key: else nobody can say which of their keys is which of ours."""
    names = connection.execute(f"SELECT * FROM {peer.table} WHERE 1 = 0").names
    return set(names[: list(names).index("status")]) == set(peer.identity_names())
