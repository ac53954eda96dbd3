"""The app as ``labwright demo --serve`` opens it: something to look at on each screen, and something to put right."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect
from rich.console import Console
from tests.web.conftest import OpenVisits, StartProgram

from labwright import demo


@pytest.mark.slow
def test_the_demo_is_opened_and_put_right(tmp_path: Path, program: StartProgram, visits: OpenVisits) -> None:
    folder = tmp_path / "labwright-demo"
    demo.run(folder, console=Console(file=io.StringIO(), width=120))
    server = program(
        sys.executable, "-m", "labwright", "demo", str(folder), "--serve", "--port", "{port}", folder=tmp_path
    )
    lab = visits(server.url)
    page = lab.page
    lab.open("/diagram")
    node = page.locator("a[href='/about/labwright_demo.Segmentation']")
    expect(node).to_contain_text("27 of 36")
    expect(node).to_contain_text("9 failed")
    lab.screenshot("demo")
    lab.open("/jobs/labwright_demo.Segmentation")
    expect(page.get_by_role("heading", level=3)).to_contain_text("ValueError")
    lab.screenshot("jobs")
    lab.open("/t/labwright_demo.Scan/coins,1,1")
    lab.open("/edit/labwright_demo.Method/sharp")
    page.get_by_label("smooth").fill("1")
    page.get_by_role("button", name="Save", exact=True).click()
    lab.check()
    lab.open("/jobs/labwright_demo.Segmentation")
    page.get_by_role("button", name="Try all 9 again").click()
    page.get_by_role("button", name="Compute").first.click()
    expect(page.get_by_role("main")).to_contain_text("36 of 36 are computed", timeout=60_000)
    lab.check()
    page.goto("about:blank")
    server.stop()
    again = demo.run(folder, console=Console(file=io.StringIO(), width=120))
    assert again.computed == {"Image": 0, "Segmentation": 0, "Sizes": 9}
    demo.clean(folder, console=Console(file=io.StringIO(), width=120))
    assert not folder.exists()
