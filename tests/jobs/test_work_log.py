"""The log of a worker is short."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest

from labwright.jobs.outcome import Outcome
from labwright.jobs.report import WorkReport
from labwright.jobs.work_log import WorkLog


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "labwright")
    clock = Clock()
    log = WorkLog(WorkReport("5f0e"), ["lab.__weight", "lab.__length"], clock)
    for n in range(200):
        clock.now += 1.0
        error = ValueError("no scales") if n == 70 else None
        log.add(Outcome({"mouse": n}, "error" if error else "success", error, table="lab.__weight"))
    assert caplog.messages == [
        "worker 5f0e fills lab.__weight, lab.__length",
        "60 keys computed",
        "119 keys computed, 1 failed; lab.__weight mouse=70: ValueError: no scales",
        "179 keys computed, 1 failed",
    ]
