"""Statements of the table of jobs: who computes which key, and until when nobody else does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from labwright.core.types import Type
from labwright.define.job_table import job_names
from labwright.define.table import TableDef
from labwright.query.conditions import Condition
from labwright.query.expr import Node, Source
from labwright.sql.compiler import compile_select
from labwright.sql.connection import Connection
from labwright.sql.decode import Row
from labwright.sql.dialect import Dialect, Fragment
from labwright.sql.dml import rows_that
from labwright.sql.repeated import Repeated
from labwright.sql.statement import Statement

DUE: Final = "_due"
"""The index of what may be claimed on MySQL and MariaDB, which would not always use it by themselves."""
EVERYTHING: Final = Fragment("1 = 1")
_FLOATS: Final = ("float32", "float64")
"""Which SQLite returns from an UPDATE as whole numbers where they are."""
_NUMBERS: Final = (Type("int64"), Type("int64"))


@dataclass(frozen=True, slots=True)
class Clock:
    """How a server tells the time: never that of a worker, whose clock may be wrong.

    Parameters
    ----------
    now : str
        The same throughout a statement, so that an index can be searched by it.
    after : str
        So much later than now; has a place for a value.
    span : callable
        What is bound there for a number of seconds.
    between : str
        The seconds from ``{1}`` to ``{0}``.
    session : str
        The number of the connection.
    """

    now: str
    after: str
    span: Callable[[float], Any]
    between: str
    session: str


CLOCKS: Final[Mapping[str, Clock]] = MappingProxyType(
    {
        "sqlite": Clock(
            "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
            "strftime('%Y-%m-%d %H:%M:%f000', 'now', ?)",
            lambda seconds: f"{seconds:.3f} seconds",
            "(julianday({0}) - julianday({1})) * 86400.0",
            "0",
        ),
        "postgres": Clock(
            "(statement_timestamp() AT TIME ZONE 'UTC')",
            "(statement_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %s))",
            float,
            "extract(epoch FROM {0} - {1})::float8",
            "pg_backend_pid()",
        ),
        "mysql": Clock(
            "utc_timestamp(6)",
            "timestampadd(MICROSECOND, %s, utc_timestamp(6))",
            lambda seconds: round(seconds * 1e6),
            "timestampdiff(MICROSECOND, {1}, {0}) / 1e6",
            "connection_id()",
        ),
    }
)

MANY: Final = 1000
"""So many new jobs are more than a plan may be mistaken about."""
_CLAIMABLE: Final = "{live} AND {scheduled_time} <= {now} AND ({status} = 'pending' OR {attempts} < {mark})"
_ORDER: Final = "{priority}, {scheduled_time}, _id"
_CLAIMED: Final = (
    "{status} = 'reserved', {token} = {token} + 1, {attempts} = {attempts} + 1, {reserved_time} = {now}, "
    "{scheduled_time} = {after}, {completed_time} = NULL, {duration} = NULL, {progress} = NULL, {worker} = {mark}, "
    "{user} = {mark}, {host} = {mark}, {pid} = {mark}, {engine_job} = {mark}, {version} = {mark}, "
    "{connection_id} = {session}"
)
"""What follows for a job that is claimed. MySQL goes through it from left to right, with the new values."""


class Jobs:
    """Writes the statements for one table of jobs, and runs those of which a database needs several.

    Parameters
    ----------
    dialect : Dialect
    table : TableDef
        As `job_table` gives it.
    own : mapping
        The types of the columns of the key, where the server has to be told them.
    """

    live = "{status} IN ('pending', 'reserved')"

    def __init__(self, dialect: Dialect, table: TableDef, own: Mapping[str, str]) -> None:
        self.dialect = dialect
        self.table = table
        self.own = own
        self.clock = CLOCKS[dialect.name]
        self.name = dialect.table(table.id.schema, table.id.name)
        self.key = tuple(table.heading.primary_key)
        columns = {n: dialect.quote(c) for n, c in job_names(self.key).items()}
        words = {"table": self.name, "mark": dialect.placeholder, "now": self.clock.now, "after": self.clock.after}
        self.words = {**columns, **words, "session": self.clock.session, "live": self.live.format(**columns)}
        self.columns = ", ".join(
            ["_id", columns["token"], columns["attempts"], columns["priority"], *map(self.key_column, self.key)]
        )

    @property
    def source(self) -> Source:
        """All jobs, as a node of the algebra."""
        return Source(self.table.id.schema, self.table.id.name, self.table.heading)

    def key_column(self, name: str) -> str:
        """A column of the key in the form that the driver returns faithfully."""
        column, type_ = self.dialect.quote(name), self.table.heading[name].stored
        return f"({column} + 0.0)" if type_ is not None and type_.kind in _FLOATS else column

    def text(self, template: str) -> str:
        """`template` with the columns and what else is meant by the names in it."""
        return template.format(**self.words)

    def where(self, condition: Condition) -> Fragment:
        """A condition on the attributes of the key."""
        return rows_that(self.dialect, self.table, condition)

    def up_to(self, where: Fragment, priority: int) -> Fragment:
        """The same condition, for jobs of a priority or that go before it."""
        return Fragment(self.text("{priority} <= {mark} AND ") + f"({where.sql})", (priority, *where.params))

    def add(self, node: Node, priority: int, delay: float) -> Statement:
        """Bring in the keys of `node`; those that somebody else brings in meanwhile are passed over."""
        rows = compile_select(node, self.dialect, self.key, output=False)
        names = [self.dialect.quote(n) for n in self.key]
        listed, given = ", ".join(names), ", ".join(map(self.carried, self.key))
        order = ", ".join(f"s.{name}" for name in names)
        return Statement(
            self.text(
                f"INSERT INTO {{table}} ({listed}, {{status}}, {{priority}}, {{created_time}}, {{scheduled_time}}) "
                f"SELECT {given}, 'pending', {{mark}}, {{now}}, {{after}} FROM "
            )
            + f"({rows.sql}) AS s WHERE 1 = 1 ORDER BY {order} {self.unless_there()}",
            (priority, self.clock.span(delay), *rows.params),
        )

    def unless_there(self) -> str:
        """What passes over a key that is there."""
        return "ON CONFLICT DO NOTHING"

    def carried(self, name: str) -> str:
        """A column of the key as it is brought in; enums of the same labels are not always the same type."""
        column, attribute = f"s.{self.dialect.quote(name)}", self.table.heading[name]
        carried = self.dialect.carried_over(column, attribute.type, self.table.id.schema)
        return carried if carried == column or name not in self.own else f"{column}::text::{self.own[name]}"

    def drop(self, states: Sequence[str], condition: Condition) -> Statement:
        """Remove the jobs in some states that meet a condition."""
        where, listed = self.where(condition), ", ".join(f"'{state}'" for state in states)
        return Statement(
            self.text(f"DELETE FROM {{table}} WHERE {{status}} IN ({listed}) AND ") + where.sql, where.params
        )

    def claim(
        self, connection: Connection, holder: Sequence[Any], limit: int, lease: float, most: int, where: Fragment
    ) -> list[Row]:
        """Reserve the next jobs: rows of `columns`."""
        statement = self.reserving(holder, limit, lease, most, where)
        return connection.execute(statement.sql, statement.params, write=True).rows

    def reserving(self, holder: Sequence[Any], limit: int, lease: float, most: int, where: Fragment) -> Statement:
        """The statement that reserves the next jobs."""
        return Statement(
            self.text(
                f"UPDATE {{table}} SET {_CLAIMED} WHERE _id IN (SELECT _id FROM {{table}} WHERE {_CLAIMABLE} AND "
            )
            + f"({where.sql})"
            + self.text(f" ORDER BY {_ORDER} LIMIT {{mark}}) RETURNING {self.columns}"),
            (self.clock.span(lease), *holder, most, *where.params, limit),
        )

    def reap(self, most: int) -> Statement:
        """Give up those whose workers were lost too often."""
        message = self.text("'worker lost ' || {attempts} || ' times'")
        if self.dialect.name == "mysql":
            message = self.text("concat('worker lost ', {attempts}, ' times')")
        return Statement(
            self.text(
                "UPDATE {table} SET {status} = 'error', {token} = {token} + 1, {completed_time} = {now}, "
                f"{{progress}} = NULL, {{duration}} = {self.lasted()}, {{error_message}} = {message} "
                "WHERE {live} AND {scheduled_time} <= {now} AND {status} = 'reserved' AND {attempts} >= {mark}"
            ),
            (most,),
        )

    def lasted(self) -> str:
        """The seconds since the job was reserved."""
        return self.clock.between.format(self.words["now"], self.words["reserved_time"])

    def held(self, jobs: Iterable[tuple[int, int]]) -> Fragment:
        """The condition for jobs by number and token that are still reserved with that."""
        keys = self.dialect.key_set(_NUMBERS, list(jobs))
        return Fragment(self.text("{status} = 'reserved' AND (_id, {token}) IN ") + f"({keys.sql})", keys.params)

    def beat(
        self, connection: Connection, jobs: Sequence[tuple[int, int]], lease: float, progress: Mapping[int, float]
    ) -> list[Row]:
        """Let the leases of jobs begin anew, and return the numbers of those that are still held."""
        renewed, held = self.renewed(lease, progress), self.held(jobs)
        sql = f"UPDATE {self.name} SET {renewed.sql} WHERE {held.sql} RETURNING _id"
        return connection.execute(sql, (*renewed.params, *held.params), write=True).rows

    def renew(self, jobs: Sequence[tuple[int, int]], lease: float) -> Statement:
        """Let the leases of jobs begin anew, where it does not matter whether they are held still."""
        renewed, held = self.renewed(lease, {}), self.held(jobs)
        return Statement(f"UPDATE {self.name} SET {renewed.sql} WHERE {held.sql}", (*renewed.params, *held.params))

    def renewed(self, lease: float, progress: Mapping[int, float]) -> Fragment:
        """What follows SET when leases begin anew."""
        sql, params = self.text("{scheduled_time} = {after}"), [self.clock.span(lease)]
        if progress:
            cases = self.text(" WHEN {mark} THEN {mark}") * len(progress)
            sql += self.text(f", {{progress}} = CASE _id{cases} ELSE {{progress}} END")
            params += [value for pair in progress.items() for value in pair]
        return Fragment(sql, tuple(params))

    def release(self, jobs: Sequence[tuple[int, int]], delay: float = 0.0) -> Statement:
        """Give jobs back as if they had not been claimed, to be claimed again after so many seconds."""
        return self._released(self.held(jobs), delay)

    def give_back(self, worker: str) -> Statement:
        """Give all back that a worker has."""
        return self._released(Fragment(self.text("{live} AND {status} = 'reserved' AND {worker} = {mark}"), (worker,)))

    def _released(self, which: Fragment, delay: float = 0.0) -> Statement:
        changes = (
            "{status} = 'pending', {attempts} = {attempts} - 1, {scheduled_time} = {after}, {reserved_time} = NULL, "
            "{progress} = NULL, {worker} = ''"
        )
        return Statement(
            self.text(f"UPDATE {{table}} SET {changes} WHERE ") + which.sql, (self.clock.span(delay), *which.params)
        )

    def take_out(self, number: int, token: int) -> Statement:
        """Remove a job that is done."""
        return Statement(self._taking_out, (number, token))

    @cached_property
    def _taking_out(self) -> str:
        return self._of_ours("DELETE FROM {table}")

    def complete(self, number: int, token: int) -> Statement:
        """Note that a job is done."""
        return Statement(self._completing, (number, token))

    @cached_property
    def _completing(self) -> str:
        return self._of_ours(
            "UPDATE {table} SET {completed_time} = {now}, {progress} = NULL, {error_message} = '', "
            f"{{error_stack}} = NULL, {{duration}} = {self.lasted()}, {{status}} = 'success'"
        )

    def _of_ours(self, template: str) -> Repeated:
        """A statement about a job that is ours, or about several."""
        return Repeated(f"{self.text(template)} WHERE ", self.text(f"({_OURS})"), between=" OR ")

    def fail(self, number: int, token: int, message: str, stack: str, retry_in: float | None) -> Statement:
        """Note an error, after which the job waits to be tried again, or for somebody to look at it."""
        waits = "" if retry_in is None else ", {scheduled_time} = {after}"
        changes = (
            "{completed_time} = {now}, {progress} = NULL, {error_message} = {mark}, {error_stack} = {mark}, "
            f"{{duration}} = {self.lasted()}{waits}, {{status}} = {'error' if retry_in is None else 'pending'!r}"
        )
        seconds = () if retry_in is None else (self.clock.span(retry_in),)
        return Statement(
            self.text(f"UPDATE {{table}} SET {changes} WHERE {_OURS}"), (message, stack, *seconds, number, token)
        )

    def ignore(self) -> str:
        """Say of a key, whose encoded values are bound, that it is not to be computed; whoever computes it loses it."""
        listed = ", ".join(map(self.dialect.quote, self.key))
        marks = ", ".join([self.dialect.placeholder] * len(self.key))
        changes = f"{{status}} = 'ignore', {{token}} = {self.name}.{{token}} + 1"
        return self.text(
            f"INSERT INTO {{table}} ({listed}, {{status}}, {{priority}}, {{created_time}}, {{scheduled_time}}) "
            f"VALUES ({marks}, 'ignore', {{mark}}, {{now}}, {{now}}) {self.or_else(listed)} {changes}"
        )

    def or_else(self, key: str) -> str:
        """What comes before the changes of a row whose key is there."""
        return f"ON CONFLICT ({key}) DO UPDATE SET"

    def reset(self, where: Fragment) -> Statement:
        """Let errors and ignored keys be tried again."""
        changes = (
            "{attempts} = 0, {scheduled_time} = {now}, {completed_time} = NULL, {duration} = NULL, "
            "{error_message} = '', {error_stack} = NULL, {status} = 'pending'"
        )
        return Statement(
            self.text(f"UPDATE {{table}} SET {changes} WHERE {{status}} IN ('error', 'ignore') AND ")
            + f"({where.sql})",
            where.params,
        )

    def learn(self, connection: Connection, added: int) -> None:
        """Let the database take note of how much there is to do, where so many jobs are new."""

    def due_in(self, where: Fragment) -> Statement:
        """How many seconds it is until the first job may be claimed."""
        first = self.clock.between.format(self.text("min({scheduled_time})"), self.clock.now)
        return Statement(
            self.text(f"SELECT {first} FROM {{table}} WHERE {{live}} AND ") + f"({where.sql})", where.params
        )


_OURS: Final = "_id = {mark} AND {token} = {mark} AND {status} = 'reserved'"


class PostgresJobs(Jobs):
    """Passes over rows that somebody else holds."""

    def learn(self, connection: Connection, added: int) -> None:
        """Taking it for an almost empty table, the planner would sort all of it for each claim until it is told."""
        if added >= MANY:
            connection.execute(f"ANALYZE {self.name}", write=True)

    def key_column(self, name: str) -> str:
        return self.dialect.quote(name)

    def reserving(self, holder: Sequence[Any], limit: int, lease: float, most: int, where: Fragment) -> Statement:
        """The limit is written out: one that is bound counts as a tenth of the rows, and is planned for each time."""
        return Statement(
            self.text(f"WITH c AS MATERIALIZED (SELECT _id AS n FROM {{table}} WHERE {_CLAIMABLE} AND ")
            + f"({where.sql})"
            + self.text(f" ORDER BY {_ORDER} LIMIT {limit:d} FOR UPDATE SKIP LOCKED) ")
            + self.text(f"UPDATE {{table}} SET {_CLAIMED} FROM c WHERE _id = c.n RETURNING {self.columns}"),
            (most, *where.params, self.clock.span(lease), *holder),
        )

    def beat(
        self, connection: Connection, jobs: Sequence[tuple[int, int]], lease: float, progress: Mapping[int, float]
    ) -> list[Row]:
        """What is being stored meanwhile is locked, and needs no longer lease."""
        renewed, held = self.renewed(lease, progress), self.held(jobs)
        sql = (
            f"WITH h AS MATERIALIZED (SELECT _id AS n FROM {self.name} WHERE {held.sql}), c AS MATERIALIZED "
            f"(SELECT _id AS n FROM {self.name} WHERE _id IN (SELECT n FROM h) FOR UPDATE SKIP LOCKED), u AS "
            f"(UPDATE {self.name} SET {renewed.sql} FROM c WHERE _id = c.n) SELECT n FROM h"
        )
        return connection.execute(sql, (*held.params, *renewed.params), write=True).rows


class MySQLJobs(Jobs):
    """Marks what it claims with a number and asks for that, since no UPDATE returns rows."""

    live = "_live = 1"

    def key_column(self, name: str) -> str:
        return self.dialect.output(self.dialect.quote(name), self.table.heading[name].stored)

    def unless_there(self) -> str:
        return f"ON DUPLICATE KEY UPDATE _id = {self.name}._id"

    def or_else(self, key: str) -> str:
        return "ON DUPLICATE KEY UPDATE"

    def claim(
        self, connection: Connection, holder: Sequence[Any], limit: int, lease: float, most: int, where: Fragment
    ) -> list[Row]:
        """Of some keys alone, looks first and locks then: an UPDATE would lock all that it looks at."""
        if where is EVERYTHING:
            return self.reserved(connection, self.reserving(holder, limit, lease, most, where))
        sql = self.text(f"SELECT _id FROM {{table}} WHERE {_CLAIMABLE} AND ") + f"({where.sql})"
        sql += self.text(f" ORDER BY {_ORDER} LIMIT {{mark}}")
        while seen := tuple(number for (number,) in connection.fetch(sql, (most, *where.params, limit))):
            these = Fragment(f"_id IN ({', '.join(['%s'] * len(seen))})", seen)
            if found := self.reserved(connection, self.reserving(holder, limit, lease, most, these)):
                return found
        return []

    def reserving(self, holder: Sequence[Any], limit: int, lease: float, most: int, where: Fragment) -> Statement:
        """The mark is the first value."""
        index = f" FORCE INDEX ({DUE})" if where is EVERYTHING else ""
        return Statement(
            self.text(f"UPDATE {{table}}{index} SET _claim = {{mark}}, {_CLAIMED} WHERE {_CLAIMABLE} AND ")
            + f"({where.sql})"
            + self.text(f" ORDER BY {_ORDER} LIMIT {{mark}}"),
            (secrets.randbits(62), self.clock.span(lease), *holder, most, *where.params, limit),
        )

    def reserved(self, connection: Connection, statement: Statement) -> list[Row]:
        """Reserve jobs, and return those that have the mark."""
        if not connection.execute(statement.sql, statement.params, write=True).rowcount:
            return []
        return connection.fetch(
            self.text(f"SELECT {self.columns} FROM {{table}} WHERE _claim = {{mark}} AND {{status}} = 'reserved'"),
            statement.params[:1],
        )

    def held(self, jobs: Iterable[tuple[int, int]]) -> Fragment:
        """Written out, since a subquery in an UPDATE is asked for each row of the table."""
        pairs = list(jobs)
        one, two = ", ".join(["%s"] * len(pairs)), ", ".join(["(%s, %s)"] * len(pairs))
        sql = self.text(f"_id IN ({one}) AND (_id, {{token}}) IN ({two}) AND {{status}} = 'reserved'")
        return Fragment(sql, (*(number for number, _ in pairs), *(value for pair in pairs for value in pair)))

    def beat(
        self, connection: Connection, jobs: Sequence[tuple[int, int]], lease: float, progress: Mapping[int, float]
    ) -> list[Row]:
        """What is being stored meanwhile is locked, and needs no longer lease."""
        renewed, held = self.renewed(lease, progress), self.held(jobs)
        sql = f"SELECT _id FROM {self.name} WHERE {held.sql}"
        with connection.transaction:
            found = connection.fetch(sql, held.params)
            free = [number for (number,) in connection.fetch(f"{sql} FOR UPDATE SKIP LOCKED", held.params)]
            if free:
                marks = ", ".join(["%s"] * len(free))
                connection.execute(
                    f"UPDATE {self.name} SET {renewed.sql} WHERE _id IN ({marks})", (*renewed.params, *free), write=True
                )
        return found


_JOBS: Final[Mapping[str, type[Jobs]]] = MappingProxyType(
    {"sqlite": Jobs, "postgres": PostgresJobs, "mysql": MySQLJobs}
)


def jobs_of(dialect: Dialect, table: TableDef, own: Mapping[str, str]) -> Jobs:
    """Return what writes the statements for a table of jobs in the words of a database."""
    return _JOBS[dialect.name](dialect, table, own)
