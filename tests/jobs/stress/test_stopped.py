"""Workers that are stopped for longer than their lease, and go on when another has taken their keys."""

from __future__ import annotations

import random
import signal
import subprocess
import time

from tests.jobs.stress.fleet import STRESS, Lab

TIMES = 2


def test_what_comes_too_late_is_refused(lab: Lab) -> None:
    source = random.Random(1)
    lab.keep(2, more=(), SLOW=0.4)
    for turn in range(STRESS or TIMES):
        lab.enter(6)
        zombie = one_at_work(lab, source)
        time.sleep(source.uniform(0, 0.5) if turn % 2 else 0)
        if lab.stop(zombie):
            lab.until(lambda: zombie.pid not in lab.holders, "another to take what it had")  # noqa: B023 - called at once
            zombie.send_signal(signal.SIGCONT)
        time.sleep(source.uniform(0, 1))
    lab.settle(forgiving=True)
    lab.dismiss()
    lab.figures["refusals"] = lab.reported("lost")
    assert lab.figures["refusals"]
    lab.check()


def one_at_work(lab: Lab, source: random.Random) -> subprocess.Popen[bytes]:
    """A worker that computes."""
    while not (found := [w for w in lab.running if lab.is_busy(w)]):
        assert lab.running, lab.said()
        if lab.count("Summary") == lab.entered:
            lab.enter(6)
        time.sleep(0.02)
    return source.choice(found)
