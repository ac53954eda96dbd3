"""``python -m labwright.compat [--generation classic|2] script.py ...``: run a program as it is, on Labwright."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from labwright.compat.finder import install


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m labwright.compat",
        description="Run a Python program that imports datajoint on Labwright, without changing it.",
    )
    parser.add_argument("--generation", choices=["classic", "2"], help="the generation that the program is written in")
    parser.add_argument("-m", dest="as_module", action="store_true", help="run a module rather than a file")
    parser.add_argument("program", help="the script, or the module's name")
    parser.add_argument("args", nargs=argparse.REMAINDER, help="what the program is called with")
    given = parser.parse_args()
    if not given.as_module and not Path(given.program).exists():
        parser.error(f"there is no file {given.program!r}; to run a module say -m {Path(given.program).stem}")
    return given


def main() -> None:
    """Switch over, and run."""
    given = _arguments()
    install(generation=given.generation)
    sys.argv = [given.program, *given.args]
    sys.path[0] = "" if given.as_module else str(Path(given.program).resolve().parent)
    if given.as_module:
        runpy.run_module(given.program, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(given.program, run_name="__main__")


if __name__ == "__main__":
    main()
