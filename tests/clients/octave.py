"""Octave, which runs the client for MATLAB."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import go_without

CLIENT = Path(__file__).parents[2] / "clients" / "matlab"
PATIENCE = 120
"""Seconds that a program has."""


def executable() -> str:
    """Find Octave; LABWRIGHT_TEST_OCTAVE names another one."""
    found = os.environ.get("LABWRIGHT_TEST_OCTAVE") or shutil.which("octave-cli")
    return found or go_without("there is no Octave: scripts/setup installs it on Debian")


def start(program: str, url: str, folder: Path) -> subprocess.Popen[str]:
    """Start a program, which has `lab`."""
    path = folder / f"program{len(list(folder.iterdir()))}.m"
    path.write_text(f"addpath('{CLIENT}');\nlab = labwright.connect('{url}');\n{program}", encoding="utf-8")
    return subprocess.Popen(
        [executable(), "--no-init-file", "--quiet", str(path)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def run(program: str, url: str, folder: Path) -> str:
    """Run a program to its end, which has to be a good one, and give what it prints."""
    with start(program, url, folder) as process:
        try:
            printed, complained = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, complained
    assert "warning" not in complained, complained
    return printed
