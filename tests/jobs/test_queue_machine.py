"""The queue against a model of it in Python, in whatever order things happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.jobs.beds import LEASE, Bed

from labwright.jobs.job import Job, Refreshed, WorkerId
from labwright.jobs.queue import LOST

KEYS: Final = range(6)
KEEP: Final = "jobs.keep_completed"
DEFAULT_PRIORITY: Final = 5

keys = st.sampled_from(KEYS)
leases = st.sampled_from([0.0, LEASE])
"""A lease that has ended when the next statement comes, or one that lasts."""


@dataclass
class Modelled:
    """What the model knows of a job; a job of the same key that comes later is another one."""

    priority: int
    waits: bool = False
    status: str = "pending"
    attempts: int = 0
    token: int = 0

    def is_claimable(self) -> bool:
        if self.status == "reserved":
            return not self.waits and self.attempts < LOST
        return self.status == "pending" and not self.waits

    def is_lost(self) -> bool:
        return self.status == "reserved" and not self.waits and self.attempts >= LOST


@dataclass
class Given:
    """A job that somebody was given, which may be somebody else's by now."""

    job: Job
    behind: Modelled
    key: int = field(init=False)

    def __post_init__(self) -> None:
        self.key = self.job.key["session"]

    def is_held(self, jobs: dict[int, Modelled]) -> bool:
        return jobs.get(self.key) is self.behind and (self.behind.status, self.behind.token) == (
            "reserved",
            self.job.token,
        )


class QueueMachine(RuleBasedStateMachine):
    """Does to the queue what is done to the model."""

    bed: Bed

    def __init__(self) -> None:
        super().__init__()
        self.sessions: set[int] = set()
        self.scores: set[int] = set()
        self.jobs: dict[int, Modelled] = {}
        self.given: list[Given] = []
        self.workers = [WorkerId.new(), WorkerId.new()]
        self.queue = self.bed.queue
        self.config = self.bed.schema.project.config
        self.kept = False

    @initialize(kept=st.booleans(), sessions=st.sets(keys))
    def begin(self, kept: bool, sessions: set[int]) -> None:
        self.kept = self.config[KEEP] = kept
        for session in sessions:
            self.add_session(session)

    def teardown(self) -> None:
        self.config[KEEP] = False
        connection, jobs = self.bed.db.connection, self.queue.source
        connection.execute(f"DELETE FROM {self.bed.db.dialect.table(jobs.schema, jobs.table)}", write=True)
        self.bed.Score.delete_quick()
        self.bed.Session.delete_quick()

    @rule(session=keys)
    def add_session(self, session: int) -> None:
        self.bed.Session.insert1((session, session), skip_duplicates=True)
        self.sessions.add(session)

    @rule(session=keys)
    def remove_session(self, session: int) -> None:
        if session not in self.scores:
            (self.bed.Session & {"session": session}).delete_quick()
            self.sessions.discard(session)

    @rule(session=keys)
    def fill_by_hand(self, session: int) -> None:
        if session in self.sessions - self.scores:
            self.bed.Score.insert1({"session": session}, allow_direct_insert=True)
            self.scores.add(session)

    @rule(session=keys)
    def empty(self, session: int) -> None:
        (self.bed.Score & {"session": session}).delete_quick()
        self.scores.discard(session)

    @rule(most=keys, priority=st.none() | st.integers(1, 3), waits=st.booleans())
    def refresh(self, most: int, priority: int | None, waits: bool) -> None:
        found = self.queue.refresh(f"session <= {most}", priority=priority, delay=1000.0 * waits)
        gone = [k for k, job in self.jobs.items() if self.is_stale(k, job)]
        for key in gone:
            del self.jobs[key]
        new = {s for s in self.sessions - self.scores if s <= most} - self.jobs.keys()
        for key in new:
            self.jobs[key] = Modelled(DEFAULT_PRIORITY if priority is None else priority, waits)
        assert found == Refreshed(len(new), len(gone))

    def is_stale(self, key: int, job: Modelled) -> bool:
        if job.status == "success":
            return key not in self.scores
        return job.status in ("pending", "error") and (key not in self.sessions or key in self.scores)

    @rule(worker=st.integers(0, 1), limit=st.integers(1, 4), lease=leases, least=st.none() | keys)
    def claim(self, worker: int, limit: int, lease: float, least: int | None) -> None:
        restrictions = () if least is None else (f"session >= {least}",)
        due = due_keys(self.jobs, least or 0)
        found = self.queue.claim(self.workers[worker], limit, lease=lease, restrictions=restrictions)
        assert len(found) == min(limit, len(due))
        assert [j.priority for j in found] == sorted(self.jobs[k].priority for k in due)[:limit]
        for job in found:
            key = job.key["session"]
            assert key in due
            model = self.jobs[key]
            model.status, model.waits = "reserved", lease > 0
            model.token, model.attempts = model.token + 1, model.attempts + 1
            assert (job.token, job.attempt) == (model.token, model.attempts)
            self.given.append(Given(job, model))
        if len(found) < limit:
            self.reap()

    def reap(self) -> None:
        for job in self.jobs.values():
            if job.is_lost():
                job.status, job.token = "error", job.token + 1

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def store(self, data: st.DataObject) -> None:
        given = data.draw(st.sampled_from(self.given))
        if given.key not in self.sessions - self.scores:
            return
        held = given.is_held(self.jobs)
        assert self.bed.store(given.job) == held
        if held:
            self.scores.add(given.key)
            if self.kept:
                given.behind.status = "success"
            else:
                del self.jobs[given.key]

    @precondition(lambda self: self.given)
    @rule(data=st.data(), retry=st.sampled_from([None, 0.0, 1000.0]))
    def fail(self, data: st.DataObject, retry: float | None) -> None:
        given = data.draw(st.sampled_from(self.given))
        held = given.is_held(self.jobs)
        assert self.queue.fail(given.job, "no", "trace", retry_in=retry) == held
        if held:
            given.behind.status, given.behind.waits = ("error", False) if retry is None else ("pending", retry > 0)

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        some = data.draw(st.lists(st.sampled_from(self.given), max_size=3, unique_by=id))
        held = [g for g in some if g.is_held(self.jobs)]
        assert self.queue.release([g.job for g in some]) == len(held)
        for given in held:
            given.behind.status, given.behind.waits = "pending", False
            given.behind.attempts -= 1

    @precondition(lambda self: self.given)
    @rule(data=st.data(), lease=leases)
    def beat(self, data: st.DataObject, lease: float) -> None:
        some = data.draw(st.lists(st.sampled_from(self.given), max_size=3, unique_by=id))
        held = [g for g in some if g.is_held(self.jobs)]
        progress = {g.job.id: 0.5 for g in some[:1]}
        found = self.queue.beat(self.workers[0], [g.job for g in some], lease=lease, progress=progress)
        assert found == {g.job.id for g in held}
        for given in held:
            given.behind.waits = lease > 0

    @rule(session=keys)
    def ignore(self, session: int) -> None:
        self.queue.ignore({"session": session})
        if session in self.jobs:
            self.jobs[session].token += 1
        else:
            self.jobs[session] = Modelled(DEFAULT_PRIORITY)
        self.jobs[session].status = "ignore"

    @rule(least=keys)
    def reset(self, least: int) -> None:
        chosen = [j for k, j in self.jobs.items() if k >= least and j.status in ("error", "ignore")]
        assert self.queue.reset(f"session >= {least}") == len(chosen)
        for job in chosen:
            job.status, job.waits, job.attempts = "pending", False, 0

    @invariant()
    def they_agree(self) -> None:
        names = ("session", "status", "priority", "attempts", "token")
        expected = [(k, j.status, j.priority, j.attempts, j.token) for k, j in sorted(self.jobs.items())]
        assert self.bed.jobs(*names) == expected
        assert set(self.bed.Score.to_arrays("session").tolist()) == self.scores
        due = self.queue.due_in()
        live = [j for j in self.jobs.values() if j.status in ("pending", "reserved")]
        assert (due is None) == (not live)
        assert (due == 0) == any(not j.waits for j in live)


def due_keys(jobs: dict[int, Modelled], least: int) -> set[int]:
    """What may be claimed from a key on; which of equal priority goes first is the queue's affair."""
    return {k for k, job in jobs.items() if k >= least and job.is_claimable()}


EXTENT: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {"stateful_step_count": 60},
    "postgres": {"max_examples": 12, "stateful_step_count": 40},
    "mysql": {"max_examples": 12, "stateful_step_count": 40},
}


@pytest.mark.slow
def test_the_queue_is_what_the_model_says(bed: Bed, backend: str) -> None:
    bed.queue.ensure()
    bed.Session.delete_quick()
    machine: Any = type("Machine", (QueueMachine,), {"bed": bed})
    run_state_machine_as_test(machine, settings=settings(settings.default, **EXTENT[backend]))
