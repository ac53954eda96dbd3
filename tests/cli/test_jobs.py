"""``labwright status``, ``labwright jobs`` and ``labwright explain``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cli.conftest import Command

import labwright as lw
from labwright.jobs.job import WorkerId
from labwright.jobs.queue import Queue

PIPELINE = """
import labwright as lw

schema = lw.Schema({name!r})

@schema
class Mouse(lw.Manual):
    definition = "mouse : int32"

@schema
class Weight(lw.Computed):
    definition = "-> Mouse"

    @property
    def key_source(self):
        return Mouse & "mouse < 4"
"""


@pytest.fixture
def weights(database_url: str, prefix: str) -> Iterator[Any]:
    """One weight of six is there, two have failed, one is ignored, one is held."""
    with lw.Project(database_url) as project:
        schema = lw.Schema(f"{prefix}lab", connection=project)

        @schema
        class Mouse(lw.Manual):
            definition = "mouse : int32"

        @schema
        class Weight(lw.Computed):
            definition = "-> Mouse"

            def make(self, key: dict[str, Any]) -> None:
                if key["mouse"]:
                    raise ValueError(f"no scales for {key['mouse']}")
                self.insert1(key)

        Mouse.insert([(n,) for n in range(6)])
        Weight.populate("mouse < 3", reserve_jobs=True, suppress_errors=True)
        Weight.jobs.ignore({"mouse": 3})
        Weight.jobs.refresh()
        Queue(Weight()).claim(
            WorkerId("5f0e", "node7", 4711, "ana", "slurm 12_3"), 1, lease=600, restrictions=[{"mouse": 4}]
        )
        yield Weight


def test_status(weights: Any, command: Command, database_url: str, prefix: str) -> None:
    head, line, worker = command.out("status", f"{prefix}lab", "--database", database_url).splitlines()
    assert head.split() == ["total", "done", "pending", "scheduled", "reserved", "error", "ignore"]
    assert line.split() == [f"{prefix}lab.Weight", "6", "1", "1", "0", "1", "2", "1"]
    assert re.sub(r"\d+ s more", "... s more", worker) == (
        f"{prefix}lab.Weight: ana on node7 (process 4711, slurm 12_3) has 1 key; its lease goes for ... s more"
    )
    (told,) = json.loads(command.out("status", f"{prefix}lab.Weight", "--json", "--database", database_url))
    assert {n: told[n] for n in ("table", "total", "done", "remaining", "error")} == {
        "table": f"{prefix}lab.Weight",
        "total": 6,
        "done": 1,
        "remaining": 5,
        "error": 2,
    }
    assert told["workers"][0]["engine_job"] == "slurm 12_3"


def test_errors_are_listed_shown_and_tried_again(
    weights: Any, command: Command, database_url: str, prefix: str
) -> None:
    table, url = f"{prefix}lab.Weight", ("--database", database_url)
    assert command.out("jobs", "list", f"{prefix}lab", *url).splitlines() == [
        f"{table}: 2 failed",
        "  2 x ValueError: no scales for 1  (e.g. mouse=1)",
    ]
    shown = command.out("jobs", "show", table, "--for", "mouse = 2", *url)
    assert "Weight of mouse=2 failed at" in shown
    assert "Traceback" in shown
    assert command.out("jobs", "retry", table, "--for", "mouse = 2", *url) == f"{table}: 1 to be tried again\n"
    assert "Say of which table" in command("jobs", "retry", *url).stderr
    assert command.out("jobs", "retry", f"{prefix}lab", *url) == f"{table}: 2 to be tried again\n"
    assert weights.jobs.progress()["pending"] == 4


def test_keys_are_ignored_and_jobs_removed(weights: Any, command: Command, database_url: str, prefix: str) -> None:
    table, url = f"{prefix}lab.Weight", ("--database", database_url)
    assert command.out("jobs", "ignore", table, "--for", "mouse > 3", *url) == f"{table}: 2 ignored\n"
    assert weights.jobs.progress()["ignore"] == 3
    assert "Say of which table" in command("jobs", "ignore", table, *url).stderr
    assert "Say of which table" in command("jobs", "clear", *url).stderr
    assert command.out("jobs", "clear", table, *url) == f"{table}: 5 removed\n"
    assert len(weights.jobs) == 0


def test_explain(weights: Any, command: Command, database_url: str, prefix: str) -> None:
    table, url = f"{prefix}lab.Weight", ("--database", database_url)
    said = command.out("explain", table, "mouse=9", *url)
    assert said == "Weight of mouse=9 cannot be computed yet. There is no row of Mouse with mouse=9.\n"
    assert "Weight has 6 keys" in command.out("explain", table, *url)
    assert "as name=value" in command("explain", table, "mouse", *url).stderr
    assert "no module" in command("explain", f"{prefix}nothing", *url).stderr
    assert "does not fill itself" in command("explain", f"{prefix}lab.Mouse", "mouse=1", *url).stderr


def test_the_code_says_which_keys_are_to_be_computed(
    weights: Any, command: Command, database_url: str, prefix: str
) -> None:
    (command.folder / "lab_pipeline.py").write_text(PIPELINE.format(name=f"{prefix}lab"))
    url = ("--database", database_url)
    assert command.out("status", "lab_pipeline", *url).splitlines()[1].split()[1] == "4"
    said = command.out("explain", "lab_pipeline.Weight", "mouse=5", *url)
    assert said == "Weight of mouse=5 is not to be computed: it is not in Weight.key_source.\n"


def test_a_database_without_tables_that_fill_themselves(lab: str, command: Command, database_url: str) -> None:
    assert command.out("status", lab, "--database", database_url) == "There are no tables that fill themselves.\n"
    assert command.out("jobs", "list", lab, "--database", database_url) == ""
