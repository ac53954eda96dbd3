"""Rows that change and go while something is computed from them: what is stored follows from what is there."""

from __future__ import annotations

import random
import time

from tests.jobs.stress.fleet import STRESS, Lab

import labwright as lw

SECONDS = 5.0
KEYS = 16


class ThereAlreadyError(Exception):
    """What would be changed has been computed."""


def change(lab: Lab, number: int) -> None:
    """Give a recording another value, unless something was computed from it."""
    t, key = lab.tables, {"recording": number}
    try:
        with lab.project.connection.transaction:
            value = int((t.Recording & key).fetch1("value"))
            t.Recording.update1({**key, "value": value + 1})
            if (t.Signal & key) or (t.Spectrum & key):
                raise ThereAlreadyError
    except (ThereAlreadyError, lw.errors.LockError):
        return
    lab.figures["changes"] += 1


def renew(lab: Lab, number: int) -> None:
    """Take a recording away with all that was computed from it, and enter it anew."""
    try:
        (lab.tables.Recording & {"recording": number}).delete(prompt=False)
    except lw.errors.LockError:
        return
    time.sleep(random.uniform(0, 0.05))
    lab.tables.Recording.insert1((number, random.randrange(1000)))
    lab.figures["deletions"] += 1


def test_inputs_change_meanwhile(lab: Lab) -> None:
    lab.enter(KEYS - 1)
    lab.keep(2, more=(), SLOW=0.1)
    lab.until(lambda: lab.count("Signal"), "something to be computed")
    deadline = time.monotonic() + (STRESS or SECONDS)
    while time.monotonic() < deadline or not (lab.figures["changes"] and lab.figures["deletions"]):
        number = random.randrange(KEYS)
        (change if random.random() < 0.7 else renew)(lab, number)
        time.sleep(random.uniform(0, 0.05))
    lab.settle()
    lab.dismiss()
    lab.check(once=False)
