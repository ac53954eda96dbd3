"""The code in the documentation runs, and prints what the documentation says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name("run_document.py")
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def run(document: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a document in a folder without settings, which is where an embedded project begins."""
    ours = ("LABWRIGHT_", "DJ_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", str(RUNNER), str(document)],
        cwd=folder,
        env=environment | {"MPLBACKEND": "agg", "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_document(document: Path, tmp_path: Path) -> None:
    done = run(document, tmp_path)
    assert done.returncode == 0, done.stderr


def write(folder: Path, *lines: str) -> Path:
    path = folder / "page.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_blocks_are_one_session(tmp_path: Path) -> None:
    page = write(tmp_path, "```python", "a = 1", "```", "", "```python", "print(a + 1)", "```", "```text", "2", "```")
    assert run(page, tmp_path).returncode == 0


def test_output_that_differs_is_shown(tmp_path: Path) -> None:
    page = write(tmp_path, "```python", "print(1)", "```", "```text", "2", "```")
    done = run(page, tmp_path)
    assert done.returncode != 0
    assert "line 4: the output differs" in done.stderr
    assert "-2\n+1" in done.stderr


def test_output_without_code_is_an_error(tmp_path: Path) -> None:
    assert "no block has been run" in run(write(tmp_path, "```text", "2", "```"), tmp_path).stderr


@pytest.mark.parametrize("info", ["{.python .no-run}", "python {.no-run}", "console", ""])
def test_what_is_not_run(info: str, tmp_path: Path) -> None:
    assert run(write(tmp_path, f"```{info}", "1 / 0", "```"), tmp_path).returncode == 0


@pytest.mark.parametrize("info", ["python", "{.python}", 'python title="x.py"'])
def test_an_error_names_the_line_of_the_document(info: str, tmp_path: Path) -> None:
    done = run(write(tmp_path, "# Title", "", f"```{info}", "x = 0", "1 / x", "```"), tmp_path)
    assert 'page.md", line 5' in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    page = write(tmp_path, "```python", "import warnings", "warnings.warn('old')", "```")
    assert "UserWarning: old" in run(page, tmp_path).stderr


def test_code_can_ask_for_its_source(tmp_path: Path) -> None:
    page = write(
        tmp_path, "It's a *page*.", "```python", "import inspect", "class A:", "    x = 1", "```", "and then:",
        "```python", "print(inspect.getsource(A))", "```", "```text", "class A:", "    x = 1", "```",
    )  # fmt: skip
    done = run(page, tmp_path)
    assert done.returncode == 0, done.stderr
