"""A server that is stopped or killed while it computes and pages listen: nobody waits for it, and no key is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.web.serving import answers, free_port, wait_until

import labwright as lw

PIPELINE = """
import time
from pathlib import Path

import labwright as lw

schema = lw.Schema("brains")


@schema
class Scan(lw.Manual):
    definition = "scan : int32"


@schema
class Cells(lw.Computed):
    definition = "-> Scan"

    def make(self, key):
        (Path(__file__).parent / "begun").touch()
        time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "brains.py").write_text(PIPELINE)
    (tmp_path / "labwright.toml").write_text('[database]\nurl = "sqlite:///lab.db"\n')
    return tmp_path


@pytest.fixture
def scans(folder: Path) -> Iterator[Any]:
    """The tables as another process sees them."""
    with lw.Project(f"sqlite:///{folder / 'lab.db'}") as project:
        schema = lw.Schema("brains", connection=project)

        @schema
        class Scan(lw.Manual):
            definition = "scan : int32"

        @schema
        class Cells(lw.Computed):
            definition = "-> Scan"

        Scan.insert([(1,), (2,)])
        Cells().ready()
        yield Cells


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[bytes], str]]]:
    begun: list[subprocess.Popen[bytes]] = []

    def start() -> tuple[subprocess.Popen[bytes], str]:
        port = free_port()
        command = [sys.executable, "-m", "labwright", "serve", "brains", "--port", str(port)]
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        begun.append(subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL))
        wait_until(lambda: answers(port), "the app answers")
        return begun[-1], f"http://127.0.0.1:{port}"

    yield start
    for server in begun:
        server.kill()
        server.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_what_was_being_computed_is_given_back(
    scans: Any, folder: Path, start: Callable[[], tuple[subprocess.Popen[bytes], str]], how: signal.Signals
) -> None:
    server, home = start()
    with httpx2.stream("GET", f"{home}/events", timeout=30) as stream:
        assert next(stream.iter_lines()) == ": here"
        answer = httpx2.post(f"{home}/launch/brains.Cells", timeout=30)
        assert answer.status_code == 303
        wait_until((folder / "begun").exists, "a worker has begun")
        assert len(scans.jobs.reserved) == 1
        assert "Stop" in httpx2.get(f"{home}/jobs/brains.Cells", timeout=30).text
        server.send_signal(how)
        server.wait(30)
    wait_until(lambda: not scans.jobs.reserved, "the key is given back")
    assert len(scans.jobs.pending) == 2
    assert scans.explain({"scan": 1}).state == "pending"
    server, home = start()
    assert "2 wait" in httpx2.get(f"{home}/jobs/brains.Cells", timeout=30).text
