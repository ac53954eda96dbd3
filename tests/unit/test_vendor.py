"""The JavaScript that comes with the web app is what its manifest says."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = Path("src", "labwright", "web", "static", "vendor")
SCRIPT = Path("scripts", "vendor")


def check(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, root / SCRIPT, "--check"], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def listed() -> list[dict[str, Any]]:
    packages: list[dict[str, Any]] = json.loads((ROOT / VENDOR / "vendor.json").read_text(encoding="utf-8"))["packages"]
    return packages


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the script and of what it looks at."""
    shutil.copytree(ROOT / VENDOR, tmp_path / VENDOR)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / SCRIPT, tmp_path / SCRIPT)
    return tmp_path


def test_the_files_are_those_of_the_manifest() -> None:
    found = check(ROOT)
    assert (found.returncode, found.stderr) == (0, "")


def test_what_is_changed_missing_or_strange_is_named(copy: Path) -> None:
    with (copy / VENDOR / "htmx.org" / "htmx.min.js").open("a") as file:
        file.write(" ")
    (copy / VENDOR / "vega" / "LICENSE").unlink()
    (copy / VENDOR / "vega" / "more.js").touch()
    found = check(copy)
    assert found.returncode == 1
    assert found.stderr.splitlines() == [
        "vendor: htmx.org/htmx.min.js has been changed",
        "vendor: vega/LICENSE is missing",
        "vendor: vega/more.js is not in vendor.json",
    ]


def test_each_package_is_the_one_the_script_asks_for(listed: list[dict[str, Any]]) -> None:
    asked = re.findall(r'Package\("(.+?)", "(.+?)"', (ROOT / SCRIPT).read_text(encoding="utf-8"))
    assert [(entry["package"], entry["version"]) for entry in listed] == asked


def test_each_package_has_its_licence(listed: list[dict[str, Any]]) -> None:
    notice = (ROOT / VENDOR / "THIRD_PARTY.txt").read_text(encoding="utf-8")
    for entry in listed:
        assert f"{entry['package']}/LICENSE" in entry["files"]
        assert entry["integrity"].startswith("sha512-")
    for name in ("codemirror", "d3-scale", "maplibre-gl", "marked", "vega-interpreter"):
        assert f"\n{name} " in notice


def test_a_page_without_plots_is_light() -> None:
    """What others have made and what we have made together, on the heaviest of them, that of the lab book."""
    vendored = [file for name in ("htmx.org", "easymde") for file in (ROOT / VENDOR / name).glob("*.min.*")]
    own = [file for file in (ROOT / VENDOR).parent.iterdir() if file.suffix in (".js", ".css")]
    assert len(vendored) == 4
    assert len(own) > 5
    assert sum(len(gzip.compress(file.read_bytes())) for file in (*vendored, *own)) < 160_000
