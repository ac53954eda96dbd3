"""Workers as processes: who ends whom, and what they are told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.processes import Processes, room_for
from labwright.jobs.order import WorkOrder
from labwright.jobs.resources import Resources
from labwright.tables.config_section import Secret

PATIENCE = 60.0
SCRIPT = """
from pathlib import Path
from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.processes import Processes
from labwright.jobs.order import WorkOrder

order = WorkOrder(entry="labwright.testing.workers:serve", make_kwargs={"folder": %r})
crew = Crew(Processes(), order, count=2)
crew.wait()
"""


@pytest.fixture
def executor() -> Iterator[Processes]:
    executor = Processes()
    yield executor
    executor.close()


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Write a module that is found here by the path of the interpreter alone, and name its function ``work``."""

    def write(text: str) -> str:
        (tmp_path / "code").mkdir()
        (tmp_path / "code" / "worker_of_user.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path / "code"))
        return "worker_of_user:work"

    return write


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_modules_are_found_as_they_are_here(executor: Processes, module: Callable[[str], str]) -> None:
    entry = module("import helper\ndef work(order):\n    return helper.NAME\n")
    Path(sys.path[0], "helper.py").write_text("NAME = 'mine'\n")
    with Crew(executor, WorkOrder(entry=entry)) as crew:
        assert crew.wait(PATIENCE)
        assert crew.workers[0].report == "mine"


def test_the_password_comes_along_but_is_on_no_command_line(executor: Processes, module: Callable[[str], str]) -> None:
    entry = module(
        "import os\nfrom pathlib import Path\ndef work(order):\n"
        "    seen = Path('/proc/self/cmdline').read_text() + Path('/proc/self/environ').read_text()\n"
        "    return str(order.password), str(order.password) in seen\n"
    )
    with Crew(executor, WorkOrder(entry=entry, password=Secret("sw0rd-fish"))) as crew:
        assert crew.wait(PATIENCE)
        assert crew.workers[0].report == ("sw0rd-fish", False)


def test_what_a_worker_prints_and_reads_is_its_own(executor: Processes, module: Callable[[str], str]) -> None:
    entry = module("import sys\ndef work(order):\n    return sys.stdin.read()\n")
    with Crew(executor, WorkOrder(entry=entry)) as crew:
        assert crew.wait(PATIENCE)
        assert crew.workers[0].report == ""


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [
        ("import os; os._exit(3)", "gone", "exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "gone", "SIGKILL"),
        ("import sys; sys.exit('enough')", "failed", "SystemExit: enough"),
        ("raise KeyboardInterrupt", "failed", "KeyboardInterrupt"),
        ("import ctypes; ctypes.string_at(0)", "gone", "SIGSEGV"),
    ],
    ids=["exit", "kill", "sys-exit", "interrupt", "crash"],
)
def test_how_a_worker_ended_is_told(
    executor: Processes, module: Callable[[str], str], code: str, state: str, words: str
) -> None:
    with Crew(executor, WorkOrder(entry=module(f"def work(order):\n    {code}\n")), work_left=lambda: False) as crew:
        assert crew.wait(PATIENCE)
        assert crew.workers[0].state == state
        assert words in crew.workers[0].last_words


def test_a_report_that_cannot_be_carried_over_is_told_in_words(
    executor: Processes, module: Callable[[str], str]
) -> None:
    with Crew(executor, WorkOrder(entry=module("def work(order):\n    return lambda: 3\n"))) as crew:
        assert crew.wait(PATIENCE)
        assert crew.workers[0].state == "finished"
        assert "lambda" in crew.workers[0].report


def test_one_that_is_killed_does_not_hang_the_others(executor: Processes, tmp_path: Path) -> None:
    order = WorkOrder(entry="labwright.testing.workers:serve", make_kwargs={"folder": str(tmp_path)})
    with Crew(executor, order, count=2, backoff=0.01) as crew:
        until(lambda: len(list(tmp_path.glob("note-*"))) == 2)
        for _ in range(3):
            victim = crew.workers[0].id
            os.kill(int(victim), signal.SIGKILL)
            until(lambda: crew.tend()[0].id != victim)  # noqa: B023 - it is called here
        until(lambda: len(list(tmp_path.glob("note-*"))) >= 3)
        assert [worker.last_words for worker in crew.lost] == ["ended by SIGKILL"] * 3
        assert crew.stop(PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_workers_end_with_the_process_that_started_them(tmp_path: Path, number: signal.Signals) -> None:
    """The script has no guard for its main module, which `multiprocessing` would ask for."""
    process = begin(tmp_path)
    until(lambda: len(list(tmp_path.glob("note-*"))) == 2)
    os.kill(process.pid, number)
    process.wait()
    until(lambda: not group_has_members(process.pid))


def begin(folder: Path) -> subprocess.Popen[bytes]:
    """Start a script that starts workers, in a group of processes of its own."""
    script = folder / "script.py"
    script.write_text(SCRIPT % str(folder))
    environment = os.environ | {"TMPDIR": str(folder)}  # where those that are killed leave what is theirs
    command = [sys.executable, str(script)]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL, env=environment)


def group_has_members(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return any(state(pid) not in "Z" for pid in members(group))


def members(group: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(path.name)) == group:
                found.append(int(path.name))
        except ProcessLookupError:
            continue
    return found


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_ctrl_c_ends_all(tmp_path: Path) -> None:
    process = begin(tmp_path)
    until(lambda: len(list(tmp_path.glob("note-*"))) == 2)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(PATIENCE)
    until(lambda: not group_has_members(process.pid))


def test_closing_leaves_nothing_behind(tmp_path: Path) -> None:
    executor = Processes()
    order = WorkOrder(entry="labwright.testing.workers:serve", make_kwargs={"folder": str(tmp_path), "stubborn": True})
    (name,) = executor.start(order, 1, Resources())
    until(lambda: list(tmp_path.glob("note-*")))
    executor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(name), 0)


@pytest.mark.parametrize(
    ("resources", "most"),
    [(Resources(memory=1), 3), (Resources(cpus=1_000_000), 1), (Resources(memory=1 << 60), 1)],
)
def test_no_more_are_started_than_there_is_room_for(executor: Processes, resources: Resources, most: int) -> None:
    order = WorkOrder(entry="labwright.testing.workers:greet")
    with Crew(executor, order, count=3, resources=resources) as crew:
        assert len(crew.workers) == most
        assert crew.wait(timeout=60)
        assert [worker.report for worker in crew.workers] == ["hello"] * most


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can be kept to some processors")
def test_there_is_room_for_as_many_as_the_processors_permit() -> None:
    here = len(os.sched_getaffinity(0))
    assert [room_for(Resources(cpus=n)) for n in (2, here + 1)] == [max(1, here // 2), 1]
    assert room_for(Resources()) > here  # who needs one processor may say how many share it
