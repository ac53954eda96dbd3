"""A make that takes longer than it may is ended, and told as an error; nothing is stored, and the others go on."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.backends.classes import table
from tests.jobs.test_worker import claimed_by_another, insert

import labwright as lw
from labwright.jobs import heartbeat
from labwright.jobs.worker import Worker

HANG = {"postgres": "SELECT pg_sleep(60)", "mysql": "SELECT sleep(60)"}
TOO_LONG = "took longer than the 0.3 s that key_time in Score.resources gives it"


@pytest.fixture
def scores(schema: lw.Schema) -> Callable[[Callable[..., None]], Any]:
    """A table of scores of four sessions, by what makes them."""
    Session = table(schema, "Session", "session : int32")
    Session.insert((n,) for n in range(1, 5))

    def made(make: Callable[..., None]) -> Any:
        resources = {"key_time": "0.3 s"}
        return table(schema, "Score", "-> Session\n---\nx : float64", lw.Computed, make=make, resources=resources)

    return made


@pytest.mark.parametrize("reserve_jobs", [True, False])
def test_a_make_that_hangs_is_ended(scores: Any, reserve_jobs: bool) -> None:
    def make(table: Any, key: dict[str, Any]) -> None:
        insert(table, key)
        if key["session"] == 2:
            time.sleep(60)

    Score = scores(make)
    result = Score.populate(reserve_jobs=reserve_jobs, suppress_errors=True)
    assert (result.success, result.error) == (3, 1)
    assert TOO_LONG in str(result["error_list"])
    assert Score.to_arrays("session", order_by="session").tolist() == [1, 3, 4]


def test_no_handler_of_the_users_own_keeps_it(scores: Any) -> None:
    def make(table: Any, key: dict[str, Any]) -> None:
        try:
            time.sleep(60 * (key["session"] == 2))
        except Exception:  # noqa: BLE001 - what is tried
            time.sleep(60)
        insert(table, key)

    Score = scores(make)
    result = Score.populate(suppress_errors=True)
    assert (result.success, result.error) == (3, 1)


def test_a_statement_that_hangs_is_ended(scores: Any, backend: str) -> None:
    if backend == "sqlite":
        pytest.skip("no statement of SQLite's own waits")

    def make(table: Any, key: dict[str, Any]) -> None:
        if key["session"] == 2:
            table.connection.query(HANG[backend]).fetchall()
        insert(table, key)

    Score = scores(make)
    result = Score.populate(reserve_jobs=True, suppress_errors=True)
    assert (result.success, result.error) == (3, 1)
    assert TOO_LONG in Score.jobs.errors.fetch1("error_message")


def test_others_take_what_hangs_where_nothing_ends_it(scores: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "GRACE", 0.3)
    taken: list[Any] = []

    def make(table: Any, key: dict[str, Any]) -> None:
        ctypes.PyDLL(None).sleep(4)  # keeps the interpreter to itself, as some libraries do
        taken.extend(claimed_by_another(table, key))
        insert(table, key)

    Score = scores(make)
    outcomes: list[Any] = []
    project = Score().project

    def work() -> None:  # where no signal is heard
        with project:
            outcomes.extend(Worker([Score()], restrictions=[{"session": 1}], lease=1.5, apart=True).run("claimed"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(taken) == 1
    assert [type(outcome.error) for outcome in outcomes] == [lw.errors.LostJobError]
    assert not Score()


def test_a_time_without_a_unit_is_refused(scores: Any) -> None:
    Score = scores(insert)
    Score.resources = {"key_time": 5}
    with pytest.raises(lw.errors.ConfigError, match=r"Score\.resources: key_time is a number with its unit"):
        Score.populate()
