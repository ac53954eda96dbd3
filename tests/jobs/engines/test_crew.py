"""When a place in a crew is filled again, and what happens while an engine is out of reach."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from labwright.core.errors import EngineError, LostConnectionError
from labwright.jobs.engines import crew as crews
from labwright.jobs.engines.base import Worker
from labwright.jobs.engines.crew import LONGEST, SETTLED, TRIES, Crew, Place
from labwright.jobs.engines.futures import Futures
from labwright.jobs.engines.in_process import InProcess
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

GREET = WorkOrder(entry="labwright.testing.workers:greet")


def test_a_place_waits_longer_after_each_early_loss() -> None:
    place = Place(Worker("a", "starting"), since=0.0)
    waits = []
    for _ in range(TRIES["gone"]):
        place.since = 5.0
        place.see(Worker("a", "gone"), 5.0, 1.0)
        waits.append(place.empty_until - 5.0)
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST, LONGEST]
    assert place.is_given_up
    assert not place.may_be_filled(1e9)


def test_a_loss_after_a_long_life_counts_as_the_first() -> None:
    place = Place(Worker("a", "running"), since=0.0, losses=TRIES["gone"] - 1)
    place.see(Worker("a", "gone"), SETTLED + 1, 1.0)
    assert place.losses == 1
    assert not place.may_be_filled(SETTLED + 1)
    assert place.may_be_filled(SETTLED + 2)


class Shaky(InProcess):
    """An engine that is out of reach at times."""

    interval = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.away = 0

    def look(self, workers: Sequence[str]) -> list[Worker]:
        if self.away:
            self.away -= 1
            raise LostConnectionError("the cable is out")
        return super().look(workers)


def test_an_engine_may_be_out_of_reach_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    executor = Shaky()
    with Crew(executor, GREET) as crew:
        executor.away = 3
        crew.tend()
        assert crew.trouble == "the cable is out"
        assert crew.wait(30)
        assert (crew.trouble, crew.workers[0].report) == ("", "hello")
    assert sum("the cable is out" in record.getMessage() for record in caplog.records) == 1


def test_an_engine_that_stays_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "PATIENCE", 0.02)
    executor = Shaky()
    crew = Crew(executor, GREET)
    executor.away = 1000
    with pytest.raises(EngineError, match=r"out of reach for .*: the cable is out"):
        crew.wait(30)


def test_an_order_is_given_to_one_crew() -> None:
    one, other = Crew(InProcess(), GREET), Crew(InProcess(), GREET)
    assert GREET.crew == ""
    assert one.order.crew != other.order.crew


def test_a_crew_has_somebody() -> None:
    with pytest.raises(EngineError, match="at least one worker, not 0"):
        Crew(InProcess(), GREET, count=0)


def test_an_error_in_this_process_keeps_its_traceback(tmp_path: Path) -> None:
    order = WorkOrder(entry="labwright.testing.workers:fail", make_kwargs={"folder": str(tmp_path)})
    with Crew(InProcess(), order, backoff=0.0) as crew:
        crew.wait(30)
        with pytest.raises(EngineError) as caught:
            crew.check()
    cause = caught.value.__cause__
    assert isinstance(cause, ValueError)
    assert cause.__traceback__ is not None


def interrupted(order: WorkOrder) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_is_not_swallowed_in_this_process() -> None:
    with pytest.raises(KeyboardInterrupt), Crew(InProcess(), WorkOrder(entry=f"{__name__}:interrupted")) as crew:
        crew.wait(30)
    assert [worker.state for worker in crew.workers] == ["gone"]


def test_a_stopped_crew_leaves_no_mark() -> None:
    with Crew(InProcess(), GREET) as crew:
        crew.stop()
        assert crew.order.stopping()
    assert not crew.order.stopping()


def new_pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def break_pool(pool: ProcessPoolExecutor) -> None:
    with pytest.raises(Exception, match="terminated abruptly"):
        pool.submit(os.kill, _own_pid(pool), signal.SIGKILL).result()


def _own_pid(pool: ProcessPoolExecutor) -> int:
    return pool.submit(os.getpid).result()


def test_a_broken_pool_of_the_user_is_told() -> None:
    with new_pool() as pool:
        break_pool(pool)
        with pytest.raises(EngineError, match=r"ProcessPoolExecutor takes no more work.*function that makes the pool"):
            Crew(Futures(pool), GREET)


def test_a_broken_pool_of_our_own_is_made_again() -> None:
    executor = Futures(new_pool)
    with Crew(executor, GREET) as crew:
        assert crew.wait(60)
    break_pool(executor.pool)  # type: ignore[arg-type]  # it is what new_pool makes
    with Crew(executor, GREET) as crew:
        assert crew.wait(60)
        assert crew.workers[0].report == "hello"
    executor.close()


def test_resources_have_a_default() -> None:
    assert Crew(InProcess(), GREET).resources == Resources()
