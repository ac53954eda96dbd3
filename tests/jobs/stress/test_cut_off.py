"""A line between worker and server that stalls, is cut, and works again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.backends.conftest import Relay
from tests.jobs.stress.fleet import LEASE, STRESS, Lab

from labwright.sql.url import DEFAULT_PORTS

TIMES = 3


class Line(Relay):
    """Passes on nothing while it stalls."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._free = threading.Event()
        self._free.set()
        super().__init__(target)

    def note(self, source: object, data: bytes, *, answers: bool) -> None:
        self._free.wait()

    def stall(self) -> None:
        self._free.clear()

    def let_go(self) -> None:
        self._free.set()


@pytest.fixture
def line(lab: Lab) -> Iterator[Line]:
    url = lab.project.connection.url
    line = Line((url.host, url.port or DEFAULT_PORTS[url.backend]))
    yield line
    line.let_go()
    line.close()


@pytest.mark.parametrize("backend", ["postgres", "mysql"])
def test_the_line_is_cut(lab: Lab, line: Line) -> None:
    source = random.Random(1)
    far = replace(lab.project.connection.url, host="127.0.0.1", port=line.port)
    lab.keep(2, more=(), url=far, SLOW=0.1)
    lab.ready()
    for _ in range(STRESS or TIMES):
        assert len(lab.running) == 2, lab.said()
        lab.enter(8)
        lab.progress()
        line.stall()
        lab.figures["stalls"] += 1
        time.sleep(source.choice([0.1, 0.5, LEASE + 1]))
        if source.random() < 0.7:
            line.cut()
            lab.figures["cuts"] += 1
        line.let_go()
        time.sleep(source.uniform(0, 0.3))
    lab.settle(forgiving=True)
    assert len(lab.running) == 2, lab.said()
    lab.dismiss()
    lab.figures["refusals"] = lab.reported("lost")
    lab.check()
