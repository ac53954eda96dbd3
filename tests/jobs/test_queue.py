"""The queue of a table that fills itself: what comes in, who takes it, and what becomes of it."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import pickle
import uuid
from typing import Any

import pytest
from tests.backends.classes import table
from tests.jobs.beds import LEASE, Bed, jobs_in, keys_of

import labwright as lw
from labwright.core.errors import (
    DataError,
    DefinitionError,
    LockError,
    LostJobError,
    MissingAttributeError,
    QueryError,
    TransactionError,
    VersionError,
)
from labwright.define.job_table import MAX_MESSAGE, job_id, job_names
from labwright.jobs.job import Refreshed, WorkerId
from labwright.jobs.queue import Queue
from labwright.sql.connection import Connection
from labwright.sql.declare import table_names


def test_refresh_brings_in_what_is_missing_and_no_more(bed: Bed) -> None:
    bed.Score.insert1({"session": 2}, allow_direct_insert=True)
    assert bed.queue.refresh() == Refreshed(added=4, removed=0)
    assert bed.states() == dict.fromkeys((0, 1, 3, 4), "pending")
    assert bed.queue.refresh() == Refreshed(added=0, removed=0)
    bed.Session.insert([(7, 0), (8, 0)])
    assert bed.queue.refresh() == Refreshed(added=2, removed=0)


def test_refresh_of_some_keys(bed: Bed) -> None:
    assert bed.queue.refresh("session > 1", {"session": 3}).added == 1
    assert bed.queue.refresh("score < 2").added == 2
    assert sorted(bed.states()) == [0, 1, 3]


def test_refresh_removes_what_is_not_to_be_computed_any_more(bed: Bed) -> None:
    bed.queue.refresh()
    failed, held, ignored = {"session": 1}, {"session": 2}, {"session": 3}
    (job,) = bed.claim(1, failed)
    bed.queue.fail(job, "no", "")
    bed.claim(1, held)
    bed.queue.ignore(ignored)
    bed.Score.insert1({"session": 0}, allow_direct_insert=True)
    (bed.Session & "session > 0").delete_quick()
    assert bed.queue.refresh() == Refreshed(added=0, removed=3)
    assert bed.states() == {2: "reserved", 3: "ignore"}


def test_what_is_done_is_gone(bed: Bed) -> None:
    bed.queue.refresh()
    for job in bed.claim():
        assert bed.store(job)
    assert (len(bed.Score()), bed.jobs()) == (5, [])
    assert bed.queue.refresh() == Refreshed(added=0, removed=0)
    bed.Score.delete_quick()
    assert bed.queue.refresh() == Refreshed(added=5, removed=0)


def test_what_is_done_may_be_kept(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bed.schema.project.config, "jobs.keep_completed", True)
    bed.queue.refresh()
    for job in bed.claim(2):
        assert bed.store(job)
    ((status, done, duration),) = set(bed.jobs("status", "attempts", "duration")[:1])
    assert (status, done) == ("success", 1)
    assert duration >= 0
    assert bed.queue.refresh() == Refreshed(added=0, removed=0)
    (bed.Score & "session = 0").delete_quick()
    assert bed.queue.refresh() == Refreshed(added=1, removed=1)
    assert bed.states()[0] == "pending"
    assert bed.states()[1] == "success"


def test_jobs_are_claimed_in_order_and_once(bed: Bed) -> None:
    bed.queue.refresh("session > 2")
    bed.queue.refresh(priority=1)
    first = bed.claim(2)
    assert keys_of(first) == [{"session": 0}, {"session": 1}]
    assert [(j.token, j.attempt, j.priority) for j in first] == [(1, 1, 1)] * 2
    assert keys_of(bed.claim(2)) == [{"session": 2}, {"session": 3}]
    assert keys_of(bed.claim(2)) == [{"session": 4}]
    assert bed.claim() == []


def test_who_holds_a_job_can_be_seen(bed: Bed) -> None:
    bed.queue.refresh()
    worker = dataclasses.replace(WorkerId.new("slurm 17", "a" * 300), host="mill")
    bed.queue.claim(worker, 1, lease=LEASE)
    names = ("worker", "host", "pid", "user", "engine_job", "version")
    assert bed.jobs(*names)[0] == (worker.uuid, "mill", worker.pid, worker.user, "slurm 17", "a" * 255)
    ((reserved, until),) = bed.jobs("reserved_time", "scheduled_time")[:1]
    assert (until - reserved).total_seconds() == pytest.approx(LEASE, abs=0.01)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs((now - reserved).total_seconds()) < 60


def test_jobs_and_workers_travel(bed: Bed) -> None:
    bed.queue.refresh()
    (job,) = bed.claim(1)
    assert pickle.loads(pickle.dumps((job, bed.worker))) == (job, bed.worker)


def test_jobs_that_are_scheduled_wait(bed: Bed) -> None:
    assert bed.queue.due_in() is None
    bed.queue.refresh("session < 2", delay=1000)
    assert bed.claim() == []
    assert bed.queue.due_in() == pytest.approx(1000, abs=60)
    bed.queue.refresh("session = 2", delay=-5)
    assert bed.queue.due_in() == 0
    assert bed.queue.due_in(["session < 2"]) == pytest.approx(1000, abs=60)
    assert keys_of(bed.claim()) == [{"session": 2}]


@pytest.mark.parametrize(
    "restriction", ["session in (1, 3)", {"session": 1}, [{"session": 1}, {"session": 3}], "score = 1 or score = 3"]
)
def test_claims_may_be_restricted(restriction: Any, bed: Bed) -> None:
    bed.queue.refresh()
    expected = (bed.Session & restriction).keys(order_by="KEY")
    assert keys_of(bed.claim(10, restriction)) == expected
    assert len(bed.claim()) == 5 - len(expected)


def test_claims_may_be_restricted_by_other_tables(bed: Bed) -> None:
    bed.queue.refresh()
    Chosen = table(bed.schema, "Chosen", "-> Session")
    Chosen.insert([(1,), (2,), (4,)])
    assert keys_of(bed.claim(10, Chosen, "score > 1")) == [{"session": 2}, {"session": 4}]
    assert keys_of(bed.claim(10, lw.Top(2, "score DESC"))) == [{"session": 3}]
    assert keys_of(bed.claim(10, lw.Not(Chosen))) == [{"session": 0}]


def test_a_restriction_that_makes_no_sense_takes_nothing(bed: Bed) -> None:
    bed.queue.refresh()
    with pytest.raises(QueryError, match="weather"):
        bed.claim(1, "weather = 'fine'")
    assert set(bed.states().values()) == {"pending"}


def test_a_lease_that_ended_is_taken_over(bed: Bed) -> None:
    bed.queue.refresh("session = 1")
    (lost,) = bed.claim(lease=0)
    (found,) = bed.queue.claim(WorkerId.new(), 5, lease=LEASE)
    assert (found.id, found.key, found.token, found.attempt) == (lost.id, lost.key, 2, 2)
    assert not bed.store(lost)
    assert bed.queue.beat(bed.worker, [lost], lease=LEASE) == set()
    assert not bed.queue.fail(lost, "too late", "")
    assert bed.queue.release([lost]) == 0
    assert bed.states() == {1: "reserved"}
    assert bed.store(found)
    assert len(bed.Score()) == 1


def test_a_late_worker_may_still_store_what_nobody_has_taken(bed: Bed) -> None:
    bed.queue.refresh("session = 1")
    (late,) = bed.claim(lease=0)
    assert bed.store(late)


def test_results_are_stored_once(bed: Bed) -> None:
    bed.queue.refresh("session = 1")
    (job,) = bed.claim()
    assert bed.store(job)
    with pytest.raises(LostJobError, match=r"The lease of \{'session': 1\} in .*__score ended"):
        raise bed.queue.fence(job).error
    assert not bed.store(job)


def test_a_key_that_kills_its_workers_is_given_up(bed: Bed) -> None:
    bed.queue.refresh("session = 1")
    tokens = [job.token for _ in range(5) for job in bed.claim(lease=0)]
    assert tokens == [1, 2, 3]
    assert bed.jobs("status", "attempts", "error_message", "token") == [("error", 3, "worker lost 3 times", 4)]
    assert bed.queue.reset() == 1
    (job,) = bed.claim()
    assert (job.attempt, job.token) == (1, 5)


def test_beats_let_leases_begin_anew(bed: Bed) -> None:
    bed.queue.refresh()
    jobs = bed.claim(3, lease=0)
    progress = {jobs[0].id: 0.25, jobs[2].id: 1.0}
    assert bed.queue.beat(bed.worker, jobs, lease=LEASE, progress=progress) == {j.id for j in jobs}
    assert bed.queue.beat(bed.worker, [], lease=LEASE) == set()
    assert [p for (p,) in bed.jobs("progress")] == [0.25, None, 1.0, None, None]
    assert keys_of(bed.claim()) == [{"session": 3}, {"session": 4}]
    bed.store(jobs[1])
    assert bed.queue.beat(bed.worker, jobs, lease=LEASE) == {jobs[0].id, jobs[2].id}


def test_a_beat_waits_for_nobody_who_stores(bed: Bed) -> None:
    if bed.db.connection.backend == "sqlite":
        pytest.skip("a file has one writer at a time")
    bed.queue.refresh()
    jobs = bed.claim(2, lease=0)
    statement = bed.queue.fence(jobs[0]).statement
    with Connection(bed.db.connection.url) as other, other.transaction:
        assert other.execute(statement.sql, statement.params).rowcount == 1
        assert bed.queue.beat(bed.worker, jobs, lease=LEASE) == {j.id for j in jobs}
    assert bed.states() == {s: "reserved" if s == 1 else "pending" for s in range(1, 5)}


def test_errors_are_noted(bed: Bed) -> None:
    bed.queue.refresh("session < 3")
    one, two, three = bed.claim()
    assert bed.queue.fail(one, "It is\0 broken " + "\ud800" + "x" * 3000, "Traceback\n" + "é" * 70_000)
    assert bed.queue.fail(two, "ValueError: no", "", retry_in=0)
    assert bed.queue.fail(three, "again later", "", retry_in=500)
    assert not bed.queue.fail(one, "twice", "")
    rows = bed.jobs("status", "error_message", "error_stack", "attempts")
    status, message, stack, attempts = rows[0]
    assert (status, attempts, len(message), len(stack)) == ("error", 1, MAX_MESSAGE, 70_010)
    assert message.startswith("It is\N{REPLACEMENT CHARACTER} broken ?x")
    assert message.endswith("x...truncated")
    assert rows[1:] == [("pending", "ValueError: no", "", 1), ("pending", "again later", "", 1)]
    (again,) = bed.claim()
    assert (again.key, again.attempt, again.token) == ({"session": 1}, 2, 2)


def test_jobs_that_are_given_back_were_never_tried(bed: Bed) -> None:
    bed.queue.refresh("session < 2")
    jobs = bed.claim()
    assert bed.queue.release(jobs) == 2
    assert bed.queue.release([]) == 0
    assert bed.jobs("status", "attempts", "worker", "reserved_time") == [("pending", 0, "", None)] * 2
    assert not bed.store(jobs[0])
    assert [(j.attempt, j.token) for j in bed.claim()] == [(1, 2), (1, 2)]


def test_ignored_keys_are_computed_by_nobody(bed: Bed) -> None:
    bed.queue.refresh("session < 3")
    (held,) = bed.claim(1)
    bed.queue.ignore({"session": 0}, {"session": 1, "score": 7})
    bed.queue.ignore({"session": 4})
    bed.queue.ignore()
    assert not bed.store(held)
    assert bed.queue.refresh() == Refreshed(added=1, removed=0)
    assert keys_of(bed.claim()) == [{"session": 2}, {"session": 3}]
    assert bed.queue.reset({"session": 0}, "session < 4") == 1
    assert bed.queue.reset() == 2
    assert keys_of(bed.claim()) == [{"session": 0}, {"session": 1}, {"session": 4}]


def test_reset_leaves_the_others_alone(bed: Bed) -> None:
    bed.queue.refresh()
    (job, _) = bed.claim(2)
    bed.queue.fail(job, "no", "trace")
    assert bed.queue.reset("session = 1") == 0
    assert bed.queue.reset("score = 0") == 1
    assert bed.jobs("status", "attempts", "error_message", "error_stack")[0] == ("pending", 0, "", None)
    assert bed.states()[1] == "reserved"


def test_bad_arguments_change_nothing(bed: Bed) -> None:
    bed.queue.refresh("session = 1")
    with pytest.raises(MissingAttributeError, match="'session'"):
        bed.queue.ignore({"session": 3}, {"subject": 2})
    with pytest.raises(DataError, match="many"):
        bed.queue.ignore({"session": 3}, {"session": "many"})
    with pytest.raises(DataError, match="int16"):
        bed.queue.refresh(priority=70_000)
    assert bed.states() == {1: "pending"}


def test_default_priority(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bed.schema.project.config, "jobs.default_priority", 9)
    bed.queue.refresh()
    bed.queue.ignore({"session": 17})
    assert {p for (p,) in bed.jobs("priority")} == {9}


def test_the_table_goes_with_its_target(bed: Bed) -> None:
    bed.queue.refresh()
    there = job_id(bed.Score().id).name
    connection, dialect, name = bed.db.connection, bed.db.dialect, bed.schema.database_name
    assert there in table_names(connection, dialect, name)
    assert there not in bed.schema.list_tables()
    bed.Score.drop(prompt=False)
    assert there not in table_names(connection, dialect, name)


def test_a_manual_table_leaves_the_jobs_of_its_namesake(bed: Bed) -> None:
    bed.queue.refresh()
    with_class = table(lw.Schema(bed.schema.database_name, connection=bed.schema.project), "Score", "score : int8")
    with_class.insert1((1,))
    with_class.drop(prompt=False)
    assert len(bed.jobs()) == 5


def test_it_goes_with_its_schema(bed: Bed) -> None:
    bed.queue.refresh()
    bed.schema.drop(prompt=False)
    assert bed.schema.database_name not in bed.db.schemas()


def test_a_table_that_others_drop_is_made_again(bed: Bed) -> None:
    bed.queue.refresh()
    id_ = job_id(bed.Score().id)
    bed.db.connection.execute(f"DROP TABLE {bed.db.dialect.table(id_.schema, id_.name)}", write=True)
    assert bed.claim() == []
    assert bed.queue.refresh().added == 5


def test_another_version_is_refused(bed: Bed) -> None:
    bed.queue.ensure()
    id_, dialect, run = job_id(bed.Score().id), bed.db.dialect, bed.db.connection.execute
    name = dialect.table(id_.schema, id_.name)
    for said, advice in (("labwright jobs 99 x", "pip install --upgrade"), ("labwright jobs 0 x", "drop it")):
        if bed.db.connection.backend == "sqlite":
            run(f"DROP TABLE {name}", write=True)
            run(f"CREATE TABLE {name} (/* {said} */ x INT)", write=True)
        elif bed.db.connection.backend == "postgres":
            run(f"COMMENT ON TABLE {name} IS '{said}'", write=True)
        else:
            run(f"ALTER TABLE {name} COMMENT = '{said}'", write=True)
        bed.db.forget()
        with pytest.raises(VersionError, match=advice):
            Queue(bed.Score()).ensure()


def test_within_a_transaction_no_table_is_made(bed: Bed) -> None:
    with bed.db.connection.transaction, pytest.raises(TransactionError):
        bed.queue.ensure()
    bed.queue.ensure()
    with bed.db.connection.transaction, pytest.raises(TransactionError):
        bed.queue.refresh()


def test_a_new_key_makes_a_new_table_when_nobody_works(schema: lw.Schema) -> None:
    Session = table(schema, "Session", "session : int32", history=False)
    Method = table(schema, "Method", "status : varchar(8)", lw.Lookup, contents=[("fast",), ("good",)])
    Session.insert([(1,), (2,)])
    source: list[Any] = [Session]
    Score = table(schema, "Score", "-> Session\n-> Method", lw.Computed, key_source=property(lambda _: source[0]))
    queue, worker = Queue(Score()), WorkerId.new()
    queue.refresh()
    assert len(queue.claim(worker, 5, lease=LEASE)) == 2
    source[0] = Session() * Method()
    with pytest.raises(LockError, match="2 of those with the old one are reserved"):
        queue.ensure()
    source[0] = Session
    queue.ensure()
    queue.release(queue.claim(worker, 5, lease=0))
    queue.reset()
    queue.ignore({"session": 1}, {"session": 2})
    source[0] = Session() * Method()
    queue.ensure()
    assert queue.refresh().added == 4
    assert jobs_in(queue, ["session", "status", "attempts"])[0] == (1, "fast", 0)
    assert job_names(queue.source.heading.primary_key)["status"] == "job_status"
    assert len(queue.claim(worker, 5, lease=LEASE)) == 4
    source[0] = Session
    with pytest.raises(LockError, match="4 of those"):
        queue.ensure()


TYPES: dict[str, tuple[str, list[Any]]] = {
    "int8": ("int8", [-128, 0, 127]),
    "uint32": ("int unsigned", [0, 2**32 - 1]),
    "int64": ("int64", [-(2**63), 2**63 - 1]),
    "bool": ("bool", [False, True]),
    "float32": ("float32", [0.0, 0.5, -2.25]),
    "float64": ("float64", [0.1, 1e300]),
    "decimal": ("decimal(6,2)", [decimal.Decimal("-1.50"), decimal.Decimal("1234.56")]),
    "long decimal": ("decimal(30,3)", [decimal.Decimal("-12345678901234567890.125"), decimal.Decimal("0.500")]),
    "text": ("varchar(20)", ["a", "A", "ä", "a ", "é", "\N{MOUSE FACE}", "o'b\"r`ien %s {x} \\"]),
    "char": ("char(3)", ["abc", "ABC", "z"]),
    "enum": ("enum('left','right','50%')", ["left", "right", "50%"]),
    "date": ("date", [datetime.date(1999, 12, 31), datetime.date(2024, 2, 29)]),
    "datetime": ("datetime", [datetime.datetime.fromisoformat("2024-02-29 23:59:59")]),
    "microseconds": ("datetime(6)", [datetime.datetime.fromisoformat("2024-02-29 23:59:59.123456")]),
    "time": ("time", [datetime.time(1, 2, 3)]),
    "uuid": ("uuid", [uuid.UUID(int=7), uuid.UUID(int=2**127)]),
}


@pytest.mark.parametrize("kind", TYPES)
def test_keys_of_all_types(kind: str, schema: lw.Schema) -> None:
    type_, values = TYPES[kind]
    Item = table(schema, "Item", f"item : {type_}", history=False)
    Item.insert([(v,) for v in values])
    Seen = table(schema, "Seen", "-> Item\n---\nn = 0 : int8", lw.Computed)
    queue, worker = Queue(Seen()), WorkerId.new()
    assert queue.refresh().added == len(values)
    assert queue.refresh().added == 0
    jobs = queue.claim(worker, 100, lease=LEASE)
    assert sorted(keys_of(jobs), key=repr) == sorted(Item.keys(), key=repr)
    for i, job in enumerate(jobs):
        assert queue.release([job]) == 1
        (jobs[i],) = queue.claim(worker, 1, lease=LEASE, restrictions=[job.key])
        assert jobs[i].id == job.id
    queue.ignore(jobs[0].key)
    assert sorted(s for (s,) in jobs_in(queue, ["status"])) == ["ignore"] + ["reserved"] * (len(values) - 1)
    Seen.insert([job.key for job in jobs], allow_direct_insert=True)
    queue.release(jobs)
    assert queue.refresh() == Refreshed(added=0, removed=len(values) - 1)


def test_attributes_of_the_key_go_before_those_of_jobs(schema: lw.Schema) -> None:
    definition = "status : varchar(9)\npriority : int8\nuser : varchar(9)\ntoken : int32\njob_token : int32"
    Session = table(schema, "Session", definition, history=False)
    key = {"status": "pending", "priority": 3, "user": "ana", "token": 8, "job_token": 9}
    Session.insert1(key)
    Score = table(schema, "Score", "-> Session", lw.Computed)
    queue = Queue(Score())
    assert job_names(key)["token"] == "job_job_token"
    assert queue.refresh().added == 1
    (job,) = queue.claim(WorkerId.new(), 5, lease=LEASE, restrictions=["token = 8", {"status": "pending"}])
    assert job.key == key
    assert (job.token, job.priority) == (1, 5)
    assert queue.fail(job, "no", "")
    assert jobs_in(queue, ["status", "attempts"]) == [("pending", 1)]
    assert queue.reset({"user": "ana"}) == 1


def test_a_key_source_of_ones_own(schema: lw.Schema) -> None:
    Subject = table(schema, "Subject", "subject : varchar(9)\n---\nis_dead : bool", history=False)
    Subject.insert([("a", False), ("b", True), ("c", False)])
    Twin = table(
        schema,
        "Twin",
        "-> Subject.proj(first='subject')\n-> Subject.proj(second='subject')\n---\nx = 0 : int8",
        lw.Computed,
        key_source=property(
            lambda self: (
                (Subject() & "not is_dead").proj(first="subject") * Subject().proj("is_dead", second="subject")
                & "first < second"
            )
        ),
    )
    queue = Queue(Twin())
    assert queue.refresh().added == 2
    jobs = queue.claim(WorkerId.new(), 10, lease=LEASE)
    assert keys_of(jobs) == [{"first": "a", "second": "b"}, {"first": "a", "second": "c"}]
    Subject.update1({"subject": "a", "is_dead": True})
    queue.release(jobs)
    assert queue.refresh().removed == 2


ALLOW = "jobs.allow_new_pk_fields_in_computed_tables"


def test_a_part_of_the_key_is_enough(schema: lw.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema.project.config, ALLOW, True)
    Session = table(schema, "Session", "session : int32", history=False)
    Session.insert([(1,), (2,), (3,)])
    Unit = table(schema, "Unit", "-> Session\nunit : int16", lw.Imported)
    Unit.insert([(2, 1), (2, 2)], allow_direct_insert=True)
    queue = Queue(Unit())
    assert queue.refresh().added == 2
    assert keys_of(queue.claim(WorkerId.new(), 9, lease=LEASE)) == [{"session": 1}, {"session": 3}]


def test_long_names(schema: lw.Schema, backend: str) -> None:
    name = "ALongNameOfATableThatIsNearTheLimitOfNames"[: 33 if backend == "mysql" else None]
    Session = table(schema, "Session", "session : int32", history=False)
    Session.insert([(1,)])
    longs = [table(schema, name + end, "-> Session", lw.Computed) for end in ("One", "Two")]
    ids = {job_id(t().id).name for t in longs}
    assert len(ids) == 2
    assert all(50 < len(i) <= 60 for i in ids)
    assert [Queue(t()).refresh().added for t in longs] == [1, 1]
    longs[0].drop(prompt=False)
    assert Queue(longs[1]()).refresh().added == 0


def test_key_sources_that_make_no_sense(schema: lw.Schema) -> None:
    Session = table(schema, "Session", "session : int32", history=False)
    Other = table(schema, "Other", "other : int32", history=False)
    wrong = table(schema, "Wrong", "-> Session", lw.Computed, key_source=property(lambda _: Other))
    with pytest.raises(QueryError, match=r"The key of Wrong\.key_source has other, which the table has not"):
        Queue(wrong()).refresh()
    wide = table(schema, "Wide", "-> Session", lw.Computed, key_source=property(lambda _: Session * Other))
    with pytest.raises(QueryError, match=r"The key of Wide\.key_source has other"):
        Queue(wide()).refresh()
    beside = table(
        schema, "Beside", "-> Session\n---\nother : int32", lw.Computed, key_source=property(lambda _: Other)
    )
    with pytest.raises(QueryError, match="No attribute of the key of Beside"):
        Queue(beside()).refresh()
    text = table(schema, "Text", "-> Session", lw.Computed, key_source=property(lambda _: "Session"))
    with pytest.raises(QueryError, match="has to be an expression, not '"):
        Queue(text()).refresh()
    one = table(schema, "One", "---\nx : int8", lw.Computed, key_source=property(lambda _: Other & "false"))
    with pytest.raises((QueryError, DefinitionError)):
        Queue(one()).refresh()
