"""Importing Labwright does nothing, and does it fast: in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

REPORT = """
import json, logging, signal, sys

seen = []
deeds = {"socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove", "os.rename", "sqlite3.connect"}

def watch(event, args):
    if event in deeds or (event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")):
        seen.append([event, repr(args)])

sys.dont_write_bytecode = True
sys.addaudithook(watch)
before = set(sys.modules)
handlers = signal.getsignal(signal.SIGINT), logging.root.handlers[:], logging.root.level
import labwright
after = signal.getsignal(signal.SIGINT), logging.root.handlers[:], logging.root.level
roots = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps({
    "deeds": seen,
    "foreign": sorted(roots - set(sys.stdlib_module_names) - {"labwright"}),
    "untouched": handlers == after,
}))
"""


@pytest.fixture(scope="module")
def report() -> Any:
    """What happens in an isolated interpreter while it imports Labwright, warnings being errors."""
    command = [sys.executable, "-I", "-W", "error", "-c", REPORT]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_only_the_standard_library_is_loaded(report: Any) -> None:
    assert report["foreign"] == []


def test_nothing_is_written_connected_or_started(report: Any) -> None:
    assert report["deeds"] == []


def test_handlers_are_left_alone(report: Any) -> None:
    assert report["untouched"]
