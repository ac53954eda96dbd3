"""A database server that is stopped, or dies, and comes back: workers wait for it, and go on."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.stress.fleet import STRESS, opened_lab
from tests.jobs.stress.private import KINDS, Private, private_server

from labwright.sql.url import parse_url

TIMES = 2


@pytest.fixture
def private(backend: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Private]:
    monkeypatch.setenv("LABWRIGHT_DURABLE_SERVERS", "1")  # since it is killed
    with private_server(backend) as private:
        yield private


@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")  # so that it can be killed
@pytest.mark.parametrize("backend", list(KINDS))
def test_the_server_is_started_again(private: Private) -> None:
    source = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, opened_lab(parse_url(private.start()), "stress", Path(folder)) as lab:
        lab.keep(2, more=(), SLOW=0.05)
        lab.ready()
        for turn in range(STRESS or TIMES):
            assert len(lab.running) == 2, lab.said()
            lab.enter(10)
            lab.progress()
            (private.die if turn % 2 else private.stop)()
            lab.figures["restarts"] += 1
            time.sleep(source.uniform(0, 2))
            private.start()
        lab.settle(forgiving=True)
        assert len(lab.running) == 2, lab.said()
        lab.dismiss()
        lab.check()
