"""What befalls a key for no fault of its own is not held against it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.backends.classes import table
from tests.jobs.beds import Bed

import labwright as lw
from labwright.core.errors import LockError, LostConnectionError, ServerError, Violation
from labwright.jobs.job import WorkerId
from labwright.jobs.patience import patiently
from labwright.jobs.queue import Queue
from labwright.jobs.worker import Worker


def elsewhere(lab: Bed, call: Callable[[], Any]) -> None:
    """Do something as somebody else, outside of the make that runs here."""
    project = lab.schema.project

    def run() -> None:
        with project, project.connection.readers.apart():
            call()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def computed(lab: Bed, make: Callable[[Any, dict[str, Any]], None]) -> Any:
    return table(lab.schema, "Result", "-> Session\n---\nx = 0 : int32", lw.Computed, make=make)


def test_what_may_have_ended_a_worker_is_computed_by_itself(bed: Bed) -> None:
    held: list[int] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        elsewhere(bed, lambda: held.append(len(self.jobs.reserved & "attempts = 2")))
        self.insert1(key)

    Result = computed(bed, make)
    queue = Queue(Result())
    queue.refresh()
    queue.claim(WorkerId.new(), 5, lease=0)  # by a worker that is lost at once
    assert [o.state for o in Worker([Result()]).run()] == ["success"] * 5
    assert held == [1] * 5


def test_what_may_have_been_claimed_unheard_is_given_back(bed: Bed) -> None:
    bed.queue.refresh()
    bed.claim(3)
    assert bed.queue.give_back(WorkerId.new()) == 0
    assert bed.queue.give_back(bed.worker) == 3
    assert bed.jobs("status", "attempts") == [("pending", 0)] * 5


def test_a_failure_over_rows_that_have_changed_meanwhile_is_none(bed: Bed) -> None:
    calls: list[int] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        score = int((bed.Session & key).fetch1("score"))
        calls.append(score)
        if len(calls) == 1:
            elsewhere(bed, lambda: bed.Session.update1({**key, "score": 9}))
            raise ValueError("half of it is old")
        self.insert1({**key, "x": score})

    Result = computed(bed, make)
    (outcome,) = Worker([Result()], restrictions=[{"session": 3}]).run()
    assert (outcome.state, calls) == ("success", [3, 9])
    assert Result.fetch1("x") == 9


def test_a_failure_for_a_key_that_has_gone_is_none(bed: Bed) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        elsewhere(bed, (bed.Session & key).delete_quick)
        raise ValueError("no wonder")

    Result = computed(bed, make)
    (outcome,) = Worker([Result()], restrictions=[{"session": 3}]).run()
    assert (outcome.state, outcome.error) == ("skipped", None)
    assert len(Result.jobs) == 0


def test_a_failure_for_a_key_that_had_gone_and_is_back_is_none(bed: Bed) -> None:
    row = {"session": 3, "score": 7}
    calls: list[str] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        calls.append("make")
        if len(calls) == 1:
            elsewhere(bed, (bed.Session & key).delete_quick)
        self.insert1({**key, "x": (bed.Session & key).fetch1("score")})

    def key_source(_: Any) -> Any:
        if calls == ["make"]:  # asked for the key that has failed
            calls.append("back")
            elsewhere(bed, lambda: bed.Session.insert1(row))
        return bed.Session.proj()

    definition = "-> Session\n---\nx = 0 : int32"
    Result = table(bed.schema, "Result", definition, lw.Computed, make=make, key_source=property(key_source))
    outcomes = list(Worker([Result()], restrictions=[{"session": 3}]).run())
    assert [outcome.state for outcome in outcomes] == ["retry", "success"]
    assert calls == ["make", "back", "make"]
    assert Result.fetch1("x") == 7


def test_what_could_not_be_stored_does_no_harm_to_what_comes_next(bed: Bed) -> None:
    bed.queue.ensure()
    connection = bed.db.connection
    for n in range(9):  # so often that statements are prepared among those that were never run
        with connection.deferring() as deferred:
            bed.Session.insert1((0, n))
            bed.Session.insert([(100 + n, n)])
        with pytest.raises(lw.errors.DuplicateError):
            deferred.commit()
        with connection.transaction:
            bed.Session.insert([(200 + n, n)])
    assert len(bed.Session) == 5 + 9


FULL = ServerError("no room")
FULL.violation = Violation("full")


@pytest.mark.parametrize("error", [LostConnectionError("gone"), LockError("locked"), FULL])
def test_what_passes_is_waited_for(error: lw.LabwrightError) -> None:
    errors = [error, error]

    def call() -> str:
        if errors:
            raise errors.pop()
        return "back"

    assert patiently(call) == "back"


def test_who_is_to_stop_waits_no_more() -> None:
    def call() -> None:
        raise LostConnectionError("gone")

    with pytest.raises(LostConnectionError):
        patiently(call, stopping=lambda: True)
