"""Filling a table with runs that are noted, by the parts that populate is made of."""

from __future__ import annotations

from typing import Any

from labwright.jobs.make import Maker
from labwright.jobs.provenance import Provenance
from labwright.jobs.runner import Runner, Task


def fill(cls: Any) -> None:
    """Compute all keys that are not there yet."""
    table = cls()
    provenance = Provenance(table)
    provenance.ensure()
    runner = Runner(Maker(table), closing=provenance.closing)
    for key in (table.key_source - table.proj()).proj().to_dicts():
        for outcome in runner.run(Task((key,))):
            assert outcome.error is None, outcome.stack
    for outcome in runner.flush():
        assert outcome.error is None, outcome.stack
