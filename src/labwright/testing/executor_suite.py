"""The tests that every executor passes. Inherit the suite of what yours can do, and give it an executor."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labwright.core.errors import EngineError
from labwright.jobs.engines.base import Executor
from labwright.jobs.engines.crew import TRIES, Crew
from labwright.jobs.engines.stopping import forget_stop
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

PATIENCE = 120.0
"""Seconds after which a test fails that waits."""


class ExecutorSuite:
    """Tests of an `Executor`."""

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        """Yield an executor that can run two workers at once."""
        raise NotImplementedError("Define a fixture `executor` that yields an executor for two workers at once.")

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """The folder in which workers leave notes: override it where they cannot see the tests' own."""
        return tmp_path

    def crew(self, executor: Executor, worker: str, folder: Path, **more: Any) -> Crew:
        """Start one of the workers of `labwright.testing.workers`."""
        kwargs = {"folder": str(folder), **more.pop("make_kwargs", {})}
        order = WorkOrder(entry=f"labwright.testing.workers:{worker}", make_kwargs=kwargs, **more.pop("order", {}))
        return Crew(executor, order, backoff=0.01, **more)

    def states(self, crew: Crew) -> list[str]:
        """The states of a crew's workers when all have ended."""
        assert crew.wait(PATIENCE), f"after {PATIENCE} s: {crew.workers}"
        return [worker.state for worker in crew.workers]

    def notes(self, folder: Path) -> list[str]:
        """What workers have left."""
        return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("note-*"))]

    def wait_for_notes(self, crew: Crew, folder: Path, count: int) -> None:
        """Wait until so many workers have begun."""
        deadline = time.monotonic() + PATIENCE
        while len(self.notes(folder)) < count:
            assert time.monotonic() < deadline, f"after {PATIENCE} s: {crew.tend()}"
            time.sleep(0.05)

    def test_is_an_executor(self, executor: Executor) -> None:
        assert isinstance(executor, Executor)
        assert executor.name
        assert executor.interval >= 0

    def test_runs_as_many_workers_as_asked_for(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "note", folder, count=3) as crew:
            assert self.states(crew) == ["finished"] * 3
            assert len(self.notes(folder)) == 3
            assert len({worker.id for worker in crew.workers}) == 3
            assert crew.lost == []
            crew.check()

    def test_the_order_arrives_as_it_was(self, executor: Executor, folder: Path) -> None:
        restrictions = ("mouse > 3", {"day": datetime.date(2024, 2, 29), "name": "Ärmel"}, [{"mouse": 1}, {"mouse": 2}])
        parts = {"tables": ("lab.analysis:Spikes",), "restrictions": restrictions, "max_calls": 7, "lease": 2.5}
        with self.crew(executor, "note", folder, order=parts) as crew:
            assert self.states(crew) == ["finished"]
            (note,) = self.notes(folder)
            assert WorkOrder.from_json(note) == crew.order

    def test_a_report_comes_back(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "greet", folder, make_kwargs={"word": "日本"}) as crew:
            assert self.states(crew) == ["finished"]
            assert crew.workers[0].report == "日本"

    def test_takes_resources(self, executor: Executor, folder: Path) -> None:
        needed = Resources(cpus=1, memory=10_000_000, time=300)
        with self.crew(executor, "note", folder, resources=needed) as crew:
            assert self.states(crew) == ["finished"]

    def test_an_error_is_told_and_not_tried_for_ever(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "fail", folder) as crew:
            assert self.states(crew) == ["failed"]
            assert "ValueError: the scanner is on fire" in crew.workers[0].last_words
            assert len(self.notes(folder)) == len(crew.lost) == TRIES["failed"]
            with pytest.raises(EngineError, match="the scanner is on fire"):
                crew.check()

    def test_what_cannot_be_imported_is_told(self, executor: Executor) -> None:
        with Crew(executor, WorkOrder(entry="labwright.testing.workers:nothing"), backoff=0.01) as crew:
            assert self.states(crew) == ["failed"]
            assert "has no 'nothing'" in crew.workers[0].last_words

    def test_a_failed_worker_is_replaced(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "fail_at_first", folder, count=2) as crew:
            assert self.states(crew) == ["finished"] * 2
            assert [worker.state for worker in crew.lost] == ["failed"]
            assert len(self.notes(folder)) == 2
            crew.check()

    def test_nobody_is_replaced_when_no_work_is_left(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "fail", folder, work_left=lambda: False) as crew:
            assert self.states(crew) == ["failed"]
            assert len(self.notes(folder)) == 1

    def test_a_stopped_crew_gets_no_new_workers(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "fail", folder) as crew:
            assert crew.stop(PATIENCE)
            assert len(crew.lost) <= 1
            assert len(self.notes(folder)) <= 1

    def test_is_asked_about_no_worker(self, executor: Executor) -> None:
        assert executor.look([]) == []
        executor.stop([], "nobody")
        forget_stop("nobody")

    def test_tells_of_a_worker_what_it_is(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "note", folder) as crew:
            assert not any(worker.is_over for worker in crew.workers)
            self.states(crew)
            (name,) = [worker.id for worker in crew.workers]
            assert [(worker.id, worker.state) for worker in executor.look([name])] == [(name, "finished")]


class BackgroundExecutorSuite(ExecutorSuite):
    """Tests of an `Executor` whose workers run while nobody waits for them."""

    def test_stops_workers_that_run(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "serve", folder, count=2) as crew:
            self.wait_for_notes(crew, folder, 2)
            assert crew.stop(PATIENCE)
            assert self.states(crew) == ["finished"] * 2
            assert crew.lost == []
            assert {worker.report for worker in crew.workers} == {"stopped"}

    def test_stopping_one_crew_leaves_another_alone(self, executor: Executor, folder: Path) -> None:
        (folder / "a").mkdir()
        (folder / "b").mkdir()
        with self.crew(executor, "serve", folder / "a") as one, self.crew(executor, "serve", folder / "b") as other:
            self.wait_for_notes(one, folder / "a", 1)
            self.wait_for_notes(other, folder / "b", 1)
            assert one.stop(PATIENCE)
            assert [worker.state for worker in other.tend()] == ["running"]
            assert other.stop(PATIENCE)
            assert self.states(other) == ["finished"]

    def test_leaving_the_block_ends_the_workers(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "serve", folder) as crew:
            self.wait_for_notes(crew, folder, 1)
        assert crew.is_over
        assert crew.wait(0)


class ProcessExecutorSuite(BackgroundExecutorSuite):
    """Tests of an `Executor` whose workers are in processes of their own, which may die."""

    def test_a_killed_worker_is_replaced(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "die_at_first", folder, count=2) as crew:
            assert self.states(crew) == ["finished"] * 2
            assert (folder / "died").exists()
            assert {worker.state for worker in crew.lost} <= {"gone"}


class KillingExecutorSuite(ProcessExecutorSuite):
    """Tests of an `Executor` that can end workers which do not listen."""

    def test_ends_workers_that_do_not_listen(self, executor: Executor, folder: Path) -> None:
        with self.crew(executor, "serve", folder, make_kwargs={"stubborn": True}) as crew:
            self.wait_for_notes(crew, folder, 1)
            assert executor.can_kill
            assert crew.wait(0) is False
            crew.stop(0.3)
            assert self.states(crew) == ["gone"]
