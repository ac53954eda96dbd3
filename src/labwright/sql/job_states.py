"""Statements on jobs that people give: how many there are, who works, and what becomes of one by its key."""

from __future__ import annotations

from collections.abc import Sequence

from labwright.define.table import TableId
from labwright.sql.connection import Connection
from labwright.sql.declare import locked, refuse_within_transaction, run_all
from labwright.sql.dialect import Dialect, Fragment
from labwright.sql.jobs import Jobs
from labwright.sql.statement import Statement


def counts(jobs: Jobs) -> Statement:
    """How many jobs there are of each status, and how many of them wait for their time."""
    waits = "sum(CASE WHEN {status} = 'pending' AND {scheduled_time} > {now} THEN 1 ELSE 0 END)"
    return Statement(jobs.text(f"SELECT {{status}}, count(*), {waits} FROM {{table}} GROUP BY {{status}}"))


def counts_with(jobs: Jobs | None, total: Statement, remaining: Statement) -> Statement:
    """The same, and how many keys there are in all and how many of them have no rows: one statement."""
    parts = [
        Statement(f"SELECT '{name}' AS state, ({s.sql}) AS n, 0 AS waits", s.params)
        for name, s in (("total", total), ("remaining", remaining))
    ]
    if jobs is not None:
        parts.append(counts(jobs))
    sql = " UNION ALL ".join(part.sql for part in parts)
    return Statement(sql, tuple(value for part in parts for value in part.params))


def side_by_side(statements: Sequence[Statement]) -> Statement:
    """What several of these say, as one statement; the place of each stands before its rows."""
    parts = [f"SELECT {place} AS place, s.* FROM ({s.sql}) AS s" for place, s in enumerate(statements)]
    return Statement(" UNION ALL ".join(parts), tuple(value for s in statements for value in s.params))


def workers(jobs: Jobs) -> Statement:
    """Who holds jobs: worker, host, pid, user, engine job, jobs, seconds until the last lease ends, progress."""
    who = "{worker}, {host}, {pid}, {user}, {engine_job}"
    left = jobs.clock.between.format(jobs.text("max({scheduled_time})"), jobs.clock.now)
    return Statement(
        jobs.text(
            f"SELECT {who}, count(*), {left}, avg({{progress}}) FROM {{table}} "
            f"WHERE {{live}} AND {{status}} = 'reserved' GROUP BY {who} ORDER BY {who}"
        )
    )


def held(jobs: Jobs, worker: str, id_: int, token: int) -> Statement:
    """The job of a number, if a worker holds it: the columns that a claim gives."""
    sql = "WHERE _id = {mark} AND {status} = 'reserved' AND {worker} = {mark} AND {token} = {mark}"
    return Statement(jobs.text(f"SELECT {jobs.columns} FROM {{table}} {sql}"), (id_, worker, token))


def place(jobs: Jobs, where: Fragment) -> Statement:
    """How many jobs are claimed before the one that meets a condition, and that one."""
    order = "{priority}, {scheduled_time}, _id"
    one = jobs.text("SELECT {priority} AS p, {scheduled_time} AS s, _id AS i FROM {table} WHERE ") + where.sql
    return Statement(
        jobs.text("SELECT count(*) FROM {table}, ")
        + f"({one}) AS one "
        + jobs.text(
            "WHERE {live} AND {status} = 'pending' AND {scheduled_time} <= {now} "
            f"AND ({order}) <= (one.p, one.s, one.i)"
        ),
        where.params,
    )


def finish(jobs: Jobs, where: Fragment, duration: float | None, *, keep: bool) -> Statement:
    """Say that jobs are done, whoever holds them."""
    if not keep:
        return Statement(jobs.text("DELETE FROM {table} WHERE ") + where.sql, where.params)
    lasted = jobs.lasted() if duration is None else jobs.words["mark"]
    changes = (
        "{token} = {token} + 1, {completed_time} = {now}, {progress} = NULL, {error_message} = '', "
        f"{{error_stack}} = NULL, {{duration}} = {lasted}, {{status}} = 'success'"
    )
    given = () if duration is None else (duration,)
    return Statement(jobs.text(f"UPDATE {{table}} SET {changes} WHERE ") + where.sql, (*given, *where.params))


def give_up(jobs: Jobs, where: Fragment, message: str, stack: str | None) -> Statement:
    """Say that jobs have failed, whoever holds them: what is computed for them now is not stored."""
    changes = (
        "{token} = {token} + 1, {completed_time} = {now}, {progress} = NULL, {error_message} = {mark}, "
        f"{{error_stack}} = {{mark}}, {{duration}} = {jobs.lasted()}, {{status}} = 'error'"
    )
    return Statement(jobs.text(f"UPDATE {{table}} SET {changes} WHERE ") + where.sql, (message, stack, *where.params))


def take_back(jobs: Jobs, seconds: float) -> Statement:
    """Let jobs be claimed by others that were reserved so many seconds ago or more."""
    changes = (
        "{token} = {token} + 1, {scheduled_time} = {now}, {reserved_time} = NULL, {progress} = NULL, {worker} = '', "
        "{status} = 'pending'"
    )
    return Statement(
        jobs.text(f"UPDATE {{table}} SET {changes} WHERE {{status}} = 'reserved' AND {{reserved_time}} <= {{after}}"),
        (jobs.clock.span(-seconds),),
    )


def drop_jobs(connection: Connection, dialect: Dialect, id_: TableId) -> None:
    """Drop a table of jobs, if it is there."""
    refuse_within_transaction(connection)
    with locked(connection, dialect, "declare"):
        run_all(connection, [Statement(f"DROP TABLE IF EXISTS {dialect.table(id_.schema, id_.name)}")])
