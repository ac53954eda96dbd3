"""``labwright run`` and ``labwright worker``."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import pytest
from tests.cli.conftest import Command

import labwright as lw

PIPELINE = """
import labwright as lw

schema = lw.Schema({name!r})

@schema
class Mouse(lw.Manual):
    definition = "mouse : int32"

@schema
class Weight(lw.Computed):
    definition = "-> Mouse"

    def make(self, key):
        if key["mouse"] == 3:
            raise ValueError("no scales")
        self.insert1(key)

@schema
class Growth(lw.Computed):
    definition = "-> Weight"

    def make(self, key):
        self.insert1(key)
"""


@pytest.fixture
def lab(command: Command, database_url: str, prefix: str) -> str:
    """Six mice; the name of their schema."""
    name = f"{prefix}lab"
    (command.folder / "mice.py").write_text(PIPELINE.format(name=name))
    (command.folder / "labwright.toml").write_text(f'[database]\nurl = "{database_url}"\n')
    with lw.Project(database_url) as project:
        schema = lw.Schema(name, connection=project)

        @schema
        class Mouse(lw.Manual):
            definition = "mouse : int32"

        Mouse.insert((n,) for n in range(6))
    return name


def test_run_fills_all_that_is_needed_and_tells_errors(command: Command, lab: str) -> None:
    done = command("run", "mice.Growth", "--for", "mouse > 1")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{lab}.__weight: 3 computed, 1 failed",
        f"{lab}.__growth: 3 computed",
        f"  {lab}.__weight mouse=3: ValueError: no scales",
    ]
    assert done.stderr.splitlines() == [
        f"{lab}.Weight: 4 of 4 keys (100%), 1 failed",
        f"{lab}.Growth: 3 of 3 keys (100%)",
    ]


def test_run_by_processes(command: Command, lab: str) -> None:
    done = command("run", "mice", "--for", "mouse < 3", "--engine", "processes", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{lab}.__weight: 3 computed", f"{lab}.__growth: 3 computed"]


def test_a_worker_logs_and_reports(command: Command, lab: str) -> None:
    done = command("worker", "mice", "--until-empty")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "10 keys computed, 1 failed\n"
    (line,) = done.stderr.splitlines()
    assert re.fullmatch(rf"\d{{4}}-\S+ \S+ worker \S+ fills {lab}.__weight, {lab}.__growth", line)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "mice.Wight"], "Did you mean 'Weight'?"),
        (["run", "nice"], "There is no module 'nice' here"),
        (["run", "mice", "--engine", "slrm"], "Did you mean 'slurm'?"),
        (["run", "mice", "--for", "mose = 3"], "Did you mean 'mouse'?"),
        (["run", "mice.Mouse"], "There is nothing to compute for Mouse"),
        (["worker"], "Say which tables the worker shall fill"),
        (["worker", "--order", "nothing.json"], "The work order nothing.json cannot be read"),
    ],
)
def test_mistakes(command: Command, lab: str, arguments: list[str], expected: str) -> None:
    assert lab
    done = command(*arguments)
    assert done.returncode == 1
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


SLOW = """
import time
from pathlib import Path

import labwright as lw

schema = lw.Schema({name!r})

@schema
class Mouse(lw.Manual):
    definition = "mouse : int32"

@schema
class Weight(lw.Computed):
    definition = "-> Mouse"

    def make(self, key):
        Path(f"began{{key['mouse']}}").touch()
        time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="other systems have no signals for a group of processes")
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_in_a_terminal_gives_keys_back(command: Command, lab: str, database_url: str, times: int) -> None:
    (command.folder / "mice.py").write_text(SLOW.format(name=lab))
    arguments = ("run", "mice", "--engine", "processes", "--workers", "2")
    process = command.start(*arguments, start_new_session=True)
    while len(list(command.folder.glob("began*"))) < 2:
        assert process.poll() is None
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, err = process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, 130)
    assert "Traceback" not in err
    with lw.Project(database_url) as project:
        jobs: Any = lw.Schema(lab, connection=project, create_tables=False)["Weight"].jobs
        if times == 1:
            assert jobs.progress() == {**dict.fromkeys(jobs.progress(), 0), "pending": 6, "total": 6}
        assert jobs.progress()["error"] == 0
