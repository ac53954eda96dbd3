"""DataJoint in a virtual environment of its own."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

VERSION = "2.3.5"
FOLDER = Path(__file__).parent.parent / ".cache" / "benchmarks" / "datajoint"


def interpreter() -> str:
    """The Python that has DataJoint; made when it is first asked for."""
    python = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = FOLDER / f"installed-{VERSION}"
    if not done.exists():
        print(f"benchmarks: installing datajoint {VERSION} into {FOLDER}", file=sys.stderr)
        venv.create(FOLDER, with_pip=True, clear=True)
        requirement = f"datajoint[postgres,arrow,polars]=={VERSION}"
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", requirement], check=True)
        done.touch()
    return str(python)
