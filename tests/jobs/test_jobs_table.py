"""``Table.jobs``: what people ask of a queue, and do to it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import table
from tests.jobs.beds import Bed

import labwright as lw
from labwright.core.errors import DataError, DefinitionError, LabwrightError, MissingAttributeError, MissingTableError
from labwright.define.job_table import MAX_MESSAGE
from labwright.jobs.code import code_of
from labwright.jobs.queue import Queue
from labwright.sql.declare import table_names

STATES = ("pending", "reserved", "success", "error", "ignore")


def counted(**counts: int) -> dict[str, int]:
    return {**dict.fromkeys(STATES, 0), **counts, "total": sum(counts.values())}


def keys_in(jobs: Any) -> list[int]:
    return [int(key["session"]) for key in jobs.keys(order_by="KEY")]


def flaky(schema: lw.Schema) -> Any:
    """Scores, but for odd sessions."""

    def make(self: Any, key: dict[str, Any]) -> None:
        if key["session"] % 2:
            raise ValueError(f"session {key['session']} is odd")
        self.insert1(key)

    Session = table(schema, "Session", "session : int32\n---\nscore = 0 : int32", history=False)
    Session.insert([(s, s) for s in range(5)])
    return table(schema, "Score", "-> Session", lw.Computed, make=make)


def test_states_are_queries(schema: lw.Schema) -> None:
    Score = flaky(schema)
    assert Score.jobs.refresh("session < 4") == {"added": 4, "removed": 0, "orphaned": 0, "re_pended": 0}
    assert Score.jobs.refresh(delay=600, priority=9)["added"] == 1
    assert Score.jobs.reserve({"session": 0})
    Score.jobs.ignore({"session": 2})
    done = Score.populate("session in (1, 3)", reserve_jobs=True, suppress_errors=True)
    assert [key for key, _ in done["error_list"]] == [{"session": 1}, {"session": 3}]
    jobs = Score().jobs
    found = [
        keys_in(q) for q in (jobs.pending, jobs.scheduled, jobs.reserved, jobs.errors, jobs.ignored, jobs.completed)
    ]
    assert found == [[4], [4], [0], [1, 3], [2], []]
    assert jobs.progress() == counted(pending=1, reserved=1, error=2, ignore=1)
    assert (len(jobs), len(jobs & "priority = 9"), jobs.primary_key) == (5, 1, ["session"])


def test_jobs_meet_other_tables(schema: lw.Schema) -> None:
    Score = flaky(schema)
    Score.populate(reserve_jobs=True, suppress_errors=True)
    Session: Any = schema["Session"]
    assert keys_in(Session & Score.jobs.errors) == [1, 3]
    assert keys_in(Score.jobs & (Session & "score > 2")) == [3]
    told = (Session * Score.jobs.errors.proj("error_message")).to_dicts(order_by="KEY")
    assert told[0] == {"session": 1, "score": 1, "error_message": "ValueError: session 1 is odd"}
    assert "ValueError: session 3 is odd" in (Score.jobs & "session = 3").fetch1("error_stack")
    assert "error_message" in repr(Score.jobs)
    assert lw.U("status").aggr(Score.jobs, n="count(*)").to_dicts() == [{"status": "error", "n": 2}]


def test_what_failed_is_tried_again_when_it_is_reset_or_deleted(schema: lw.Schema) -> None:
    Score = flaky(schema)
    Score.populate(reserve_jobs=True, suppress_errors=True)
    assert Score.populate(reserve_jobs=True)["error_list"] == []
    assert (Score.jobs & "session = 1").reset() == 1
    assert (keys_in(Score.jobs.pending), keys_in(Score.jobs.errors)) == ([1], [3])
    assert Score.jobs.errors.delete() == 1
    assert Score.jobs.refresh()["added"] == 1
    assert keys_in(Score.jobs.pending) == [1, 3]
    assert Score.jobs.delete() == 2
    assert len(Score.jobs) == 0


def test_ignored_keys_are_not_computed(schema: lw.Schema) -> None:
    Score = flaky(schema)
    Score.jobs.ignore({"session": 1, "more": 0})
    Score.jobs.ignore({"session": 3})
    assert Score.populate(reserve_jobs=True) == {"success_count": 3, "error_list": []}
    assert Score.jobs.ignored.reset() == 2


def test_jobs_by_hand(bed: Bed) -> None:
    jobs = bed.Score.jobs
    jobs.refresh()
    assert [jobs.reserve({"session": 1}), jobs.reserve({"session": 1}), jobs.reserve({"session": 77})] == [
        True,
        False,
        False,
    ]
    assert keys_in(jobs.reserved) == [1]
    jobs.error({"session": 1}, "x" * 5000, "the stack")
    assert len((jobs & "session = 1").fetch1("error_message")) == MAX_MESSAGE
    assert (jobs & "session = 1").fetch1("error_stack") == "the stack"
    jobs.reserve({"session": 2})
    jobs.complete({"session": 2})
    assert keys_in(jobs) == [0, 1, 3, 4]
    with pytest.raises(DataError, match=r"no job for .*99"):
        jobs.error({"session": 99}, "no")
    for act in (jobs.reserve, jobs.ignore, jobs.complete):
        with pytest.raises(MissingAttributeError, match="session"):
            act({"score": 1})


def test_who_is_overruled_may_not_store(bed: Bed) -> None:
    bed.Score.jobs.refresh()
    held = bed.claim(4)
    bed.Score.jobs.error({"session": 0}, "stop")
    bed.Score.jobs.complete({"session": 1})
    (bed.Score.jobs & "session = 2").delete()
    assert bed.Score.jobs.refresh(orphan_timeout=1e-6)["orphaned"] == 1
    assert [bed.store(job) for job in held] == [False] * 4


def test_what_is_done_may_be_kept(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bed.schema.project.config, "jobs.keep_completed", True)
    jobs = bed.Score.jobs
    jobs.refresh()
    for session in (1, 2):
        jobs.reserve({"session": session})
        bed.Score.insert1({"session": session}, allow_direct_insert=True)
        jobs.complete({"session": session}, duration=2.5)
    assert (jobs.completed & "session = 1").fetch1("duration") == 2.5
    (bed.Score & "session = 1").delete_quick()
    assert jobs.refresh() == {"added": 0, "removed": 0, "orphaned": 0, "re_pended": 1}
    assert (keys_in(jobs.completed), keys_in(jobs.pending)) == ([2], [0, 1, 3, 4])


def test_waiting_jobs_whose_keys_are_gone_may_be_left(bed: Bed) -> None:
    bed.Score.jobs.refresh()
    (bed.Session & "session > 2").delete_quick()
    assert bed.Score.jobs.refresh(stale_timeout=0)["removed"] == 0
    assert bed.Score.jobs.refresh()["removed"] == 2


def test_nothing_is_made_to_say_that_there_is_nothing(bed: Bed) -> None:
    jobs = bed.Score.jobs
    assert (jobs.progress(), jobs.is_declared, bed.schema.jobs) == (counted(), False, [])
    assert (bed.schema.progress()["Score"].total, jobs.is_declared) == (5, False)
    assert (len(jobs), jobs.is_declared) == (0, False)
    assert (jobs.refresh()["added"], jobs.is_declared) == (5, True)
    assert [queue.target for queue in bed.schema.jobs] == [bed.Score()]
    jobs.drop()
    assert jobs.table_name not in table_names(bed.db.connection, bed.db.dialect, bed.schema.database_name)
    assert jobs.refresh()["added"] == 5


def test_progress_of_a_schema(schema: lw.Schema) -> None:
    Score = flaky(schema)
    Score.populate(reserve_jobs=True, suppress_errors=True)
    Session: Any = schema["Session"]
    Session.insert([(6, 0), (8, 0)])
    Score.jobs.refresh({"session": 6})
    Score.jobs.refresh(delay=600)
    (found,) = schema.progress().values()
    assert (found.total, found.remaining, found.done) == (7, 4, 3)
    assert (found.pending, found.scheduled, found.error, found.reserved) == (1, 1, 2, 0)


def test_only_urgent_jobs_are_claimed(bed: Bed) -> None:
    bed.Score.jobs.refresh("session < 2", priority=1)
    bed.Score.jobs.refresh(priority=8)
    assert [j.priority for j in bed.queue.claim(bed.worker, 9, lease=600, priority=3)] == [1, 1]
    assert bed.queue.due_in(priority=0) is None
    assert [j.priority for j in bed.queue.claim(bed.worker, 9, lease=600, priority=8)] == [8, 8, 8]


def test_a_key_may_have_names_of_jobs(schema: lw.Schema) -> None:
    table(schema, "Scan", "status : int32").insert([(1,), (2,)])
    Score = table(schema, "Score", "-> Scan", lw.Computed, make=lambda self, key: self.insert1(key))
    Score.jobs.refresh()
    Score.jobs.ignore({"status": 2})
    assert Score.jobs.ignored.keys() == [{"status": 2}]
    assert Score.jobs.pending.fetch1("job_status") == "pending"
    assert len(Score.jobs.scheduled) == 0
    assert Queue(Score()).table_def.heading.primary_key == ["status"]


def test_the_version_of_the_code_is_noted(schema: lw.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    Score = flaky(schema)
    Score.populate(reserve_jobs=True, suppress_errors=True, max_calls=2)
    monkeypatch.setitem(schema.project.config, "jobs.version_method", "git")
    Score.populate(reserve_jobs=True, suppress_errors=True)
    plain, versioned = Score.jobs.errors.to_arrays("version", order_by="KEY")
    assert (plain, versioned) == ("", code_of(Score).version)


def copy_of(bed: Bed) -> Any:
    """A table that takes over the sessions, and is there already."""
    Copy = table(bed.schema, "Copy", "-> Session", lw.Computed, make=lambda self, key: self.insert1(key))
    Copy().ready()
    return Copy


def test_looking_makes_nothing(bed: Bed) -> None:
    Copy = copy_of(bed)
    before = table_names(bed.db.connection, bed.db.dialect, bed.schema.database_name)
    jobs, pending = Copy.jobs, Copy.jobs.pending.proj("priority", "created_time", "duration")
    assert (len(jobs), bool(jobs.errors), jobs.to_dicts(), pending.to_dicts()) == (0, False, [], [])
    assert len(jobs & {"session": 1} & "attempts > 1 and error_message <> 'x' and created_time > '2020-01-01'") == 0
    assert len(bed.Session & jobs.ignored) == 0
    assert len(bed.Session - jobs.ignored) == 5
    assert (jobs.errors.reset(), jobs.delete(), jobs.workers()) == (0, 0, [])
    assert Copy.progress() == (5, 5)
    assert (Copy.stale(), len(Copy.provenance), Copy.provenance.to_dicts()) == ([], 0, [])
    assert (Copy.provenance & "duration > 1 and started > '2020-01-01'").to_dicts() == []
    with pytest.raises(LabwrightError, match="No run is known"):
        Copy.provenance({"session": 1})
    assert table_names(bed.db.connection, bed.db.dialect, bed.schema.database_name) == before
    assert jobs.refresh()["added"] == 5
    assert (len(jobs), len(pending), len(bed.Session & jobs.pending)) == (5, 5, 5)
    Copy.populate(reserve_jobs=True)
    assert (len(jobs), len(Copy.provenance), Copy.stale()) == (0, 5, [])


def test_jobs_of_a_table_that_was_dropped(bed: Bed) -> None:
    Copy = copy_of(bed)
    Copy.populate("session = 1", reserve_jobs=True)
    Copy.drop(prompt=False)
    with pytest.raises(MissingTableError, match="was dropped, and its jobs with it"):
        len(Copy.jobs)
    assert not Copy.is_declared or len(Copy()) == 0
    assert Copy.populate(reserve_jobs=True)["success_count"] == 5
    assert len(Copy.jobs) == 0


def test_two_tables_that_would_have_the_same_jobs(schema: lw.Schema) -> None:
    table(schema, "Session", "session : int32", history=False).insert([(1,), (2,)])
    tables: list[Any] = [
        lw.Schema(schema.database_name)(
            type("Copy", (tier,), {"definition": "-> Session", "make": lambda self, key: self.insert1(key)}),
            context={"Session": schema["Session"]},
        )
        for tier in (lw.Imported, lw.Computed)
    ]
    for cls in tables:
        cls().ready()
    for cls in tables:
        with pytest.raises(DefinitionError, match=r"_copy and .*_copy would be in the same table, ~job_copy"):
            cls.populate(reserve_jobs=True)
        assert cls.populate()["success_count"] == 2
    tables[0].drop(prompt=False)
    assert tables[1].populate(reserve_jobs=True)["error_list"] == []
