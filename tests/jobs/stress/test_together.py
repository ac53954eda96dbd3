"""Workers of several kinds on the same tables: processes of an engine, commands, and a program that populates."""

from __future__ import annotations

import os
import random
import signal
import threading
from typing import Any

import pytest
from tests.jobs.stress.fleet import LEASE, MODULE, PATIENCE, ROOT, STRESS, Lab

from labwright.jobs.engines.crew import Crew
from labwright.jobs.engines.processes import Processes
from labwright.jobs.order import WorkOrder
from labwright.tables.config_section import Secret

KEYS = 20
KILLS = 1


def test_several_kinds_of_workers(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABWRIGHT_STRESS_SCHEMA", lab.schema)
    monkeypatch.setenv("LABWRIGHT_STRESS_SLOW", "0.1")
    monkeypatch.syspath_prepend(str(ROOT))
    lab.enter(KEYS)
    url = lab.project.connection.url
    order = WorkOrder(
        tables=tuple(f"{MODULE}:{name}" for name in ("Signal", "Spectrum", "Summary")),
        address=str(url.with_password("")),
        password=Secret(url.password),
        lease=LEASE,
    )
    engine, results = Processes(), [0]
    thread = threading.Thread(target=populate, args=(lab, results))
    lab.start(SLOW=0.1)
    with Crew(engine, order, count=2, backoff=0.1) as crew:
        thread.start()
        for _ in range(STRESS or KILLS):
            lab.progress("Spectrum")
            running = [w.id for w in crew.tend() if w.state == "running"]
            if running:
                os.kill(int(random.choice(running)), signal.SIGKILL)
                lab.figures["kills"] += 1
            lab.enter(KEYS)
        assert crew.wait(PATIENCE)
        crew.check()
    engine.close()
    thread.join()
    lab.finish()
    lab.start(more=())
    lab.settle(forgiving=True)
    lab.dismiss()
    lab.figures["populated"] = results[0]
    lab.check()


def populate(lab: Lab, results: list[Any]) -> None:
    """As a user would, beside all of them."""
    with lab.project:
        for table in (lab.tables.Signal, lab.tables.Spectrum):
            results[0] += table.populate(reserve_jobs=True)["success_count"]
