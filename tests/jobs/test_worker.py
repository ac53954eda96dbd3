"""Workers take keys from queues: each is computed once, and what they cannot finish they give back."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import LockError
from labwright.jobs import patience
from labwright.jobs.heartbeat import Heartbeat
from labwright.jobs.job import Job, WorkerId
from labwright.jobs.queue import Queue
from labwright.jobs.worker import Worker
from labwright.tables.query import QueryExpression


@dataclass(frozen=True)
class Lab:
    """Sessions to compute from, and what has been called."""

    schema: lw.Schema
    Session: Any
    calls: list[dict[str, Any]]

    def computed(
        self, name: str, make: Callable[..., None], definition: str = "-> Session\n---\nx = null : float64"
    ) -> Any:
        def noted(table: Any, key: dict[str, Any], **kwargs: Any) -> None:
            self.calls.append(key)
            make(table, key, **kwargs)

        return table(self.schema, name, definition, lw.Computed, make=noted)


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    Session = table(schema, "Session", "session : int32\n---\nscore : float64")
    Session.insert((n, n / 2) for n in range(1, 7))
    return Lab(schema, Session, [])


def insert(table: Any, key: dict[str, Any]) -> None:
    table.insert1({**key, "x": 1.0})


def claimed_by_another(table: Any, key: dict[str, Any]) -> list[Job]:
    """What another worker can take of a key that is being computed here."""
    taken: list[Job] = []
    project = table.project

    def claim() -> None:
        with project:
            taken.extend(Queue(table).claim(WorkerId.new(), 9, lease=60, restrictions=[key]))

    thread = threading.Thread(target=claim)
    thread.start()
    thread.join()
    return taken


def states(Table: Any) -> dict[int, str]:
    """The jobs that there are, by session."""
    queue = Queue(Table())
    rows = QueryExpression(queue.source, [Table()])
    return dict(zip(*(rows.to_arrays(n).tolist() for n in ("session", "status")), strict=True))


def test_jobs_are_done_with_when_the_rows_are_there(lab: Lab) -> None:
    Score = lab.computed("Score", insert)
    result = Score.populate(reserve_jobs=True)
    assert (result, result.success, result.skipped) == ({"success_count": 6, "error_list": []}, 6, 0)
    assert len(Score) == len(lab.calls) == 6
    assert states(Score) == {}
    assert Score.populate(reserve_jobs=True)["success_count"] == 0


def fail_for_two(table: Any, key: dict[str, Any]) -> None:
    if key["session"] == 2:
        raise ValueError("two is bad")
    insert(table, key)


def test_errors_stay_in_the_queue(lab: Lab) -> None:
    Score = lab.computed("Score", fail_for_two)
    result = Score.populate(reserve_jobs=True, suppress_errors=True)
    assert result["error_list"] == [({"session": 2}, "ValueError: two is bad")]
    assert states(Score) == {2: "error"}
    assert Score.populate(reserve_jobs=True)["success_count"] == 0
    Queue(Score()).reset()
    with pytest.raises(ValueError, match="two is bad"):
        Score.populate(reserve_jobs=True)


def test_an_error_that_is_raised_gives_the_rest_back(lab: Lab) -> None:
    Score = lab.computed("Score", fail_for_two)
    with pytest.raises(ValueError, match="two is bad"):
        Score.populate(reserve_jobs=True)
    assert states(Score)[2] == "error"
    assert set(states(Score).values()) <= {"error", "pending"}
    assert len(Score) + len(states(Score)) == 6


@pytest.mark.parametrize(
    ("restrictions", "options", "expected"),
    [
        (["session > 4"], {}, {5, 6}),
        ([{"session": 3}], {}, {3}),
        ([], {"max_calls": 2}, {1, 2}),
        ([], {"keys": [{"session": 2}, {"session": 5}]}, {2, 5}),
        ([], {"max_calls": 0}, set()),
    ],
)
def test_restricted(lab: Lab, restrictions: list[Any], options: dict[str, Any], expected: set[int]) -> None:
    Score = lab.computed("Score", insert)
    Score.populate(*restrictions, reserve_jobs=True, **options)
    assert set(Score.to_arrays("session").tolist()) == expected


def test_arguments_for_make(lab: Lab) -> None:
    Score = lab.computed("Score", lambda table, key, x: table.insert1({**key, "x": x}))
    assert Score.populate(reserve_jobs=True, make_kwargs={"x": 7.5})["success_count"] == 6
    assert set(Score.to_arrays("x").tolist()) == {7.5}


def test_without_looking_for_new_keys(lab: Lab) -> None:
    Score = lab.computed("Score", insert)
    assert Score.populate(reserve_jobs=True, refresh=False)["success_count"] == 0
    with lab.schema.project.config.override(jobs__auto_refresh=False):
        assert Score.populate(reserve_jobs=True)["success_count"] == 0
    assert Score.populate(reserve_jobs=True, refresh=True)["success_count"] == 6


def test_what_fails_for_no_fault_of_the_code_is_tried_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BACKOFF", 0.01)

    def unlucky(table: Any, key: dict[str, Any]) -> None:
        if key["session"] == 4 and lab.calls.count(key) < 3:
            raise LockError("a deadlock")
        insert(table, key)

    Score = lab.computed("Score", unlucky)
    result = Score.populate(reserve_jobs=True)
    assert (result.success, result.retried) == (6, 2)
    assert lab.calls.count({"session": 4}) == 3


def test_bad_luck_without_end_is_an_error(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "BACKOFF", 0.01)

    def unlucky(table: Any, key: dict[str, Any]) -> None:
        raise LockError("a deadlock")

    Score = lab.computed("Score", unlucky)
    result = Score.populate({"session": 1}, reserve_jobs=True, suppress_errors=True)
    assert (result.success, result.retried, result.error) == (0, 2, 1)
    assert result["error_list"] == [({"session": 1}, "LockError: a deadlock")]


@pytest.mark.parametrize("how", ["interrupt", "terminate"])
def test_what_is_interrupted_is_given_back(lab: Lab, how: str) -> None:
    def interrupted(table: Any, key: dict[str, Any]) -> None:
        if key["session"] == 3:
            os.kill(os.getpid(), signal.SIGINT if how == "interrupt" else signal.SIGTERM)
            time.sleep(10)
        insert(table, key)

    Score = lab.computed("Score", interrupted)
    # A program in the background does not hear of it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt if how == "interrupt" else SystemExit):
            Score.populate(reserve_jobs=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert sorted(Score.to_arrays("session").tolist()) == [1, 2]
    assert states(Score) == {3: "pending", 4: "pending", 5: "pending", 6: "pending"}
    attempts = QueryExpression(Queue(Score()).source, [Score()]).to_arrays("attempts")
    assert attempts.tolist() == [0, 0, 0, 0]


def test_a_make_that_ends_the_program(lab: Lab) -> None:
    def leave(table: Any, key: dict[str, Any]) -> None:
        raise SystemExit(3)

    Score = lab.computed("Score", leave)
    result = Score.populate(reserve_jobs=True, suppress_errors=True)
    assert result.error == 6
    assert "ended the program by sys.exit(3)" in result["error_list"][0][1]
    assert len(Score) == 0


def test_rows_that_somebody_has_entered_meanwhile(lab: Lab) -> None:
    Score = lab.computed("Score", insert)
    Queue(Score()).refresh()
    Score.insert1((2, 9.0), allow_direct_insert=True)
    result = Score.populate(reserve_jobs=True, refresh=False)
    assert (result.success, result.skipped) == (5, 1)
    assert states(Score) == {}
    assert (Score & {"session": 2}).fetch1("x") == 9.0


def test_several_at_once_compute_each_key_once(lab: Lab) -> None:
    lab.Session.insert((n, 1.0) for n in range(7, 60))
    Score = lab.computed("Score", insert)
    Queue(Score()).refresh()
    results: list[Any] = []
    project = lab.schema.project

    def populate() -> None:
        with project:
            results.append(Score.populate(reserve_jobs=True))

    threads = [threading.Thread(target=populate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(r.success for r in results) == len(Score) == 59
    assert set(Counter(key["session"] for key in lab.calls).values()) == {1}


def test_a_lease_is_renewed_while_make_runs(lab: Lab) -> None:
    taken: list[Any] = []
    lease = 0.9

    def slow(table: Any, key: dict[str, Any]) -> None:
        time.sleep(2 * lease)
        taken.extend(claimed_by_another(table, key))
        insert(table, key)

    Score = lab.computed("Score", slow)
    (outcome,) = Worker([Score()], restrictions=[{"session": 1}], lease=lease).run()
    assert (outcome.state, taken) == ("success", [])


def test_who_has_lost_the_lease_stores_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heartbeat, "_renew", lambda *_: None)  # as of a machine that sleeps
    others: list[Any] = []

    def overtaken(table: Any, key: dict[str, Any]) -> None:
        time.sleep(0.3)
        others.extend(claimed_by_another(table, key))
        insert(table, key)

    Score = lab.computed("Score", overtaken)
    outcomes = Worker([Score()], restrictions=[{"session": 1}], lease=0.2).run("claimed")
    assert [o.state for o in outcomes] == ["lost"]
    assert len(others) == 1
    assert len(Score) == 0
    assert states(Score) == {1: "reserved"}


def test_run_fills_all_that_a_table_needs(lab: Lab) -> None:
    Score = lab.computed("Score", insert)
    Double = lab.computed("Double", insert, "-> Score\n---\nx : float64")
    Other = lab.computed("Other", insert)
    results = lw.run(Double)
    assert [(name.rpartition(".")[2], r.success) for name, r in results.items()] == [("__score", 6), ("__double", 6)]
    assert (len(Score), len(Double), len(Other)) == (6, 6, 0)
    assert [r.success for r in lw.run(lab.schema).values()] == [0, 0, 6]


def test_run_with_conditions_of_some_tables(lab: Lab) -> None:
    Part = table(lab.schema, "Side", "side : char(1)", lw.Lookup, contents=[("L",), ("R",)])
    Score = lab.computed("Score", insert)
    Sided = lab.computed("Sided", insert, "-> Score\n-> Side\n---\nx : float64")
    assert len(Part()) == 2
    lw.run(Sided, restrictions=["session < 3", {"side": "L"}])
    assert (len(Score), len(Sided)) == (2, 2)
    with pytest.raises(lw.errors.UnknownAttributeError, match="sesion"):
        lw.run(Sided, restrictions=["sesion < 3"])


def test_run_goes_on_with_what_does_not_need_what_failed(lab: Lab) -> None:
    Score = lab.computed("Score", fail_for_two)
    Double = lab.computed("Double", insert, "-> Score\n---\nx : float64")
    scores, doubles = lw.run(Double).values()
    assert (scores.success, scores.error, doubles.success) == (5, 1, 5)
    assert states(Score) == {2: "error"}


@pytest.mark.parametrize("target", [None, 3, "Score"])
def test_run_of_what_is_no_table(lab: Lab, target: Any) -> None:
    with pytest.raises(lw.LabwrightError, match="A table or a schema can be brought up to date"):
        lw.run(target)
    with pytest.raises(lw.LabwrightError, match="Say what to bring up to date"):
        lw.run()


def test_run_needs_the_classes_of_all_that_it_fills(lab: Lab) -> None:
    lab.computed("Score", insert)
    Double = lab.computed("Double", insert, "-> Score\n---\nx : float64")
    Double.populate()
    elsewhere = lw.Project(lab.schema.project.connection.url)
    schema = lw.Schema(lab.schema.database_name, connection=elsewhere)
    Double = table(schema, "Double", "-> Score\n---\nx : float64", lw.Computed, {"Score": schema["Score"]})
    with pytest.raises(lw.LabwrightError, match=r"Nothing here says how to fill .*__score"):
        lw.run(Double)
    elsewhere.close()


class _Hoarding(ctypes.PyDLL):
    """Calls C while keeping the interpreter to itself, as some extensions do."""


def test_a_lease_is_renewed_while_nothing_else_runs_in_the_process(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heartbeat, "_renew", lambda *_: None)  # it could not, but for the moment after
    taken: list[Any] = []

    def hoard(table: Any, key: dict[str, Any]) -> None:
        _Hoarding(None).sleep(9)
        taken.extend(claimed_by_another(table, key))
        insert(table, key)

    Score = lab.computed("Score", hoard)
    (outcome,) = Worker([Score()], restrictions=[{"session": 1}], lease=6, apart=True).run("claimed")
    assert (outcome.state, taken) == ("success", [])


def test_workers_note_how_rows_were_computed(lab: Lab) -> None:
    Score = lab.computed("Score", insert)
    (outcome,) = Worker([Score()], restrictions=[{"session": 2}], engine="pool", engine_job="7").run("claimed")
    assert outcome.state == "success"
    told = Score.provenance({"session": 2})
    assert (told.engine, told.engine_job, told.pid) == ("pool", "7", os.getpid())


def test_keys_that_come_of_long_computations_are_queued_at_once(lab: Lab) -> None:
    queued: list[int] = []

    def slow(table: Any, key: dict[str, Any]) -> None:
        queued.append(len(Double.jobs.pending))
        time.sleep(0.15)  # longer than results wait to be stored together
        insert(table, key)

    lab.computed("Score", slow)
    Double = lab.computed("Double", insert, "-> Score\n---\nx : float64")
    Queue(Double()).ensure()
    lw.run(Double, restrictions=["session <= 3"])
    assert queued == [0, 1, 2]
    assert len(Double) == 3


def test_a_make_whose_transaction_is_open_keeps_no_worker_waiting(lab: Lab) -> None:
    if lab.schema.project.connection.backend == "sqlite":
        pytest.skip("a file has one writer at a time")
    taken: list[Any] = []

    def early(table: Any, key: dict[str, Any]) -> None:
        insert(table, key)
        assert len(table & key) == 1  # which needs the transaction
        taken.extend(claimed_by_another(table, {"session": 2}))

    Score = lab.computed("Score", early)
    Queue(Score()).refresh()
    (outcome,) = Worker([Score()], restrictions=[{"session": 1}], refreshes=False).run("claimed")
    assert (outcome.state, [job.key for job in taken]) == ("success", [{"session": 2}])
