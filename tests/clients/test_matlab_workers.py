"""Workers in Octave that are slow, or are killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp
from tests.clients import octave
from tests.clients.conftest import build
from tests.web.lab import app_of
from tests.web.serving import wait_until

import labwright as lw

SLOW = """
Walk = lab.table('lab.Walk');
function rows = make(key, job)
  fclose(fopen(sprintf('begun%d', key.mouse), 'w'));
  pause({seconds});
  rows = struct('speed', job.attempt);
end
done = Walk.populate(@make, 'lease', 1.5, 'limit', 1);
assert(done.success, 1);
"""
REST = """
Walk = lab.table('lab.Walk');
told = Walk.progress();
while told.done < told.total
  Walk.populate(@(key, job) struct('speed', job.attempt), 'lease', 5);
  told = Walk.progress();
end
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[lw.Schema]:
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project)
        build(schema)
        yield schema


def test_the_keys_of_a_worker_that_is_killed_are_computed_by_another(
    lab: lw.Schema, serve: Callable[[ASGIApp], str], tmp_path: Path
) -> None:
    url = serve(app_of(lab))
    killed = octave.start(SLOW.replace("{seconds}", "1000"), url, tmp_path)
    wait_until(lambda: (tmp_path / "begun1").exists() or killed.poll() is not None, "make has begun")
    killed.kill()
    killed.communicate()
    octave.run(REST, url, tmp_path)
    assert lab["Walk"]().to_arrays("mouse", "speed", order_by="KEY")[1].tolist() == [2, 1, 1]


def test_a_key_is_held_while_make_computes(lab: lw.Schema, serve: Callable[[ASGIApp], str], tmp_path: Path) -> None:
    url = serve(app_of(lab))
    octave.run(SLOW.replace("{seconds}", "4"), url, tmp_path)
    assert lab["Walk"]().fetch1("speed") == 1
    assert not list((tmp_path).glob("tmp*"))
