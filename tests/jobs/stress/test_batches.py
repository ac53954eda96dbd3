"""Workers killed amid many short computations: those that share a commit, and those that share a call."""

from __future__ import annotations

import random
import time

import pytest
from tests.jobs.stress.fleet import STRESS, Lab, rows

TIMES = 2
EACH = 100


@pytest.mark.parametrize(("name", "kept"), [("Quick", False), ("Many", True)])
def test_workers_are_killed(lab: Lab, name: str, kept: bool) -> None:
    source, lab.filled = random.Random(1), [name]
    settings = {"LABWRIGHT_JOBS__KEEP_COMPLETED": str(kept)}
    for _ in range(STRESS or TIMES):
        lab.keep(2, name, more=(), settings=settings)
        lab.enter(EACH)
        lab.progress(name)
        time.sleep(source.uniform(0, 0.1))
        lab.kill(source.choice(lab.running))
    lab.keep(1, name, more=(), settings=settings)
    lab.settle(name, forgiving=True)
    table = getattr(lab.tables, name)
    assert rows(table, "recording", "twice") == {n: 2 * (7 * n + 1) for n in range(lab.entered)}
    states = {key: job["status"] for key, job in lab.jobs(name).items()}
    assert states == (dict.fromkeys(range(lab.entered), "success") if kept else {})
    lab.check_once()
    lab.figures["keys"] = lab.entered
    lab.tell()
