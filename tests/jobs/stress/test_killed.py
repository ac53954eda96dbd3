"""Workers that end at any moment, killed or asked to: every key is computed once, and nothing stays reserved."""

from __future__ import annotations

import random
import signal
import subprocess
import time

import pytest
from tests.jobs.stress.fleet import STRESS, Lab

TIMES = 4
WORKERS = 3
LEASES = {"kill": 2, "terminate": 60}


def terminate(lab: Lab, worker: subprocess.Popen[bytes]) -> None:
    """Ask a worker to end, which takes it a moment, and counts no attempt."""
    worker.send_signal(signal.SIGTERM)
    lab.figures["terms"] += 1
    assert worker.wait(60) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}, lab.said()


@pytest.mark.parametrize("how", ["kill", "terminate"])
def test_workers_end(lab: Lab, how: str) -> None:
    source = random.Random(1)
    for _ in range(STRESS or TIMES):
        lab.enter(10)
        lab.keep(WORKERS, more=(), lease=LEASES[how], SLOW=0.05)
        lab.progress()
        time.sleep(source.uniform(0, 0.4))
        (Lab.kill if how == "kill" else terminate)(lab, source.choice(lab.running))
    if how == "terminate":
        for worker in lab.running:
            terminate(lab, worker)
        assert lab.held() == 0
        assert {job["attempts"] for name in ("Signal", "Summary") for job in lab.jobs(name).values()} <= {0}
        lab.start(lease=60)
    lab.settle(forgiving=how == "kill")
    lab.check()
