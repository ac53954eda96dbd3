"""Several processes at one queue: nobody has what another has, and everything is done once."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from typing import Any

from tests.jobs.beds import Bed, make_bed

import labwright as lw
from labwright.define.job_table import job_id


def run_together(url: str, bed: Bed, what: str, count: int) -> list[list[str]]:
    """Let processes begin at the same moment, and return the lines that each has written."""
    command = [sys.executable, "-m", "tests.jobs.queue_worker"]
    arguments = [url, bed.schema.database_name, what]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen([*command, *arguments, str(seed)], **pipes)) for seed in range(count)
        ]
        for process in processes:
            stack.callback(process.kill)
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
        written = [process.communicate(timeout=120)[0].splitlines() for process in processes]
        assert [process.returncode for process in processes] == [0] * count
    return written


def test_no_key_is_claimed_twice(schema: lw.Schema, database_url: str) -> None:
    bed = make_bed(schema, range(500))
    bed.queue.refresh()
    claimed = [
        number for lines in run_together(database_url, bed, "claim", 8) for line in lines for number in line.split()
    ]
    assert len(claimed) == len(set(claimed)) == 500


def test_everything_is_done_once_whatever_happens(schema: lw.Schema, database_url: str) -> None:
    bed = make_bed(schema, range(200))
    bed.queue.refresh()
    lines = [tuple(map(int, line.split())) for lines in run_together(database_url, bed, "work", 6) for line in lines]
    stored = [(number, token) for number, token, done, _ in lines if done]
    assert len(stored) == len({number for number, _ in stored}) == 200
    newest = {number: max(t for n, t, *_ in lines if n == number) for number, _ in stored}
    assert all(token == newest[number] for number, token in stored)
    assert all(done for *_, done, held in lines if held)
    assert (len(bed.Score()), bed.jobs()) == (200, [])


def test_refreshing_at_once_brings_each_key_in_once(schema: lw.Schema, database_url: str) -> None:
    bed = make_bed(schema, range(2000))
    bed.queue.ensure()
    added = [int(line) for lines in run_together(database_url, bed, "refresh", 4) for line in lines]
    assert (sum(added), max(added)) == (2000, 2000)
    assert len(bed.jobs()) == 2000
    jobs = job_id(bed.Score().id)
    bed.db.connection.execute(f"DROP TABLE {bed.db.dialect.table(jobs.schema, jobs.name)}", write=True)
    assert len(run_together(database_url, bed, "claim", 4)) == 4
