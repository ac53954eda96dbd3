"""Populate in several processes: what one process would do, with tables of a module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import ConfigError, LabwrightError, UnknownAttributeError

PIPELINE = """
from pathlib import Path

import labwright as lw

schema = lw.Schema({name!r})

@schema
class Session(lw.Manual):
    definition = "session : int32"

@schema
class Score(lw.Computed):
    definition = "-> Session"

    def make(self, key, bad=()):
        if key["session"] in bad or (Path(__file__).parent / f"bad{{key['session']}}").exists():
            raise ValueError("a bad one")
        self.insert1(key)
"""


@pytest.fixture
def lab(project: lw.Project, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module with sessions and their scores."""
    name = f"{prefix}scores"
    (tmp_path / f"{name}.py").write_text(PIPELINE.format(name=name))
    monkeypatch.syspath_prepend(tmp_path)
    with project:
        module = __import__(name)
        module.Session.insert((n,) for n in range(1, 7))
        yield module
    del sys.modules[name]


def test_keys_that_failed_are_tried_again(lab: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(str(lab.__file__)).parent
    for n in (2, 3):
        (folder / f"bad{n}").touch()
    lab.Score.jobs.ignore({"session": 6})
    result = lab.Score.populate(processes=2, suppress_errors=True, display_progress=True)
    assert sorted(key["session"] for key, _ in result["error_list"]) == [2, 3]
    assert (result["success_count"], result.error, len(lab.Score)) == (3, 2, 3)
    assert capsys.readouterr().err.endswith("Score: 5 of 5 keys (100%), 2 failed\n")
    for n in (2, 3):
        (folder / f"bad{n}").unlink()
    assert lab.Score.populate(processes=2, reserve_jobs=True).success == 0  # errors stay in the queue
    assert lab.Score.populate("session > 2", processes=2).success == 1
    assert sorted(lab.Score.jobs.errors.to_arrays("session")) == [2]
    assert lab.Score.jobs.ignored.to_arrays("session").tolist() == [6]
    assert lab.Score.populate(processes=2).success == 1


def test_an_error_is_raised(lab: ModuleType) -> None:
    with pytest.raises(ValueError, match="a bad one"):
        lab.Score.populate(processes=2, make_kwargs={"bad": [1, 2, 3, 4, 5, 6]})


def test_so_many_keys(lab: ModuleType) -> None:
    assert lab.Score.populate(processes=2, max_calls=0).success == 0
    assert lab.Score.populate(processes=2, max_calls=3).success == 3
    assert lab.Score.populate(processes=2, keys=[{"session": 5}]).success == 1


def test_without_looking_for_new_keys(lab: ModuleType) -> None:
    assert lab.Score.populate(processes=2, reserve_jobs=True, refresh=False).success == 0
    lab.Score.jobs.refresh("session < 3", priority=1)
    lab.Score.jobs.refresh()
    assert lab.Score.populate(processes=2, reserve_jobs=True, refresh=False, priority=1).success == 2


@pytest.fixture
def Score(schema: lw.Schema) -> Any:
    table(schema, "Session", "session : int32")
    return table(schema, "Score", "-> Session", lw.Computed, make=lambda self, key: self.insert1(key))


def test_classes_that_no_other_process_has(Score: Any) -> None:
    with pytest.raises(ConfigError, match="Put the tables into a module"):
        Score.populate(processes=2)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"processes": 0}, "processes must be a whole number from 1, not 0"),
        ({"processes": "2"}, "processes must be a whole number from 1, not '2'"),
        ({"limit": -1}, "limit must be a whole number from 0, not -1"),
        ({"max_calls": 1.5}, "max_calls must be a whole number from 0, not 1.5"),
        ({"make_kwargs": 3}, "make_kwargs is a dict of arguments for make, not 3"),
        ({"order": "sorted"}, "order is 'original', 'reverse' or 'random', not 'sorted'"),
    ],
)
def test_arguments_that_make_no_sense(Score: Any, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(LabwrightError, match=expected):
        Score.populate(**options)


def test_keys_that_are_none(Score: Any) -> None:
    with pytest.raises(
        UnknownAttributeError, match=r"\{'sesion': 3\} in keys is no key of Score: it has none of session"
    ):
        Score.populate(keys=[{"session": 1}, {"sesion": 3}])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_calls": -1}, "max_calls must be a whole number from 0, not -1"),
        ({"workers": 0}, "workers must be a whole number from 1, not 0"),
        ({"make_kwargs": 3}, "make_kwargs is a dict"),
        ({"engine": "slrm"}, "There is no engine 'slrm'. Did you mean 'slurm'?"),
    ],
)
def test_runs_that_make_no_sense(Score: Any, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(LabwrightError, match=expected):
        lw.run(Score, **options)


def test_run_of_what_needs_no_computing(schema: lw.Schema) -> None:
    Session = table(schema, "Session", "session : int32")
    with pytest.raises(LabwrightError, match="There is nothing to compute for Session"):
        lw.run(Session)


def test_run_within_a_transaction(Score: Any) -> None:
    lw.run(Score)
    with Score.connection.transaction, pytest.raises(LabwrightError, match="Call it outside of it"):
        lw.run(Score)
