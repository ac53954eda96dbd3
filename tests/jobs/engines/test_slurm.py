"""What happens to jobs of Slurm, on a real one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.jobs.slurm import OneNode

from labwright.core.errors import EngineError
from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.slurm import Slurm, SlurmOptions, read_task
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources

pytestmark = pytest.mark.usefixtures("slurm")
PATIENCE = 180.0  # Slurm takes its time on a machine that is busy


@pytest.fixture
def executor(tmp_path: Path) -> Slurm:
    return Slurm(tmp_path / "workers", interval=0.1)


def order(worker: str, folder: Path) -> WorkOrder:
    return WorkOrder(entry=f"labwright.testing.workers:{worker}", make_kwargs={"folder": str(folder)})


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def notes(folder: Path) -> int:
    return len(list(folder.glob("note-*")))


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def shown(job: str) -> dict[str, str]:
    words = run("scontrol", "--oneliner", "show", "job", job).split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def test_a_job_gets_what_its_tables_ask_for(executor: Slurm, tmp_path: Path) -> None:
    needed = Resources(cpus=2, gpus=1, memory=1_000_000_000, time=5400)
    with Crew(executor, order("serve", tmp_path), resources=needed) as crew:
        until(lambda: notes(tmp_path))
        job = shown(crew.workers[0].id)
        assert (job["NumCPUs"], job["TimeLimit"], job["MinMemoryNode"]) == ("2", "01:30:00", "954M")
        assert job["TresPerJob"] == "gres:gpu:1"
        assert job["Requeue"] == "1"


def test_the_options_of_the_settings_are_used(tmp_path: Path) -> None:
    setup = f"export WORKER_SETUP=done\nenv > {tmp_path}/environment"
    options = SlurmOptions(partition="urgent", options=("--comment=so far",), setup=setup)
    with Crew(Slurm(tmp_path / "workers", options, interval=0.1), order("serve", tmp_path)) as crew:
        until(lambda: notes(tmp_path))
        assert shown(crew.workers[0].id)["Partition"] == "urgent"
        assert "so far" in run("squeue", "-h", "-o", "%k", "-j", crew.workers[0].id)
        assert "WORKER_SETUP=done" in (tmp_path / "environment").read_text()


def test_a_cancelled_worker_is_replaced(executor: Slurm, tmp_path: Path) -> None:
    with Crew(executor, order("serve", tmp_path), count=2, backoff=0.01) as crew:
        until(lambda: notes(tmp_path) == 2)
        first = crew.workers[0].id
        run("scancel", first)
        until(lambda: crew.tend()[0].id != first)
        assert [worker.state for worker in crew.lost] == ["gone"]
        assert "CANCELLED" in crew.lost[0].last_words
        assert crew.lost[0].report == "stopped"  # it has heard the signal, and ended well
        until(lambda: notes(tmp_path) == 3)
        assert crew.stop(PATIENCE)
        assert [worker.state for worker in crew.workers] == ["finished"] * 2


def test_a_requeued_worker_is_waited_for(executor: Slurm, tmp_path: Path) -> None:
    with Crew(executor, order("serve", tmp_path), backoff=0.01) as crew:
        until(lambda: notes(tmp_path) == 1)
        name = crew.workers[0].id
        run("scontrol", "requeue", name)
        until(lambda: crew.tend()[0].state == "starting")
        until(lambda: has_come_back(name, tmp_path))
        assert crew.stop(PATIENCE)
        assert (crew.workers[0].id, crew.workers[0].state, crew.lost) == (name, "finished", [])


def has_come_back(name: str, folder: Path) -> bool:
    """Whether a requeued job runs again; it does not wait for the two minutes that Slurm has for that."""
    if shown(name)["JobState"] == "PENDING":
        subprocess.run(["scontrol", "update", f"JobId={name}", "StartTime=now"], capture_output=True, check=False)
    return notes(folder) == 2


def test_a_preempted_worker_comes_back(executor: Slurm, tmp_path: Path) -> None:
    with Crew(executor, order("serve", tmp_path), backoff=0.01) as crew:
        until(lambda: notes(tmp_path) == 1)
        name = crew.workers[0].id
        run("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=true")
        until(lambda: crew.tend()[0].state == "starting")
        until(lambda: has_come_back(name, tmp_path))
        assert crew.stop(PATIENCE)
        assert (crew.workers[0].state, crew.lost) == ("finished", [])


def test_a_job_that_waits_says_why(executor: Slurm, tmp_path: Path) -> None:
    with Crew(executor, order("serve", tmp_path), count=2, resources=Resources(gpus=2)) as crew:
        until(lambda: notes(tmp_path))
        until(lambda: crew.tend()[1].last_words == "Resources")
        assert [worker.state for worker in crew.workers] == ["running", "starting"]


def test_the_log_is_kept_in_the_folder(executor: Slurm, tmp_path: Path) -> None:
    with Crew(executor, order("fail", tmp_path), backoff=0.01) as crew:
        assert crew.wait(PATIENCE)
    logs = [path.read_text() for path in executor.folder.glob("*/*.log")]
    assert len(logs) == 3
    assert all("ValueError: the scanner is on fire" in log for log in logs)


@pytest.mark.parametrize(
    ("options", "resources", "words"),
    [
        (("--partition=nowhere",), Resources(), "invalid partition"),
        ((), Resources(memory=10**15), "Memory specification can not be satisfied"),
        ((), Resources(gpus=99), "configuration is not available"),
        (("--no-such-option",), Resources(), "unrecognized option"),
    ],
    ids=["partition", "memory", "gpus", "option"],
)
def test_what_slurm_refuses_is_told(tmp_path: Path, options: tuple[str, ...], resources: Resources, words: str) -> None:
    executor = Slurm(tmp_path, SlurmOptions(options=options))
    with pytest.raises(EngineError, match=f"sbatch refuses: .*{words}"):
        Crew(executor, order("note", tmp_path), resources=resources)


def test_workers_outlive_an_absence_of_the_controller(executor: Slurm, tmp_path: Path, slurm: OneNode) -> None:
    with Crew(executor, order("serve", tmp_path), backoff=0.01) as crew:
        until(lambda: notes(tmp_path))
        until(lambda: crew.tend()[0].state == "running")
        with slurm.without_controller():
            assert [worker.state for worker in crew.tend()] == ["running"]
            assert "Unable to contact slurm controller" in crew.trouble
        crew.tend()
        assert (crew.trouble, crew.lost) == ("", [])
        assert crew.stop(PATIENCE)
        assert crew.workers[0].state == "finished"


def test_a_job_that_slurm_has_forgotten_is_gone(executor: Slurm) -> None:
    assert [worker.state for worker in executor.look(["4000_0", "4000_1"])] == ["gone", "gone"]
    assert "knows nothing" in executor.look(["4000_0"])[0].last_words


@pytest.mark.parametrize(
    ("state", "status", "meant"),
    [
        ("PENDING", 0, "starting"),
        ("REQUEUE_HOLD", 0, "starting"),
        ("RUNNING", 0, "running"),
        ("COMPLETING", 0, "running"),
        ("COMPLETED", 0, "finished"),
        ("FAILED", 1 << 8, "failed"),
        ("FAILED", 9, "gone"),
        ("CANCELLED", 15, "gone"),
        ("TIMEOUT", 0, "gone"),
        ("PREEMPTED", 0, "gone"),
        ("NODE_FAIL", 0, "gone"),
        ("OUT_OF_MEMORY", 0, "gone"),
        ("SOMETHING_NEW", 0, "gone"),
    ],
)
def test_what_the_states_of_slurm_mean(state: str, status: int, meant: str) -> None:
    name, task = read_task(f"17   3   {state}   {status}   (launch failed requeued held)   ")
    assert (name, task.meaning, task.reason) == ("17_3", meant, "(launch failed requeued held)")
