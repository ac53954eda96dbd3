"""Programs that say ``import datajoint``, run as they are in an interpreter of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PIPELINES = Path(__file__).parent / "pipelines"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run_pipeline(database_url: str, prefix: str, tmp_path: Path) -> Run:
    """Run a program of `pipelines` on the test's database, and return what it found."""

    def run(name: str, generation: str = "classic") -> dict[str, Any]:
        data, work = tmp_path / "data", tmp_path / "work"
        data.mkdir()
        work.mkdir()
        environ = {
            **os.environ,
            "LABWRIGHT_IGNORE_FILES": "true",
            "LABWRIGHT_DATABASE": database_url,
            "LABWRIGHT_DATABASE__PREFIX": prefix,
            "PIPELINE_DATA": str(data),
        }
        command = [sys.executable, "-m", "labwright.compat", "--generation", generation, str(PIPELINES / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=work, env=environ)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run
