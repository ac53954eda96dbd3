"""A pipeline in a schema of the test's own, and workers for it; at the end, what was done to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.jobs.stress.fleet import Lab, opened_lab


@pytest.fixture
def lab(database_url: str, prefix: str, tmp_path: Path) -> Iterator[Lab]:
    with opened_lab(database_url, f"{prefix}stress", tmp_path) as lab:
        yield lab


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    told = [r for r in terminalreporter.getreports("passed") if "/jobs/stress/" in r.nodeid and r.capstdout]
    if told:
        terminalreporter.section("what was done to workers")
    for report in sorted(told, key=lambda r: str(r.nodeid)):
        terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {report.capstdout.strip()}")
