"""Workers that fill tables while their process does something else."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import labwright as lw
from labwright.core.errors import ConfigError, LabwrightError

PIPELINE = """
import time
from pathlib import Path

import labwright as lw

schema = lw.Schema({name!r})

@schema
class Session(lw.Manual):
    definition = "session : int32"

@schema
class Score(lw.Computed):
    definition = "-> Session"

    def make(self, key, patience=0):
        (Path(__file__).parent / "begun").touch()
        print("scoring", key["session"], flush=True)
        time.sleep(patience)
        self.insert1(key)

@schema
class Mean(lw.Computed):
    definition = "-> Score"

    def make(self, key):
        self.insert1(key)
"""
PATIENCE = 60


@pytest.fixture
def lab(project: lw.Project, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    name = f"{prefix}background"
    (tmp_path / f"{name}.py").write_text(PIPELINE.format(name=name))
    monkeypatch.syspath_prepend(tmp_path)
    with project:
        module = __import__(name)
        module.Session.insert((n,) for n in range(1, 5))
        for cls in module.schema:
            cls().ready()
        yield module
    del sys.modules[name]


def test_they_fill_what_is_named_and_nothing_else(lab: ModuleType) -> None:
    workers = lw.Workers(lab.Mean, lab.Score)
    assert [type(t).__name__ for t in workers.tables] == ["Score", "Mean"]
    assert workers.wait(PATIENCE)
    assert (workers.trouble, workers.count, len(lab.Mean())) == ("", 0, 4)
    lab.Session.insert1((9,))
    assert lw.Workers(lab.Score).wait(PATIENCE)
    assert (len(lab.Score()), len(lab.Mean())) == (5, 4)


def test_the_end_of_what_they_write_is_kept(lab: ModuleType) -> None:
    workers = lw.Workers(lab.Score, keep_logs=10_000)
    assert workers.wait(PATIENCE)
    (log,) = workers.logs.values()
    first, *scored, last = log.splitlines()
    assert scored == [f"scoring {n}" for n in range(1, 5)]
    assert re.search(r"worker \S+ fills .*score", first)
    assert last.endswith("4 keys computed")
    lab.Score.delete(prompt=False)
    short = lw.Workers(lab.Score, keep_logs=30)
    assert short.wait(PATIENCE)
    (log,) = short.logs.values()
    assert log.startswith("...")
    assert len(log) <= 33
    lab.Score.delete(prompt=False)
    without = lw.Workers(lab.Score)
    assert without.wait(PATIENCE)
    assert without.logs == {}


def test_what_they_are_at_is_given_back(lab: ModuleType) -> None:
    workers = lw.Workers(lab.Score, make_kwargs={"patience": 600})
    deadline = time.monotonic() + PATIENCE
    while not (Path(str(lab.__file__)).parent / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert workers.count == 1
    assert workers.stop()
    assert workers.is_over
    assert (len(lab.Score.jobs.reserved), len(lab.Score()), workers.trouble) == (0, 0, "")


def test_classes_that_no_other_process_has(lab: ModuleType) -> None:
    class Here(lw.Computed):
        definition = "-> Session"

        def make(self, key: dict[str, Any]) -> None: ...

    lab.schema(Here, context={"Session": lab.Session})
    with pytest.raises(ConfigError, match="Put the tables into a module"):
        lw.Workers(Here)


def test_nothing_to_fill(lab: ModuleType) -> None:
    with pytest.raises(LabwrightError, match="Nothing here says how to fill Session"):
        lw.Workers(lab.Session)
