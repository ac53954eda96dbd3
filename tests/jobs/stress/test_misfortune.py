"""Computations that fail in all ways that there are: what is said of a key in error is true of that key."""

from __future__ import annotations

import time

from tests.jobs.stress.fleet import STRESS, Lab
from tests.jobs.stress.pipeline import BAD, DEADLY

from labwright.jobs.queue import LOST

KEYS = 10


def chosen(lab: Lab) -> list[int]:
    """What has failed by chance."""
    jobs = lab.jobs("Fickle").items()
    return [key for key, job in jobs if job["status"] == "error" and "by chance" in job["error_message"]]


def test_misfortune(lab: Lab) -> None:
    count = STRESS or KEYS
    lab.enter(count - 1)
    while pending(lab) or chosen(lab):
        lab.keep(2, "Fickle")
        unlucky = chosen(lab)
        if unlucky:
            (lab.tables.Fickle.jobs & [{"recording": key} for key in unlucky]).reset()
            lab.figures["failures"] += len(unlucky)
        time.sleep(0.3)
    lab.finish()
    errors = lab.jobs("Fickle")
    told = {key: job["error_message"] for key, job in errors.items()}
    bad = {k: f"ValueError: recording {k} is bad" for k in range(count) if k % 10 == BAD}
    deadly = {k: f"worker lost {LOST} times" for k in range(count) if k % 10 == DEADLY}
    assert told == bad | deadly, lab.said()
    assert {errors[key]["attempts"] for key in deadly} == {LOST}
    assert {errors[key]["attempts"] for key in bad} <= {1, 2}  # the other one ended the worker that had both
    present = {int(k) for k in lab.tables.Fickle.to_arrays("recording")}
    assert present == set(range(count)) - set(told)
    logged = lab.tables.Log.to_arrays("recording").tolist()
    assert sorted(logged) == sorted(present)
    lab.figures["keys"] = len(present)
    lab.tell()


def pending(lab: Lab) -> bool:
    """Whether there is anything left to compute."""
    jobs = lab.jobs("Fickle")
    there = {int(k) for k in lab.tables.Fickle.to_arrays("recording")}
    known = set(map(int, lab.tables.Recording.to_arrays("recording")))
    return any(job["status"] != "error" for job in jobs.values()) or bool(known - there - set(jobs))
