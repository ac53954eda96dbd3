"""Pages that follow what happens, and the work that is begun from them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Route, expect
from starlette.types import ASGIApp
from tests.web.chromium import PATIENCE
from tests.web.conftest import OpenVisits
from tests.web.keyboard import Keyboard
from tests.web.lab import app_of
from tests.web.serving import wait_until
from tests.web.visits import Visits

import labwright as lw

TOLD = 2 * PATIENCE * 1000
"""Milliseconds until a page has to show how far computations are: who counts slowly does so each 30 s only."""

PIPELINE = '''
import time
from pathlib import Path

import labwright as lw

schema = lw.Schema("NAME")
HERE = Path(__file__).parent


@schema
class Scan(lw.Manual):
    definition = """
    # One file of the microscope
    scan : int32
    ---
    gain = 1.0 : float64
    """


@schema
class Cells(lw.Computed):
    definition = """
    # What was found in it
    -> Scan
    ---
    cells : int32
    """

    def make(self, key):
        gain = (Scan & key).fetch1("gain")
        while (HERE / "wait").exists():
            time.sleep(0.01)
        if key["scan"] == 3:
            raise ValueError("the image is blank")
        self.insert1({**key, "cells": int(10 * gain)})
'''


BEGUN = """async () => {
    const later = () => new Promise(resolve => setTimeout(resolve));
    while (!("htmx" in window)) await later();
    await later();
}"""
"""Wait until htmx has come, and has done what it puts off until after that."""


@pytest.fixture
def brains(
    project: lw.Project, backend: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """A pipeline that another process can import; it computes when the file ``wait`` is gone."""
    name = "brains" if backend == "sqlite" else f"{prefix}brains"
    (tmp_path / "brains_pipeline.py").write_text(PIPELINE.replace("NAME", name))
    (tmp_path / "wait").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with project:
        module = __import__("brains_pipeline")
        module.Scan.insert((n, 1.0) for n in range(1, 6))
        module.Cells().ready()
        yield module
    del sys.modules["brains_pipeline"]


@pytest.fixture
def visit(brains: ModuleType, serve: Callable[[ASGIApp], str], visits: OpenVisits) -> Visits:
    return visits(serve(app_of(brains.schema)))


@pytest.mark.parametrize("backend", ["sqlite", "postgres", "mysql"])
def test_a_computation_is_started_from_the_diagram_and_watched_by_keyboard(
    visit: Visits, brains: ModuleType, tmp_path: Path
) -> None:
    keys, page = Keyboard(visit), visit.page
    name = brains.schema.database_name
    keys.open("/diagram")
    node = page.locator(".picture a", has_text="Cells")
    expect(node).to_contain_text("0 of 5")
    page.evaluate("document.body.dataset.loaded = 'once'")
    keys.to("link", re.compile("Cells"))
    keys.press("Enter")
    panel = page.locator("#node")
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    visit.check()
    keys.to("button", "Compute")
    keys.press("Enter")
    expect(panel).to_contain_text("being computed", timeout=TOLD)
    expect(node).to_contain_text("running", timeout=TOLD)
    visit.check()
    keys.to("link", re.compile("Cells"), back=True)
    (tmp_path / "wait").unlink()
    expect(node).to_contain_text("4 of 5", timeout=TOLD)
    expect(node).to_contain_text("1 failed")
    expect(node).to_be_focused()
    expect(panel).to_contain_text("1 failed")
    assert page.evaluate("document.body.dataset.loaded") == "once"
    visit.check()
    if name == "brains":
        visit.screenshot("diagram")
    keys.follow("link", "Jobs and failures")
    expect(page.get_by_role("main")).to_contain_text("the image is blank")
    keys.skip()
    keys.to("summary", "Where in the code")
    keys.press("Enter")
    expect(page.locator("details[open] pre").first).to_be_visible()
    visit.check()
    brains.Scan.update1({"scan": 2, "gain": 2.0})
    keys.open(f"/stale/{name}.Cells")
    expect(page.get_by_role("main")).to_contain_text("What they were computed from has changed.")
    keys.to("button", "Compute 1 again")
    keys.press("Enter")
    wait_until(lambda: (brains.Cells & "scan = 2").to_arrays("cells").tolist() == [20], "it is computed again")
    visit.check()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_page_listens_however_late_its_scripts_come(site: str, visits: OpenVisits) -> None:
    held: list[Route] = []
    page = visits(site).page

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/hx-sse.min.js", hold)
    page.goto(site, wait_until="commit")
    page.locator("h1").wait_for()
    page.evaluate(BEGUN)
    with page.expect_response(re.compile("/events")) as answer:
        held.pop().continue_()
    assert answer.value.ok
