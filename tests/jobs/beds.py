"""Tables that fill themselves, and what is in their queues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.backends.classes import table

import labwright as lw
from labwright.define.job_table import job_names
from labwright.jobs.job import Job, WorkerId
from labwright.jobs.queue import Queue
from labwright.sql.database import Database

LEASE = 600.0
"""Seconds: longer than any test."""


@dataclass(frozen=True)
class Bed:
    """A table that fills itself from `Session`, its queue, and a worker."""

    schema: lw.Schema
    Session: Any
    Score: Any
    queue: Queue
    worker: WorkerId

    @property
    def db(self) -> Database:
        return self.schema.project.database

    def claim(self, limit: int = 100, *restrictions: Any, lease: float = LEASE) -> list[Job]:
        return self.queue.claim(self.worker, limit, lease=lease, restrictions=restrictions)

    def store(self, job: Job) -> bool:
        """Store a row for a job; False when that is refused."""
        demand = self.queue.fence(job)
        try:
            with self.db.connection.transaction:
                if self.db.execute(demand.statement) != 1:
                    raise demand.error
                self.Score.insert1(job.key, allow_direct_insert=True)
        except lw.errors.LostJobError:
            return False
        return True

    def jobs(self, *names: str) -> list[tuple[Any, ...]]:
        """Attributes of all jobs, in the order of their keys."""
        return jobs_in(self.queue, names or ("status",))

    def states(self) -> dict[int, str]:
        """What became of each session."""
        return dict(self.jobs("session", "status"))


def jobs_in(queue: Queue, names: Sequence[str]) -> list[tuple[Any, ...]]:
    source, db = queue.source, queue.table.db
    key = source.heading.primary_key
    columns = [n if n in key else job_names(key)[n] for n in names]
    statement, plan = db.query(source, [*key, *(c for c in columns if c not in key)])
    rows = plan.dicts(db.connection.fetch(statement.sql, statement.params))
    return [tuple(row[c] for c in columns) for row in sorted(rows, key=lambda row: [row[k] for k in key])]


def make_bed(schema: lw.Schema, sessions: Iterable[int] = range(5)) -> Bed:
    Session = table(schema, "Session", "session : int32\n---\nscore = 0 : int32", history=False)
    Session.insert([(s, s) for s in sessions])
    Score = table(schema, "Score", "-> Session", lw.Computed, key_source=property(lambda _: Session))
    return Bed(schema, Session, Score, Queue(Score()), WorkerId.new())


def keys_of(jobs: Iterable[Job]) -> list[Mapping[str, Any]]:
    return [dict(job.key) for job in jobs]
