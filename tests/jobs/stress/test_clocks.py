"""Workers whose clocks are an hour apart: who holds a key is a matter of the server's clock alone."""

from __future__ import annotations

from tests.jobs.stress.fleet import Lab

SITE = """
import datetime, os, time

_shift = float(os.environ.get("LABWRIGHT_STRESS_SHIFT", "0"))
_time, _time_ns, _datetime = time.time, time.time_ns, datetime.datetime


class Shifted(_datetime):
    @classmethod
    def now(cls, tz=None):
        return _datetime.now(tz) + datetime.timedelta(seconds=_shift)

    @classmethod
    def utcnow(cls):
        return _datetime.utcnow() + datetime.timedelta(seconds=_shift)


time.time = lambda: _time() + _shift
time.time_ns = lambda: _time_ns() + int(_shift * 1e9)
datetime.datetime = Shifted
"""
HOUR = 3600
LONG = 60
"""Seconds of a lease that does not run out while somebody works, however busy the machine is."""


def test_clocks_are_an_hour_apart(lab: Lab) -> None:
    (lab.folder / "sitecustomize.py").write_text(SITE)
    lab.enter(11)
    late = lab.start(more=(), lease=3, SHIFT=-HOUR, SLOW=0.3)
    early = lab.start(more=(), lease=LONG, SHIFT=HOUR, SLOW=0.3)
    lab.until(lambda: lab.count("Summary") > 2, "something to be computed")
    lab.kill(late)
    lab.start(lease=LONG, SLOW=0.1)
    lab.start(lease=LONG, SHIFT=HOUR, SLOW=0.1)
    lab.until(lambda: lab.running == [early], "the others to end")
    early.terminate()
    lab.finish()
    assert lab.reported("lost") == 0
    lab.check()
